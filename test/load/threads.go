package main

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"

	"lotse/test/program"
)

// fillThreads puts public threads into a desk that does not run, as fill does
// cases: each with a question, the official answer and two other posts, of the
// length people write.
func fillThreads(ctx context.Context, desk *program.Desk, threads int) error {
	pool, err := openRaw(desk.Database)
	if err != nil {
		return err
	}
	defer pool.Close()
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	f := filler{tx: tx, write: newAuthor(), postgres: !strings.HasPrefix(desk.Database, "sqlite:")}
	if err := f.origin(ctx); err != nil {
		return err
	}
	const batch = 10 // the driver of SQLite takes the square of the number of values in a statement
	for first := 0; first < threads; first += batch {
		if err := f.add(ctx, first, min(first+batch, threads)); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	_, err = pool.ExecContext(ctx, "ANALYZE")
	return err
}

// threadPath is the address of the n-th thread's page.
func threadPath(n int) string { return fmt.Sprintf("/de/questions/%s/frage-%d", threadKey(n), n) }

func threadKey(n int) string {
	const signs = "23456789bcdfghjkmnpqrstvwxyz"
	key := make([]byte, 8)
	for i := range key {
		key[i] = signs[n%len(signs)]
		n /= len(signs)
	}
	return string(key)
}

// filler writes threads within a transaction.
type filler struct {
	tx          *sql.Tx
	write       author
	postgres    bool
	brand, team any
}

// origin reads whose threads they are.
func (f *filler) origin(ctx context.Context) error {
	if err := f.tx.QueryRowContext(ctx, "SELECT id FROM brands").Scan(&f.brand); err != nil {
		return err
	}
	return f.tx.QueryRowContext(ctx, "SELECT id FROM teams").Scan(&f.team)
}

// add writes the threads from first to before last.
func (f *filler) add(ctx context.Context, first, last int) error {
	const released, shown, published = 3, 2, int64(1790000000000000)
	var threads, posts [][]any
	for n := first; n < last; n++ {
		at := published + int64(n)*1_000_000
		thread, asked := f.id(0, n), f.write.text(60)
		threads = append(threads, []any{thread, f.brand, threadKey(n), fmt.Sprintf("frage-%d", n), []byte(titleOf(n, f.write)),
			[]byte(asked[:150]), thread, f.team, "de", shown, 4, 4, n%4 == 0, at, at, at, at})
		for i, p := range []struct {
			kind          int
			name, role    string
			text          string
			isSubstantive bool
		}{
			{1, "Frau K.", "", asked, false},
			{2, "Mia Krüger", "Kundenservice", f.write.text(90), true},
			{3, "", "", f.write.text(35), false},
			{3, "H. aus Lindenau", "", f.write.text(25), false},
		} {
			html := "<p>" + strings.ReplaceAll(p.text, "\n\n", "</p><p>") + "</p>"
			posts = append(posts, []any{f.id(1+i, n), f.brand, thread, i + 1, p.kind, released, thread, []byte(p.name), p.role, []byte{},
				[]byte(p.text), []byte(html), "de", 1, p.isSubstantive, []byte{}, 0, at, at, at})
		}
	}
	if err := f.insert(ctx, "threads (id, brand_id, key, slug, title, excerpt, owner_id, team_id, language, state, version, posts, solved, published_at, answered_at, changed_at, created_at)", threads); err != nil {
		return err
	}
	return f.insert(ctx, "posts (id, brand_id, thread_id, seq, kind, state, owner_id, author_name, author_role, title, body, html, language, version, substantive, doubts, spam, released_at, created_at, changed_at)", posts)
}

// insert writes the rows with one statement.
func (f *filler) insert(ctx context.Context, into string, rows [][]any) error {
	var b strings.Builder
	var values []any
	for i, row := range rows {
		b.WriteString(map[bool]string{true: " (", false: ", ("}[i == 0])
		for j, v := range row {
			if j > 0 {
				b.WriteString(", ")
			}
			values = append(values, v)
			fmt.Fprintf(&b, "$%d", len(values))
		}
		b.WriteString(")")
	}
	if _, err := f.tx.ExecContext(ctx, "INSERT INTO "+into+" VALUES"+b.String(), values...); err != nil {
		return fmt.Errorf("%w in %s", err, into)
	}
	return nil
}

// id is the id of the n-th thing of a kind.
func (f *filler) id(kind, n int) any {
	id := []byte{0x01, 0x91, 0, byte(kind), 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 0}
	binary.BigEndian.PutUint32(id[12:], uint32(n))
	if f.postgres {
		return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
	}
	return id
}

// author writes made-up German with the statistics of language: few words are
// common and most are rare, and every fourth is a compound of two.
type author struct {
	dice  *rand.Rand
	zipf  *rand.Zipf
	parts []string
}

func newAuthor() author {
	a := author{dice: rand.New(rand.NewPCG(1, 2))}
	onsets := strings.Fields("b br d dr f fl g gr h k kl kr l m n p pf qu r s sch schl schw sp st str t tr v w z zw")
	vowels := strings.Fields("a e i o u ä ö ü ei au ie eu")
	ends := strings.Fields("b ch ck d f g hl hr k l ld ll lt m mm n nd ng nk nn nt p r rd rf rg rk rt s sch ss st t tz")
	for range 8000 {
		word := ""
		for range 1 + a.dice.IntN(3) {
			word += onsets[a.dice.IntN(len(onsets))] + vowels[a.dice.IntN(len(vowels))] + ends[a.dice.IntN(len(ends))]
		}
		a.parts = append(a.parts, word)
	}
	a.zipf = rand.NewZipf(a.dice, 1.1, 20, uint64(len(a.parts)-1))
	return a
}

func (a author) word() string {
	word := a.parts[a.zipf.Uint64()]
	if a.dice.IntN(4) == 0 {
		word += a.parts[a.zipf.Uint64()]
	}
	return word
}

// text is of about n words in paragraphs.
func (a author) text(n int) string {
	between := strings.Fields("ich habe die nicht und wir seit dem noch eine bitte für den mit")
	var b strings.Builder
	b.WriteString("Guten Tag, ")
	for i := range n / 3 {
		fmt.Fprintf(&b, "%s %s %s", between[a.dice.IntN(len(between))], between[a.dice.IntN(len(between))], a.word())
		switch {
		case i%12 == 11:
			b.WriteString(".\n\n")
		case i%4 == 3:
			b.WriteString(". ")
		default:
			b.WriteString(" ")
		}
	}
	b.WriteString("bitte melden. Danke und freundliche Grüße")
	return b.String()
}

func titleOf(n int, a author) string {
	return fmt.Sprintf("Warum stimmt %s nicht mit %s %d?", a.word(), a.word(), n)
}
