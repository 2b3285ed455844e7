package domain

import "context"

// Lane is what one of several queries finds, read row by row. An engine makes lanes of the queries of a Merge.
type Lane interface {
	// Next goes on to the next row, and tells where in the order it is. ok is false at the end.
	Next(ctx context.Context) (pos Position, ok bool, err error)
	// Document gives the document of that row.
	Document() (Document, error)
}

// MergeLanes hands over the rows of lanes in one order, until yield answers false or an error. A document is asked for only if it is handed over.
func MergeLanes(ctx context.Context, lanes []Lane, reverse bool, yield func(Document, Position) (bool, error)) error {
	heads := make([]head, 0, len(lanes))
	for _, l := range lanes {
		pos, ok, err := l.Next(ctx)
		if err != nil {
			return err
		}
		if ok {
			heads = append(heads, head{l, pos})
		}
	}
	for len(heads) > 0 {
		first := &heads[foremost(heads, reverse)]
		doc, err := first.lane.Document()
		if err != nil {
			return err
		}
		if more, err := yield(doc, first.pos); err != nil || !more {
			return err
		}
		pos, ok, err := first.lane.Next(ctx)
		if err != nil {
			return err
		}
		if first.pos = pos; !ok {
			*first = heads[len(heads)-1]
			heads = heads[:len(heads)-1]
		}
	}
	return nil
}

// head is the row at which a lane stands.
type head struct {
	lane Lane
	pos  Position
}

func foremost(heads []head, reverse bool) int {
	best := 0
	for i := range heads {
		if heads[i].pos.before(heads[best].pos, reverse) {
			best = i
		}
	}
	return best
}
