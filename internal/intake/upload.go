package intake

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/uptrace/bun"

	"lotse/internal/desk"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
)

const (
	// MaxUpload is how large a file of a form may be, in bytes.
	MaxUpload = 25 << 20
	// MaxUploads is how many files one form takes.
	MaxUploads = 10
	// maxFileName bounds the name of a file in runes.
	maxFileName = 120
	// uploadLife is how long a file waits for its form.
	uploadLife = 24 * time.Hour
	// sweepSize is how many files one sweep removes.
	sweepSize = 500
)

// errUploadGone says that a file was claimed or swept before its form came.
var errUploadGone error = errs.Field("upload", "upload.gone")

// Upload is a file that came before the form it belongs to.
type Upload struct {
	Token string // to send with the form
	Name  string
	Size  int64
}

type uploadRow struct {
	bun.BaseModel `bun:"table:uploads,alias:u"`
	ID            ids.ID `bun:",pk"`
	TokenHash     []byte
	BrandID       ids.ID
	Name          []byte
	ContentType   string
	Size          int64
	Sha256        []byte
	BlobID        ids.ID
	CreatedAt     clock.Stamp
}

// Stage keeps a file until a form claims it, for a day at most. The name is
// cleaned; what the file is, is read from its first bytes and not believed from
// the sender. It takes no actor: whoever may ask may add files. A file of more
// than MaxUpload is errs.TooLarge with field upload.
func (in *Intake) Stage(ctx context.Context, brand ids.ID, name string, r io.Reader) (Upload, error) {
	content := bufio.NewReaderSize(io.LimitReader(r, MaxUpload+1), 4<<10)
	begin, err := content.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return Upload{}, errs.Wrap(errs.Invalid, err, "receiving a file")
	}
	if len(begin) == 0 {
		return Upload{}, errs.Field("upload", "upload.empty")
	}
	kind := sniff(begin)
	info, err := in.Blobs.Put(ctx, content)
	if err != nil {
		return Upload{}, err
	}
	drop := func() { _ = in.Blobs.Remove(context.WithoutCancel(ctx), info.ID) } // the error to report is another
	if info.Size > MaxUpload {
		drop()
		return Upload{}, &errs.Error{Kind: errs.TooLarge, Field: "upload", Key: "upload.too_large", Args: map[string]any{"Max": MaxUpload >> 20}}
	}
	token, id := ids.NewToken(), ids.New()
	up := Upload{Token: string(token), Name: CleanFileName(name), Size: info.Size}
	row := uploadRow{ID: id, TokenHash: token.Hash(), BrandID: brand, Name: in.Seal.Seal(id, up.Name), ContentType: kind,
		Size: info.Size, Sha256: info.SHA256[:], BlobID: info.ID, CreatedAt: clock.Now(in.Clock)}
	err = in.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.NewInsert().Model(&row).Returning("NULL").Exec(ctx)
		return err
	})
	if err != nil {
		drop()
		return Upload{}, fmt.Errorf("keeping a file: %w", err)
	}
	return up, nil
}

// Staged returns the files that wait under the tokens, in their order, to show a
// form again. Tokens of files that are no longer there are left out.
func (in *Intake) Staged(ctx context.Context, brand ids.ID, tokens []string) ([]Upload, error) {
	if len(tokens) == 0 {
		return nil, nil
	}
	tokens = unique(tokens[:min(len(tokens), MaxUploads)])
	hashes := hashesOf(tokens)
	var rows []uploadRow
	err := in.DB.Read().NewSelect().Model(&rows).Where("brand_id = ? AND token_hash IN (?)", brand, bun.List(hashes)).Scan(ctx)
	if err != nil {
		return nil, db.Classify(fmt.Errorf("reading files: %w", err))
	}
	var staged []Upload
	for i, h := range hashes {
		for _, r := range rows {
			if string(r.TokenHash) == string(h) {
				staged = append(staged, Upload{Token: tokens[i], Name: in.Seal.Open(r.ID, r.Name), Size: r.Size})
			}
		}
	}
	return staged, nil
}

// claim turns staged files into attachments of a message, in the order of the
// tokens. A file can be claimed once.
func (in *Intake) claim(ctx context.Context, tx *db.Tx, brand ids.ID, tokens []string) ([]desk.Attachment, error) {
	if len(tokens) == 0 {
		return nil, nil
	}
	hashes := hashesOf(unique(tokens))
	var rows []uploadRow
	_, err := tx.NewDelete().Model(&rows).Where("brand_id = ? AND token_hash IN (?)", brand, bun.List(hashes)).Returning("*").Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("claiming files: %w", err)
	}
	if len(rows) != len(hashes) {
		return nil, errUploadGone
	}
	files := make([]desk.Attachment, 0, len(rows))
	for _, h := range hashes {
		for _, r := range rows {
			if string(r.TokenHash) == string(h) {
				files = append(files, desk.Attachment{Name: in.Seal.Open(r.ID, r.Name), ContentType: r.ContentType, Size: r.Size, SHA256: r.Sha256, BlobID: r.BlobID})
			}
		}
	}
	return files, nil
}

// enclose claims the files of a reply of staff. Field errors: files.
func (in *Intake) enclose(ctx context.Context, tx *db.Tx, brand ids.ID, tokens []string) ([]desk.Attachment, error) {
	if len(tokens) > MaxUploads {
		return nil, errs.Field("files", "upload.too_many", "Max", MaxUploads)
	}
	files, err := in.claim(ctx, tx, brand, tokens)
	if errors.Is(err, errUploadGone) {
		return nil, errs.Field("files", "upload.gone")
	}
	return files, err
}

func hashesOf(tokens []string) [][]byte {
	hashes := make([][]byte, len(tokens))
	for i, t := range tokens {
		hashes[i] = ids.Token(t).Hash()
	}
	return hashes
}

// SweepUploads removes files that no form claimed within a day.
func (in *Intake) SweepUploads(ctx context.Context) error {
	old := clock.Now(in.Clock).Add(-uploadLife)
	found, err := in.DB.Read().NewSelect().Model((*uploadRow)(nil)).Where("created_at < ?", old).Exists(ctx)
	if err != nil || !found {
		return db.Classify(err)
	}
	return in.DB.Write(db.Patient(ctx), func(ctx context.Context, tx *db.Tx) error {
		var rows []uploadRow
		_, err := tx.NewDelete().Model(&rows).
			Where("id IN (SELECT id FROM uploads WHERE created_at < ? ORDER BY created_at LIMIT ?)", old, sweepSize).
			Returning("blob_id").Exec(ctx)
		if err != nil {
			return fmt.Errorf("sweeping files: %w", err)
		}
		blobs := make([]ids.ID, len(rows))
		for i, r := range rows {
			blobs[i] = r.BlobID
		}
		return in.removeLater(ctx, tx, blobs)
	})
}

// sniff returns the media type of what begins like this, without parameters.
func sniff(begin []byte) string {
	kind, _, err := mime.ParseMediaType(http.DetectContentType(begin))
	if err != nil {
		return "application/octet-stream"
	}
	return kind
}

// CleanFileName makes a name from outside safe to show and to offer for saving
// (see markup.CleanFileName), at most 120 runes. It is never empty.
func CleanFileName(name string) string {
	return cmp.Or(markup.CleanFileName(name, maxFileName), "file")
}
