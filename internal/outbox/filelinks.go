package outbox

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/uptrace/bun"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

const (
	// FilesLifetime is how long the link to the files of a reply works.
	FilesLifetime = 14 * 24 * time.Hour
	// maxMailFiles is the most that the files of one mail may weigh together, in MB:
	// encoded they are a third larger, and many servers take 25 MB.
	maxMailFiles = 18
	// sweptLinks is how many links one sweep removes.
	sweptLinks = 1000
)

// MailFiles is how much the files of a reply may weigh together to go with the
// mail, in MB, 1 to 18. Beyond that the mail holds a link to them.
var MailFiles = catalog.Setting[int]{Key: "answer.mail_files_mb", Default: 10, Check: checkMailFiles}

func checkMailFiles(mb int) error {
	if mb < 1 || mb > maxMailFiles {
		return errs.Field("mail_files", "catalog.setting.range", "Min", 1, "Max", maxMailFiles)
	}
	return nil
}

// fileLinkRow lets whoever holds a token download the linked files of a message.
type fileLinkRow struct {
	bun.BaseModel `bun:"table:file_links,alias:fl"`
	TokenHash     []byte `bun:",pk"`
	BrandID       ids.ID
	MessageID     ids.ID
	CreatedAt     clock.Stamp
	ExpiresAt     clock.Stamp
}

// fit marks the files of a reply that go as links: all that do not stand in its
// text, if they are together more than a mail should hold. Images in the text
// always go with it; too many of them are a field error: files.
func (o *Outbox) fit(ctx context.Context, brand ids.ID, files []desk.Attachment) error {
	if len(files) == 0 {
		return nil
	}
	limit, err := MailFiles.Get(ctx, o.Catalog, brand)
	if err != nil {
		return err
	}
	var all, inline int64
	for _, f := range files {
		all += f.Size
		if f.Inline {
			inline += f.Size
		}
	}
	if inline > maxMailFiles<<20 {
		return errs.Field("files", "delivery.images_large", "Max", maxMailFiles)
	}
	for i := range files {
		files[i].Linked = !files[i].Inline && all > int64(limit)<<20
	}
	return nil
}

// enclosed returns the files that go with a mail, and those it holds a link to.
func (o *Outbox) enclosed(ctx context.Context, c desk.Case, m desk.Message) (files []File, linked []desk.Attachment, err error) {
	all, err := o.Desk.FilesOf(ctx, access.Lotse(c.BrandID), m.ID)
	if err != nil {
		return nil, nil, err
	}
	for _, a := range all {
		if a.Linked {
			linked = append(linked, a)
			continue
		}
		f := File{Name: a.Name, ContentType: a.ContentType, Size: a.Size,
			Open: func() (io.ReadCloser, error) { return o.Blobs.Open(context.WithoutCancel(ctx), a.BlobID) }}
		if a.Inline {
			f.ContentID = a.ContentID
		}
		files = append(files, f)
	}
	return files, linked, nil
}

// fileLink makes the link to the files of a message for one mail, and says until
// when it works. It is stored, as a hash, when the mail leaves.
func (o *Outbox) fileLink(brand catalog.Brand, m desk.Message) (link string, until time.Time, keep keep) {
	token := ids.NewToken()
	now := clock.Now(o.Clock)
	row := fileLinkRow{TokenHash: token.Hash(), BrandID: m.BrandID, MessageID: m.ID, CreatedAt: now, ExpiresAt: now.Add(FilesLifetime)}
	return o.base(brand) + "/d/" + string(token), row.ExpiresAt.Time(), func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.NewInsert().Model(&row).Returning("NULL").Exec(ctx); err != nil {
			return fmt.Errorf("keeping a link to files: %w", err)
		}
		return nil
	}
}

// joinKeeps returns one that does what all do, nil for none.
func joinKeeps(all ...keep) keep {
	var kept []keep
	for _, k := range all {
		if k != nil {
			kept = append(kept, k)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return func(ctx context.Context, tx *db.Tx) error {
		for _, k := range kept {
			if err := k(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	}
}

// LinkedFiles is what a link to files opens.
type LinkedFiles struct {
	Files []desk.Attachment
	Until time.Time
}

// PeekFiles returns what the link with a token opens and changes nothing. It takes
// no actor: the link is the right to the files. What opens nothing is errs.Gone.
func (o *Outbox) PeekFiles(ctx context.Context, brand ids.ID, token string) (LinkedFiles, error) {
	gone := errs.New(errs.Gone, "files.gone")
	var row fileLinkRow
	err := db.Classify(o.DB.Read().NewSelect().Model(&row).
		Where("token_hash = ? AND brand_id = ? AND expires_at > ?", ids.Token(token).Hash(), brand, clock.Now(o.Clock)).Scan(ctx))
	if errs.Is(err, errs.NotFound) {
		return LinkedFiles{}, gone
	}
	if err != nil {
		return LinkedFiles{}, fmt.Errorf("reading a link to files: %w", err)
	}
	all, err := o.Desk.FilesOf(ctx, access.Lotse(brand), row.MessageID)
	if errs.Is(err, errs.NotFound) {
		return LinkedFiles{}, gone
	}
	if err != nil {
		return LinkedFiles{}, err
	}
	open := LinkedFiles{Until: row.ExpiresAt.Time()}
	for _, a := range all {
		if a.Linked {
			open.Files = append(open.Files, a)
		}
	}
	if len(open.Files) == 0 {
		return LinkedFiles{}, gone
	}
	return open, nil
}

// SweepFileLinks removes links that are over.
func (o *Outbox) SweepFileLinks(ctx context.Context) error {
	now := clock.Now(o.Clock)
	found, err := o.DB.Read().NewSelect().Model((*fileLinkRow)(nil)).Where("expires_at < ?", now).Exists(ctx)
	if err != nil || !found {
		return db.Classify(err)
	}
	return o.DB.Write(db.Patient(ctx), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.NewDelete().Model((*fileLinkRow)(nil)).
			Where("token_hash IN (SELECT token_hash FROM file_links WHERE expires_at < ? ORDER BY expires_at LIMIT ?)", now, sweptLinks).Exec(ctx)
		if err != nil {
			return fmt.Errorf("sweeping links to files: %w", err)
		}
		return nil
	})
}

// dropLinks takes back the links to files of messages that are deleted.
func (o *Outbox) dropLinks(ctx context.Context, tx *db.Tx, messages []ids.ID) error {
	if len(messages) == 0 {
		return nil
	}
	if _, err := tx.NewDelete().Model((*fileLinkRow)(nil)).Where("message_id IN (?)", bun.List(messages)).Exec(ctx); err != nil {
		return fmt.Errorf("deleting links to files: %w", err)
	}
	return nil
}

// dropLinksOf takes back the links to files of a case, which somebody else may have
// got hold of.
func (o *Outbox) dropLinksOf(ctx context.Context, tx *db.Tx, caseID ids.ID) error {
	_, err := tx.NewDelete().Model((*fileLinkRow)(nil)).Where("message_id IN (SELECT id FROM messages WHERE case_id = ?)", caseID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("taking back links to files: %w", err)
	}
	return nil
}
