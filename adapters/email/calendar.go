package email

import (
	"strings"
	"time"

	"sori/domain"
)

// calendarText makes the text of a mail that is nothing but an invitation
// (RFC 5545): the lines that a person wants to read.
func calendarText(files []domain.MailAttachment) string {
	for _, f := range files {
		if f.ContentType == "text/calendar" {
			return eventText(f.Data)
		}
	}
	return ""
}

var calendarReplacer = strings.NewReplacer(`\n`, "\n", `\N`, "\n", `\,`, ",", `\;`, ";", `\\`, `\`)

func eventText(data []byte) string {
	text, _ := decodeCharset(data[:min(len(data), maxText)], "utf-8")
	text = cleanText(text)
	text = strings.NewReplacer("\n ", "", "\n\t", "").Replace(text) // unfolded, RFC 5545 §3.1
	var out []string
	inside := false
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimRight(line, "\n"), ":")
		name, _, _ = strings.Cut(strings.ToUpper(name), ";")
		switch {
		case name == "BEGIN":
			inside = value == "VEVENT" || value == "VTODO"
		case inside && (name == "SUMMARY" || name == "LOCATION" || name == "DESCRIPTION" || name == "DTSTART" || name == "DTEND"):
			if value = strings.TrimSpace(calendarReplacer.Replace(value)); value != "" {
				out = append(out, readableTime(value))
			}
		}
	}
	return strings.Join(out, "\n")
}

// readableTime makes "2026-10-10 01:00 UTC" of a date and time of RFC 5545
// §3.3.5; anything else is left as it is.
func readableTime(value string) string {
	if t, err := time.Parse("20060102T150405Z", value); err == nil {
		return t.Format("2006-01-02 15:04 UTC")
	}
	if t, err := time.Parse("20060102T150405", value); err == nil {
		return t.Format("2006-01-02 15:04")
	}
	if t, err := time.Parse("20060102", value); err == nil {
		return t.Format("2006-01-02")
	}
	return value
}
