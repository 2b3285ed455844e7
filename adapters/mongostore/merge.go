package mongostore

import (
	"context"

	"sori/domain"
)

// mergeDocs reads each query for its share of what the caller will likely take, and goes on with one that runs out: few pages come from one query alone, so that
// the queries of one page together are read for little more than the page.
func (c *collection) mergeDocs(ctx context.Context, queries []domain.Query, likely int, yield func(domain.Document, domain.Position) (bool, error)) error {
	lanes, reverse := make([]domain.Lane, len(queries)), false
	for i, q := range queries {
		q.Limit = min(maxBatch, max(1, (likely+len(queries)-1)/len(queries)))
		lanes[i], reverse = &lane{c: c, query: q, likely: likely}, q.Reverse
	}
	return domain.MergeLanes(ctx, lanes, reverse, yield)
}

// lane is what one query finds, read a part at a time.
type lane struct {
	c      *collection
	query  domain.Query
	likely int
	rows   []laneRow // read, from the one at which it stands
	ended  bool      // nothing is behind rows
}

type laneRow struct {
	doc domain.Document
	pos domain.Position
}

// Next implements domain.Lane.
func (l *lane) Next(ctx context.Context) (domain.Position, bool, error) {
	if len(l.rows) > 0 {
		l.rows = l.rows[1:]
	}
	if len(l.rows) == 0 && !l.ended {
		if err := l.read(ctx); err != nil {
			return domain.Position{}, false, err
		}
	}
	if len(l.rows) == 0 {
		return domain.Position{}, false, nil
	}
	return l.rows[0].pos, true, nil
}

// read takes the next part: at first the lane's share, then as much as all, then twice as much each time, for a caller who passes over most.
func (l *lane) read(ctx context.Context) error {
	l.rows = nil // a row that was handed over is the caller's
	err := l.c.selectDocs(ctx, l.query, func(d domain.Document, pos domain.Position) (bool, error) {
		l.rows = append(l.rows, laneRow{d, pos})
		return true, nil
	})
	l.ended = len(l.rows) < l.query.Limit
	if len(l.rows) > 0 {
		l.query.After = &l.rows[len(l.rows)-1].pos
	}
	l.query.Limit = min(maxBatch, max(l.likely, 2*l.query.Limit))
	return err
}

// Document implements domain.Lane.
func (l *lane) Document() (domain.Document, error) { return l.rows[0].doc, nil }
