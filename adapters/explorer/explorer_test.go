package explorer

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func get(t *testing.T, h http.Handler, method, target string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

var link = regexp.MustCompile(`(?:src|href)="([^"]+)"`)

func TestPagesAreWholeAndStayHere(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	for at, h := range map[string]http.Handler{
		"/docs": Docs("/openapi.yaml"), "/graphiql": GraphiQL("/graphql", "/graphql"), "/behind/proxy/docs": Docs("/x.yaml"),
	} {
		mux.Handle(at, h)
		mux.Handle(at+"/", h)
	}
	for at, want := range map[string]string{
		"/docs": `data-spec="/openapi.yaml"`, "/graphiql": `data-endpoint="/graphql"`, "/behind/proxy/docs": `data-spec="/x.yaml"`,
	} {
		page := get(t, mux, "GET", at)
		if page.Code != 200 || !strings.Contains(page.Body.String(), want) || page.Header().Get("Content-Type") != "text/html; charset=utf-8" {
			t.Fatalf("%s: %d %v\n%s", at, page.Code, page.Header(), page.Body)
		}
		if csp := page.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "http") {
			t.Errorf("%s: policy %q", at, csp)
		}
		links := link.FindAllStringSubmatch(page.Body.String(), -1)
		if len(links) != 4 {
			t.Fatalf("%s: %d links", at, len(links))
		}
		for _, l := range links {
			if strings.Contains(l[1], "//") {
				t.Errorf("%s links to %s", at, l[1])
			}
			f := get(t, mux, "GET", at[:strings.LastIndex(at, "/")+1]+l[1])
			if f.Code != 200 || f.Body.Len() == 0 || f.Header().Get("Content-Type") == "" {
				t.Errorf("%s: %s is %d, %d bytes of %q", at, l[1], f.Code, f.Body.Len(), f.Header().Get("Content-Type"))
			}
		}
		if strings.Contains(page.Body.String(), "<script>") {
			t.Errorf("%s has a script within, which its policy forbids", at)
		}
	}
}

func TestEdges(t *testing.T) {
	t.Parallel()
	h := Docs(`/a"><script>alert(1)</script>`)
	if body := get(t, h, "GET", "/docs").Body.String(); strings.Contains(body, "<script>alert") {
		t.Errorf("not escaped: %s", body)
	}
	first := get(t, h, "GET", "/docs/docs.js")
	for _, c := range []struct {
		method, target string
		header         []string
		code           int
	}{
		{"GET", "/docs/docs.js", []string{"If-None-Match", first.Header().Get("ETag")}, 304},
		{"GET", "/docs/docs.js", []string{"Range", "bytes=0-9"}, 206},
		{"HEAD", "/docs/swagger-ui-bundle.js", nil, 200},
		{"GET", "/docs/swagger-ui.js.map", nil, 404},
		{"GET", "/docs/../explorer.go", nil, 404},
		{"GET", "/", nil, 200},
		{"GET", "/docs/", nil, 301},
		{"POST", "/docs", nil, 405},
	} {
		if w := get(t, h, c.method, c.target, c.header...); w.Code != c.code {
			t.Errorf("%s %s %q: %d; want %d", c.method, c.target, c.header, w.Code, c.code)
		}
	}
	if to := get(t, h, "GET", "/a/docs/").Header().Get("Location"); to != "../docs" {
		t.Errorf("redirected to %q", to)
	}
}
