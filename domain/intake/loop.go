package intake

import (
	"context"

	"sori/domain"
)

// cutLoop takes a mail of our own that came back (forwarded, or sent from one of our mailboxes to another) for what a machine sent: it is kept, but
// answered by nobody, and opens nothing again. Our mails name the account that sent them in domain.LoopHeader; another installation's are no loop.
func (s *Service) cutLoop(ctx context.Context, m *domain.Mail) {
	if m.Loop == "" || m.Kind != domain.KindMessage {
		return
	}
	if _, err := s.AccountOfAddress(ctx, m.Loop); err == nil {
		m.Kind = domain.KindAutoreply
	}
}
