package api

import (
	"encoding/json"
	"syscall"
	"testing"

	"sori/api/gen"
)

// BenchmarkValidate is what holding a body to the document costs: its form, its decoding, its schema. cpu-µs/op is without the waiting for a busy machine.
func BenchmarkValidate(b *testing.B) {
	doc, err := readDocument()
	if err != nil {
		b.Fatal(err)
	}
	s := &server{document: doc}
	raw := []byte(`{"externalId":"x","occurredAt":"2026-11-22T01:00:00Z","from":{"name":"홍길동","phone":"010-1234-5678"},"subject":"환불 문의","text":"지난주 주문을 환불하고 싶습니다",
		"phone":{"callId":"c","direction":"inbound","dialled":"1588-1234","startedAt":"2026-11-22T01:00:00Z","answeredAt":"2026-11-22T01:00:12Z","endedAt":"2026-11-22T01:04:00Z","agent":"agent1","disposition":"refund"}}`)
	v, err := decodeJSON(raw)
	if err != nil {
		b.Fatal(err)
	}
	steps := map[string]func() error{
		"form":   func() error { return checkForm(raw) },
		"decode": func() error { _, err := decodeJSON(raw); return err },
		"schema": func() error { return s.checkSchema(doc.submission, v) },
		"bind":   func() error { return json.Unmarshal(raw, new(gen.Submission)) },
	}
	for name, step := range steps {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			before := cpuTime(b)
			for b.Loop() {
				if err := step(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric((cpuTime(b)-before)/float64(b.N), "cpu-µs/op")
		})
	}
}

func cpuTime(b *testing.B) float64 {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1000
}
