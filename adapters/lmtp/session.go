package lmtp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"sori/domain"
)

// What is answered. The texts say nothing of what went wrong inside.
var (
	errNobody   = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such mailbox here"}
	errLater    = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "Cannot take the mail now, try again later"}
	errTooLarge = &smtp.SMTPError{Code: 552, EnhancedCode: smtp.EnhancedCode{5, 3, 4}, Message: "The mail is too large"}
	errLongPath = &smtp.SMTPError{Code: 501, EnhancedCode: smtp.EnhancedCode{5, 1, 7}, Message: "The address is too long"}
)

// maxPath is the longest address (RFC 5321 §4.5.3.1.3), with room for international ones.
const maxPath = 512

// recipient is one whom the mail is for.
type recipient struct {
	address string
	account string
}

// session is the talk with one client. The actor and the end of the work come by ctx.
type session struct {
	*Server
	ctx        context.Context
	client     string
	from       string
	recipients []recipient
}

func (s *Server) session(ctx context.Context, c *smtp.Conn) *session {
	return &session{Server: s, ctx: ctx, client: c.Hostname()}
}

// Reset forgets the mail.
func (s *session) Reset() { s.from, s.recipients = "", nil }

// Logout ends the talk.
func (s *session) Logout() error { return nil }

// Mail begins a mail. Any sender may: a last hop has no reason to refuse one.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if len(from) > maxPath {
		return errLongPath
	}
	s.from = from
	return nil
}

// Rcpt takes recipients that an account belongs to, and no others: nothing is relayed.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if len(to) > maxPath {
		return errLongPath
	}
	account, err := s.Receiver.AccountOfAddress(s.ctx, to)
	if domain.IsCode(err, domain.NotFound) {
		return errNobody
	}
	if err != nil {
		s.Log.Error("look up a recipient", "source", s.source(), "err", err)
		return errLater
	}
	s.recipients = append(s.recipients, recipient{to, account})
	return nil
}

// Data takes a mail by SMTP: it answers 250 after it is stored for every recipient. If that fails for one, the client sends it again to all, and those
// that have it know it again.
func (s *session) Data(r io.Reader) error {
	return s.receive(r, func(_ string, err error) error { return err })
}

// LMTPData takes a mail by LMTP, with an answer for each recipient (RFC 2033 §4.2).
func (s *session) LMTPData(r io.Reader, status smtp.StatusCollector) error {
	return s.receive(r, func(to string, err error) error {
		status.SetStatus(to, err)
		return nil
	})
}

// receive reads the mail and stores it for each recipient; an error of told ends it.
func (s *session) receive(r io.Reader, told func(to string, err error) error) error {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-s.ctx.Done():
		return errLater
	}
	var body bytes.Buffer
	if _, err := body.ReadFrom(io.LimitReader(r, s.MaxMail+1)); err != nil {
		return readError(err)
	}
	if int64(body.Len()) > s.MaxMail {
		return errTooLarge
	}
	for _, to := range s.recipients {
		if err := told(to.address, s.take(to, body.Bytes())); err != nil {
			return err
		}
	}
	return nil
}

func readError(err error) error {
	var own *smtp.SMTPError
	if errors.As(err, &own) {
		return own
	}
	return errLater
}

// take stores the mail for one recipient.
func (s *session) take(to recipient, body []byte) error {
	raw := append(s.trace(to.address), body...)
	out, err := s.Receiver.TakeMail(s.ctx, to.account, s.source(), raw)
	switch {
	case err == nil:
		s.Log.Debug("mail taken", "source", s.source(), "account", to.account, "bytes", len(body), "duplicate", out.Duplicate, "quarantined", out.QuarantineID)
		return nil
	case domain.IsCode(err, domain.Invalid) && domain.FieldOf(err) == "account":
		return errNobody // it was there a moment ago
	}
	s.Log.Error("take mail", "source", s.source(), "account", to.account, "err", err)
	return errLater
}

// trace is what the last hop adds (RFC 5321 §4.4; Delivered-To is RFC 9228): the envelope, which is in no other place, and when it came.
func (s *session) trace(to string) []byte {
	protocol := "LMTP"
	if s.SMTP {
		protocol = "ESMTP"
	}
	return fmt.Appendf(nil, "Return-Path: <%s>\r\nDelivered-To: %s\r\nReceived: from %s by %s with %s; %s\r\n",
		oneLine(s.from), oneLine(to), oneLine(s.client), oneLine(s.Domain), protocol, s.Clock().Format(time.RFC1123Z))
}

// oneLine keeps what a client says of itself from becoming a header.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '<' || r == '>' {
			return -1
		}
		return r
	}, text)
}
