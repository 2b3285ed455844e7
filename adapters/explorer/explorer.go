// Package explorer serves pages on which the two doors can be read and tried in a browser: Swagger UI for REST, GraphQL Playground for
// GraphQL. All they need is in the program; they ask no other host for anything, and their content security policy
// forbids it.
//
// A page is where its handler is mounted (/docs), without a slash at the end, and its files are below (/docs/swagger-ui.css):
// mount the handler at both. Links are relative, so a proxy may put anything before them.
package explorer

import (
	"context"
	"embed"
	"io/fs"
	"net/http"
	"path"

	swaggerfiles "github.com/swaggo/files/v2"
	"github.com/wundergraph/graphql-go-tools/pkg/playground"
)

//go:embed web
var web embed.FS

// Docs serves the REST explorer for the OpenAPI description at specURL.
func Docs(specURL string) http.Handler {
	s := newSite("docs.html", map[string]string{"Spec": specURL})
	for _, name := range []string{"swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"} {
		s.add(name, read(swaggerfiles.FS, name))
	}
	s.add("docs.js", read(web, "web/docs.js"))
	return s
}

// GraphiQL serves the GraphQL explorer. Queries go to endpoint by POST, subscriptions to subscriptionEndpoint by WebSocket with the
// older subprotocol graphql-ws, the headers of the page as connection_init payload. Both may be paths.
func GraphiQL(endpoint, subscriptionEndpoint string) http.Handler {
	s := newSite("graphiql.html", map[string]string{"Endpoint": endpoint, "Subscriptions": subscriptionEndpoint})
	handlers, err := playground.New(playground.Config{PlaygroundPath: "/page"}).Handlers()
	if err != nil {
		panic(err) // the files are part of the program
	}
	for _, h := range handlers {
		if name := path.Base(h.Path); path.Ext(name) != "" { // its page would not pass our policy
			s.add(name, capture(h.Handler, h.Path))
		}
	}
	s.add("graphiql.js", read(web, "web/graphiql.js"))
	return s
}

func read(files fs.FS, name string) []byte {
	content, err := fs.ReadFile(files, name)
	if err != nil {
		panic(err) // the files are part of the program
	}
	return content
}

// recorder takes what a handler writes: the Playground module gives its files in no other way.
type recorder struct {
	header http.Header
	body   []byte
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(int) {}

func (r *recorder) Write(p []byte) (int, error) {
	r.body = append(r.body, p...)
	return len(p), nil
}

func capture(handler http.HandlerFunc, at string) []byte {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, at, nil)
	if err != nil {
		panic(err) // a constant path
	}
	r := &recorder{header: http.Header{}}
	handler(r, request)
	return r.body
}
