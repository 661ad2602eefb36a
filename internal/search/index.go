package search

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/document"
	index "github.com/blevesearch/bleve_index_api"

	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// The fields of an indexed thread. Short names: they stand in every segment.
const (
	fieldBrand    = "b" // the brand, whole
	fieldTitle    = "t" // stems
	fieldQuestion = "q" // stems
	fieldAnswers  = "a" // stems of the official answers
	fieldPosts    = "p" // stems of what others wrote
	fieldWords    = "w" // words of title, question and answers
	fieldGrams    = "g" // pieces of the same
	fieldCard     = "c" // kept, not searched: see card
)

// maxText bounds what is indexed of one field, in bytes.
const maxText = 256 << 10

// Index is the public index. Open makes one, Close ends it.
type Index struct {
	log     *slog.Logger
	watch   *watch
	store   bleve.Index
	closing sync.Once
	slots   chan struct{} // taken by those who are searching

	catching sync.Mutex // one catch-up at a time
	recent   fingerprints
	caught   atomic.Int64 // when the last catch-up ended, in microseconds since 1970
}

// Put adds the documents or replaces those of the same id, all or none. When it
// returns they are found and on disk. A hundred at a time take little longer
// than one.
func (x *Index) Put(ctx context.Context, docs []Doc) error {
	if len(docs) == 0 {
		return nil
	}
	batch := x.store.NewBatch()
	for _, d := range docs {
		if err := add(batch, d); err != nil {
			return err
		}
	}
	return x.commit(ctx, batch)
}

// Remove takes documents out; those that are not there are no error.
func (x *Index) Remove(ctx context.Context, which []ids.ID) error {
	if len(which) == 0 {
		return nil
	}
	batch := x.store.NewBatch()
	for _, id := range which {
		batch.Delete(id.String())
	}
	return x.commit(ctx, batch)
}

// Size returns how many documents the index holds.
func (x *Index) Size() (uint64, error) {
	n, err := x.store.DocCount()
	if err != nil {
		return 0, errs.Wrap(errs.Unavailable, err, "counting the index")
	}
	return n, nil
}

// Close ends the index; a second time does nothing.
func (x *Index) Close() (err error) {
	x.closing.Do(func() {
		defer x.watch.forget()
		if x.watch.isBroken() {
			return // it would wait for ever
		}
		if err = x.store.Close(); err != nil {
			err = fmt.Errorf("closing the index: %w", err)
		}
	})
	return err
}

// commit writes the batch. It waits no longer than ctx, and not for a writer
// that has died; the batch of a ctx that ended may still be written.
func (x *Index) commit(ctx context.Context, batch *bleve.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- x.write(batch) }()
	select {
	case err := <-done:
		return err
	case <-x.watch.broken:
		return errs.Wrap(errs.Unavailable, errors.New("its writer has died"), "writing the index")
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (x *Index) write(batch *bleve.Batch) (err error) {
	defer recovered(&err, "writing the index")
	if err := x.store.Batch(batch); err != nil {
		return errs.Wrap(errs.Unavailable, err, "writing the index")
	}
	return nil
}

// add puts one document into the batch.
func add(batch *bleve.Batch, d Doc) error {
	title, question := words(cut(d.Title)), words(cut(d.Question))
	answers, posts := words(cut(d.Answers)), words(cut(d.Posts))
	all := make(terms, 0, len(title)+len(question)+len(answers))
	all = append(append(append(all, title...), question...), answers...)
	pieces := make(terms, 0, 6*len(all))
	for _, w := range all {
		pieces = append(pieces, grams(w)...)
	}

	doc := document.NewDocument(d.ID.String())
	for _, f := range []struct {
		name    string
		content terms
	}{
		{fieldTitle, stems(title, d.Language)},
		{fieldQuestion, stems(question, d.Language)},
		{fieldAnswers, stems(answers, d.Language)},
		{fieldPosts, stems(posts, d.Language)},
		{fieldWords, all},
		{fieldGrams, pieces},
	} {
		if len(f.content) > 0 {
			doc.AddField(document.NewTextFieldCustom(f.name, nil, nil, index.IndexField, f.content))
		}
	}
	doc.AddField(document.NewTextFieldCustom(fieldBrand, nil, nil, index.IndexField|index.SkipFreqNorm,
		terms{d.Brand.String()}))
	doc.AddField(document.NewTextFieldCustom(fieldCard, nil, cardOf(d).encode(), index.StoreField, nil))
	if err := batch.IndexAdvanced(doc); err != nil {
		return fmt.Errorf("indexing a document: %w", err)
	}
	return nil
}

func cut(text string) string { return text[:min(len(text), maxText)] }

// terms is text that was taken apart already, in the form Bleve asks for: an
// analyser that returns itself.
type terms []string

// Analyze returns the terms; the input is not looked at.
func (t terms) Analyze([]byte) analysis.TokenStream {
	stream := make(analysis.TokenStream, len(t))
	tokens := make([]analysis.Token, len(t))
	for i, term := range t {
		tokens[i] = analysis.Token{Term: []byte(term), Position: i + 1}
		stream[i] = &tokens[i]
	}
	return stream
}
