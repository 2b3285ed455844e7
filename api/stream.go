package api

import (
	"net/http"
	"time"
)

// stream writes an answer as it comes, past the server's own time limit, which is for answers that end.
type stream struct {
	http.ResponseWriter
	control *http.ResponseController
}

// writePause is how long one piece may take to be written: who does not read is cut off.
const writePause = 30 * time.Second

func newStream(w http.ResponseWriter, contentType string) *stream {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("X-Accel-Buffering", "no") // proxies would hold it back
	return &stream{ResponseWriter: w, control: http.NewResponseController(w)}
}

// Write writes one piece, for which there is a time limit of its own.
func (s *stream) Write(p []byte) (int, error) {
	// A writer without deadlines, as in tests, has no connection that could hang.
	_ = s.control.SetWriteDeadline(time.Now().Add(writePause))
	return s.ResponseWriter.Write(p)
}

// Flush sends what was written.
func (s *stream) Flush() error { return s.control.Flush() }
