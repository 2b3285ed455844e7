package smtp

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/emersion/go-smtp"

	"sori/domain"
)

// errNoUTF8 says that an address is international and the server knows only ASCII (RFC 6531 §3.5).
var errNoUTF8 = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 6, 7}, Message: "the mail server takes no international addresses"}

// isAnswer tells what a server said from a connection that broke.
func isAnswer(err error) bool {
	var answer *smtp.SMTPError
	return errors.As(err, &answer) && answer.Code != 421 // which the server says before it hangs up (RFC 5321 §3.8)
}

// faultOf makes a fault of an error: what the server answered for ever (5xx) is permanent, all else may pass.
func faultOf(err error) *domain.SendFault {
	var answer *smtp.SMTPError
	if !errors.As(err, &answer) {
		text := err.Error()
		if errors.Is(err, context.DeadlineExceeded) {
			text = "the mail server did not answer in time"
		}
		return &domain.SendFault{Diagnostic: text}
	}
	f := &domain.SendFault{Code: answer.Code, Diagnostic: strings.Join(strings.Fields(answer.Message), " "), Permanent: answer.Code/100 == 5}
	if answer.Code == 530 || answer.Code == 535 || answer.Code == 538 {
		f.Permanent = false // we are not logged in as we should be (RFC 4954 §6): an operator sets that right, and the mail waits
	}
	if c := answer.EnhancedCode; c[0] == 2 || c[0] == 4 || c[0] == 5 {
		f.Status = fmt.Sprintf("%d.%d.%d", c[0], c[1], c[2])
	}
	return f
}

// connectFault is for what goes wrong before a mail is spoken of: our configuration or the server's, never the mail's fault. A wrong password is set
// right by an operator, and the mail waits for that.
func connectFault(err error) *domain.SendFault {
	f := faultOf(err)
	f.Permanent = false
	f.Diagnostic = "connect: " + f.Diagnostic
	return f
}
