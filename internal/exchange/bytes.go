package exchange

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"lotse/internal/platform/ids"
)

// inlineLimit is up to how many bytes a raw mail lies in its row (package intake).
const inlineLimit = 256 << 10

// attachment stores the bytes of an attachment. One whose bytes were lost before
// the export names a blob that is not there, as it did.
func (l *loader) attachment(r *record) error {
	hash := hex.EncodeToString(r.values["sha256"].([]byte))
	id, err := l.store(hash)
	if errors.Is(err, fs.ErrNotExist) && l.source.isMissing(hash) {
		id, err = ids.Random(), nil
	}
	r.values["blob_id"] = id
	return err
}

// envelope stores the bytes of a raw mail, if they were kept.
func (l *loader) envelope(r *record) error {
	hash := hex.EncodeToString(r.values["key"].([]byte))
	r.values["raw"], r.values["blob_id"] = nil, nil
	if r.values["size"].(int64) > inlineLimit {
		id, err := l.store(hash)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		r.values["blob_id"] = id
		return err
	}
	file, err := l.source.file(hash)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, inlineLimit+1))
	if err != nil {
		return err
	}
	if hashOf(raw) != hash {
		return errChanged(hash)
	}
	id := r.values["id"].(ids.ID)
	r.values["raw"] = l.Seal.SealBytes(id, raw)
	return nil
}

// store copies a file of the export into the blob folder.
func (l *loader) store(hash string) (ids.ID, error) {
	file, err := l.source.file(hash)
	if err != nil {
		return ids.ID{}, err
	}
	defer file.Close()
	info, err := l.Blobs.Put(l.ctx, file)
	if err != nil {
		return ids.ID{}, err
	}
	l.blobs = append(l.blobs, info.ID)
	if hex.EncodeToString(info.SHA256[:]) != hash {
		return ids.ID{}, errChanged(hash)
	}
	return info.ID, nil
}

func errChanged(hash string) error {
	return fmt.Errorf("the file %s is not what its name says: it was changed", hash)
}

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
