package main

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"lotse/test/program"
)

// fill puts cases into a desk that does not run, by SQL and not through the
// program: the rows are those the program would write, of a customer each, with
// a question, its acknowledgement and an answer. Three in ten cases are open.
// What no page here reads (envelopes, deliveries' jobs) is left out.
func fill(ctx context.Context, desk *program.Desk, cases int) error {
	pool, err := openRaw(desk.Database)
	if err != nil {
		return err
	}
	defer pool.Close()
	w := words{postgres: !strings.HasPrefix(desk.Database, "sqlite:")}
	const part = 50_000 // in a transaction: what a commit has to keep aside stays small
	for first := 1; first <= cases; first += part {
		if err := fillPart(ctx, pool, w.statements(first, min(first+part-1, cases))); err != nil {
			return err
		}
	}
	_, err = pool.ExecContext(ctx, "ANALYZE")
	return err
}

func fillPart(ctx context.Context, pool *sql.DB, statements []string) error {
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	for _, statement := range statements {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%w in %s", err, statement)
		}
	}
	return tx.Commit()
}

// words are what the two databases say differently.
type words struct{ postgres bool }

// id is the id of the n-th thing of a kind.
func (w words) id(kind int) string {
	if w.postgres {
		return fmt.Sprintf("('0190%04x-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid", kind)
	}
	return fmt.Sprintf("unhex('0190%04x000070008000' || printf('%%012x', n))", kind)
}

// bytes is a text as it is stored when it is a customer's.
func (w words) bytes(text string) string {
	if w.postgres {
		return "convert_to(" + text + ", 'UTF8')"
	}
	return "CAST(" + text + " AS BLOB)"
}

// number is the n-th case number.
func (w words) number() string {
	const signs = "'23456789BCDFGHJKMNPQRSTVWXYZ'"
	sign := func(divisor int) string { return fmt.Sprintf("substr(%s, 1 + (n / %d) %% 28, 1)", signs, divisor) }
	first := []string{sign(17210368), sign(614656), sign(21952), sign(784)}
	return "'L-' || " + strings.Join(first, " || ") + " || '-' || " + sign(28) + " || " + sign(1)
}

const (
	customerKind = 1
	caseKind     = 2
	messageKind  = 3 // and the two after it
	brandOf      = "(SELECT id FROM brands LIMIT 1)"
	teamOf       = "(SELECT id FROM teams LIMIT 1)"
	accountOf    = "(SELECT id FROM accounts LIMIT 1)"
	staffOf      = "(SELECT id FROM staff LIMIT 1)"
	moment       = "1790000000000000 + CAST(1000000 AS bigint) * n" // one case a second
	stateOf      = "CASE WHEN n % 10 < 3 THEN 1 + n % 5 ELSE 7 END"
	ownerOf      = "CASE WHEN n % 2 = 0 THEN " + staffOf + " END"
)

// statements write the cases from the first to the last.
func (w words) statements(first, last int) []string {
	from := " FROM counter"
	with := fmt.Sprintf("WITH RECURSIVE counter(n) AS (SELECT %d UNION ALL SELECT n + 1 FROM counter WHERE n < %d) ", first, last)
	insert := func(table, columns string, values ...string) string {
		return "INSERT INTO " + table + " (" + columns + ") " + with + "SELECT " + strings.Join(values, ", ") + from
	}
	name, address, subject := w.bytes("'Kundin ' || n"), w.bytes("'kundin' || n || '@post.example'"), w.bytes("'Frage zur Abrechnung ' || n")
	all := []string{
		insert("customers", "id, brand_id, name, language, created_at", w.id(customerKind), brandOf, name, "'de'", moment),
		insert("identities", "id, brand_id, customer_id, kind, lookup, value, created_at",
			w.id(customerKind), brandOf, w.id(customerKind), "'email'", w.bytes("'lookup ' || n"), address, moment),
		insert("cases", "id, brand_id, number, subject, state, team_id, owner_id, customer_id, account_id, channel, language, version, messages, created_at, changed_at, due_at",
			w.id(caseKind), brandOf, w.number(), subject, stateOf, teamOf, ownerOf, w.id(customerKind), accountOf, "'email'", "'de'", "3", "3", moment, moment, moment),
		insert("participants", "case_id, customer_id", w.id(caseKind), w.id(customerKind)),
		insert("case_rows", "case_id, brand_id, number, subject, customer_id, customer_name, excerpt, state, team_id, owner_id, channel, messages, awaits, due_at, moved_at",
			w.id(caseKind), brandOf, w.number(), subject, w.id(customerKind), name, w.bytes("'"+shortText[:130]+"'"), stateOf, teamOf, ownerOf, "'email'", "3", "n % 3 = 0", moment, moment),
	}
	for i, m := range []struct{ kind, author, text string }{{"1", "3", question}, {"4", "1", shortText}, {"2", "2", shortText}} {
		all = append(all, insert("messages", "id, brand_id, case_id, seq, kind, visibility, author_kind, author_name, channel, subject, body, html, external_id, external_lookup, joined, automation, created_at",
			w.id(messageKind+i), brandOf, w.id(caseKind), fmt.Sprint(i+1), m.kind, "1", m.author, name, "'email'", subject, w.bytes("'"+m.text+"'"),
			w.bytes("'<p>"+m.text+"</p>'"), w.bytes(fmt.Sprintf("'%d.' || n || '@post.example'", i)), w.bytes(fmt.Sprintf("'%d lookup ' || n", i)), "0", "0", moment))
	}
	for _, kind := range []string{"case.opened", "message.received", "message.acknowledged", "message.replied"} {
		all = append(all, insert("events", "brand_id, case_id, kind, actor_kind, params, created_at", brandOf, w.id(caseKind), "'"+kind+"'", "0", w.bytes("'{}'"), moment))
	}
	return append(all, insert("deliveries", "id, brand_id, account_id, case_id, message_id, kind, channel, address, address_lookup, content, state, attempts, code, words, created_at, sent_at",
		w.id(messageKind+1), brandOf, accountOf, w.id(caseKind), w.id(messageKind+1), "2", "'email'", address, w.bytes("'lookup ' || n"), w.bytes("''"), "3", "1", "250", w.bytes("'2.0.0 Ok'"), moment, moment))
}

const shortText = "Guten Tag, vielen Dank für Ihre Nachricht. Wir haben den Zählerstand geprüft und die Abrechnung berichtigt. " +
	"Den neuen Bescheid finden Sie in den nächsten Tagen in Ihrer Post. Freundliche Grüße"

var question = strings.Repeat("Guten Tag, mein Zähler steht seit gestern still und zeigt nur noch Striche an. ", 12)
