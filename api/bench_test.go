package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sori/api"
)

const memoBody = `{"from":{"name":"홍길동","phone":"010-1234-5678"},"subject":"환불 문의","text":"지난주 주문을 환불하고 싶습니다","memo":{"location":"프런트","author":"김데스크","urgent":false},"tags":["refund"]}`

func BenchmarkReceiveMemo(b *testing.B) {
	d := newDoor(b)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r := httptest.NewRequest(http.MethodPost, "/v1/intake/memo", strings.NewReader(memoBody))
			r.Header.Set("Authorization", "Bearer admin")
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			if d.ServeHTTP(w, r); w.Code != 201 {
				b.Error(w.Body)
				return
			}
		}
	})
}

// BenchmarkRefusedMemo is the door alone: everything but the use case, which refuses the account.
func BenchmarkRefusedMemo(b *testing.B) {
	d := newDoor(b)
	body := strings.Replace(memoBody, `{"from"`, `{"account":"nobody","from"`, 1)
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, "/v1/intake/memo", strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer admin")
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		if d.ServeHTTP(w, r); w.Code != 422 {
			b.Fatal(w.Body)
		}
	}
}

func BenchmarkGetInquiry(b *testing.B) {
	d := newDoor(b)
	id := d.received(nil).at("inquiry", "id")
	for _, c := range []struct{ name, query string }{{"alone", ""}, {"with interactions", "?include=interactions"}} {
		b.Run(c.name, func(b *testing.B) { benchGet(b, d, "/v1/inquiries/"+id+c.query) })
	}
	b.Run("health", func(b *testing.B) {
		quick := newDoor(b, func(o *api.Deps) { o.Limits.Address = api.Rate{PerSecond: 1e9, Burst: 1e9} })
		benchGet(b, quick, "/healthz")
	})
}

func BenchmarkListInquiries(b *testing.B) {
	d := newDoor(b)
	for range 60 {
		d.received(nil)
	}
	benchGet(b, d, "/v1/inquiries?statusCategory=open&limit=25")
}

func benchGet(b *testing.B, d *door, path string) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Authorization", "Bearer admin")
		w := httptest.NewRecorder()
		if d.ServeHTTP(w, r); w.Code != 200 {
			b.Fatal(w.Body)
		}
	}
}
