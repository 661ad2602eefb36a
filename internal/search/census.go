package search

import (
	"cmp"
	"context"
	"slices"

	index "github.com/blevesearch/bleve_index_api"
)

// census knows how common the pieces of words are, so that the work of a query
// has a bound however many documents there are and whatever is asked.
type census struct {
	ctx    context.Context
	reader index.IndexReader
}

// affordable leaves out the commonest of the pieces until the rest, counted over
// all documents, stays within maxPostings.
func (c census) affordable(pieces [][]string) ([][]string, error) {
	total, err := c.reader.DocCount()
	if err != nil {
		return nil, err
	}
	n := 0
	for _, p := range pieces {
		n += len(p)
	}
	if total*uint64(n) <= maxPostings {
		return pieces, nil // even if each stood in every document
	}
	return c.rarest(pieces)
}

func (c census) rarest(pieces [][]string) ([][]string, error) {
	type counted struct {
		word  int
		piece string
		times uint64
	}
	var all []counted
	for i, word := range pieces {
		for _, p := range word {
			times, err := c.count(p)
			if err != nil {
				return nil, err
			}
			all = append(all, counted{i, p, times})
		}
	}
	slices.SortStableFunc(all, func(a, b counted) int { return cmp.Compare(a.times, b.times) })
	kept, left := make([][]string, len(pieces)), uint64(maxPostings)
	for _, p := range all {
		if p.times > left {
			break
		}
		left -= p.times
		kept[p.word] = append(kept[p.word], p.piece)
	}
	return kept, nil
}

// count returns in how many documents the piece occurs.
func (c census) count(piece string) (uint64, error) {
	r, err := c.reader.TermFieldReader(c.ctx, []byte(piece), fieldGrams, false, false, false)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	return r.Count(), nil
}
