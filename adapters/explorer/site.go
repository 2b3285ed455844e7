package explorer

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"html/template"
	"maps"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

// policy lets a page use what comes from here and nothing else. Both explorers write style attributes and
// show icons from data URLs.
const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// site is one page and the files it needs.
type site struct {
	page  *template.Template
	data  map[string]string
	files map[string]file
}

type file struct {
	content []byte
	etag    string
}

func newSite(page string, data map[string]string) *site {
	return &site{
		page:  template.Must(template.ParseFS(web, "web/"+page)),
		data:  data,
		files: map[string]file{},
	}
}

func (s *site) add(name string, content []byte) {
	sum := sha256.Sum256(content)
	s.files[name] = file{content: content, etag: `"` + hex.EncodeToString(sum[:12]) + `"`}
}

// ServeHTTP answers GET and HEAD: files by the last element of the path, 404 for other names with a dot, and the page for the rest.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "no-referrer")
	name := path.Base(r.URL.Path)
	if f, ok := s.files[name]; ok {
		h.Set("Content-Type", mimeType(name))
		h.Set("Cache-Control", "no-cache") // ask again, by ETag: the next release may bring others
		h.Set("ETag", f.etag)
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(f.content))
		return
	}
	switch {
	case strings.Contains(name, "."):
		http.NotFound(w, r)
	case strings.HasSuffix(r.URL.Path, "/") && r.URL.Path != "/":
		h.Set("Location", "../"+name) // relative links start from the path without the slash
		w.WriteHeader(http.StatusMovedPermanently)
	default:
		s.servePage(w, name)
	}
}

func (s *site) servePage(w http.ResponseWriter, name string) {
	data := maps.Clone(s.data)
	data["Base"] = strings.TrimPrefix(name, "/") // where the files are, seen from the page
	if data["Base"] == "" {
		data["Base"] = "."
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	var page bytes.Buffer
	if err := s.page.Execute(&page, data); err != nil {
		panic(err) // strings into a page of ours
	}
	_, _ = w.Write(page.Bytes()) // the reader has gone: nothing to be done
}

// mimeType does not rely on what the machine knows of file types.
func mimeType(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	}
	return mime.TypeByExtension(path.Ext(name))
}
