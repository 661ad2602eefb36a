package search

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search/query"

	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// What makes one hit better than another of the same words.
const (
	sameLanguage = 1.25 // in the language of the reader
	answered     = 1.1  // with an official answer
	worthShowing = 0.3  // hits below this share of the best are cut
)

// Find returns the threads of a brand that fit the text best, the best first.
// Text without a word that says something finds nothing.
func (x *Index) Find(ctx context.Context, q Query) (hits []Hit, err error) {
	defer recovered(&err, "searching the index")
	if q.Brand.IsZero() {
		return nil, errors.New("searching needs a brand")
	}
	leave, err := x.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	asked, err := x.query(ctx, q)
	if err != nil || asked == nil {
		return nil, err
	}
	limit := min(q.Limit, maxLimit)
	if limit <= 0 {
		limit = defaultLimit
	}
	// Language and answer reorder what was found: look at more than is shown.
	request := bleve.NewSearchRequestOptions(asked, 2*limit+10, 0, false)
	request.Fields = []string{fieldCard}
	result, err := x.store.SearchInContext(ctx, request)
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "searching the index")
	}
	found := make([]ranked, 0, len(result.Hits))
	for _, h := range result.Hits {
		id, err := ids.Parse(h.ID)
		if err != nil {
			return nil, err
		}
		text, _ := h.Fields[fieldCard].(string)
		found = append(found, rank(id, h.Score, decodeCard(text), q.Language))
	}
	return best(found, limit), nil
}

// patience is how long a search waits for its turn.
const patience = 2 * time.Second

// enter waits for a free core: anybody may search, and a search is work. A crowd
// takes turns and leaves the machine to those who answer.
func (x *Index) enter(ctx context.Context) (leave func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case x.slots <- struct{}{}:
		return func() { <-x.slots }, nil
	case <-ctx.Done():
		return nil, errs.Wrap(errs.Unavailable, ctx.Err(), "waiting for a turn to search")
	}
}

// query builds the query with the index's present content in mind.
func (x *Index) query(ctx context.Context, q Query) (query.Query, error) {
	inner, err := x.store.Advanced()
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "searching the index")
	}
	reader, err := inner.Reader()
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "searching the index")
	}
	defer reader.Close()
	return build(q, census{ctx, reader})
}

// ranked is a hit with what decides between equals.
type ranked struct {
	Hit
	at int64
}

func rank(id ids.ID, score float64, c card, language string) ranked {
	if c.language == language {
		score *= sameLanguage
	}
	if c.answered {
		score *= answered
	}
	return ranked{Hit{id, score}, c.at}
}

// best sorts and cuts. Equal scores are ordered by time and id, so that the
// same question gets the same list.
func best(found []ranked, limit int) []Hit {
	slices.SortFunc(found, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.at, a.at), strings.Compare(string(b.ID[:]), string(a.ID[:])))
	})
	hits := make([]Hit, 0, min(limit, len(found)))
	for _, f := range found {
		if len(hits) == limit || f.Score < worthShowing*found[0].Score {
			break
		}
		hits = append(hits, f.Hit)
	}
	return hits
}
