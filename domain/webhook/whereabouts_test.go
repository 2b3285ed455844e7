package webhook

import (
	"strings"
	"testing"
)

func TestEventsKeepAWebhooksPathToThemselves(t *testing.T) {
	t.Parallel()
	first, second := whereabouts("https://hooks.shop.test/services/T0/B0/secret?key=1"), whereabouts("https://hooks.shop.test/services/T0/B0/other")
	if !strings.HasPrefix(first, "https://hooks.shop.test/#") || strings.Contains(first, "services") || strings.Contains(first, "key") {
		t.Errorf("an event tells %q", first)
	}
	if first == second {
		t.Error("a change of the path is not seen")
	}
}
