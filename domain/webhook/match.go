package webhook

import (
	"regexp"
	"slices"
	"strings"

	"sori/domain"
)

var filterPattern = regexp.MustCompile(`^(\*|[a-zA-Z_]+\.(\*|[a-zA-Z_]+))$`)

func goodFilter(x string) bool { return filterPattern.MatchString(x) }

// wants tells whether a webhook is told of an event. queue is that of the event's inquiry, when the event is read.
func wants(w *domain.Webhook, e *domain.Event, queue string) bool {
	if e.Type == domain.EventWebhookTest {
		return e.Subject.ID == w.ID
	}
	return wantsType(w.Events, e.Type) && wantsQueue(w.Queues, e, queue)
}

func wantsType(filters []string, typ string) bool {
	if len(filters) == 0 {
		return true
	}
	noun, _, _ := strings.Cut(typ, ".")
	return slices.ContainsFunc(filters, func(f string) bool { return f == typ || f == "*" || f == noun+".*" })
}

func wantsQueue(filters []string, e *domain.Event, queue string) bool {
	if len(filters) == 0 {
		return true
	}
	change, _ := e.Data["queue"].(map[string]any)
	left, _ := change["before"].(string)
	return queue != "" && slices.Contains(filters, queue) || left != "" && slices.Contains(filters, left)
}
