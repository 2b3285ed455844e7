package desk

import (
	"context"
	"strings"

	"sori/domain"
)

// Note is a private remark on an inquiry.
type Note struct {
	Text     string
	Mentions []string // subjects of those who should see it
}

const maxText = 1 << 20

// AddNote puts a note on an inquiry. Invalid if it is empty; NotFound.
func (s *Service) AddNote(ctx context.Context, inquiryID string, n Note) (*domain.Interaction, error) {
	var f domain.Faults
	if strings.TrimSpace(n.Text) == "" {
		f.Add("text", "required", "is empty")
	}
	domain.CheckText(&f, "text", n.Text, maxText)
	if err := f.Err(); err != nil {
		return nil, err
	}
	return s.write(ctx, inquiryID, 0, noteEntry(n))
}

// noteEntry is a note that is to be written.
func noteEntry(n Note) entry {
	mentions := make([]any, len(n.Mentions))
	for i, m := range n.Mentions {
		mentions[i] = domain.Clip(m, maxKey)
	}
	return entry{
		interaction: domain.Interaction{Direction: domain.InternalNote, Kind: domain.KindNote, Text: n.Text},
		verb:        domain.EventNoteAdded, data: map[string]any{"mentions": mentions},
	}
}
