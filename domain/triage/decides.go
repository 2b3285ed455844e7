package triage

import "context"

// Decides reports whether there is a rule or a model by which messages are judged. If not, nothing comes of any message, and nobody need wait for it.
func (s *Service) Decides(ctx context.Context) (bool, error) {
	nothing, err := s.nothingSet(ctx)
	return !nothing, err
}
