package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestOrgCommands: a file is tried, applied and exported; one with faults does nothing.
func TestOrgCommands(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("SORI_DEV", "1")
	t.Setenv("SORI_DATA_DIR", filepath.Join(dir, "data"))
	t.Setenv("SORI_LOG_LEVEL", "error")
	t.Setenv("SORI_MONGO_URI", "")
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := file("good.yaml", office)
	if out := mustSori(t, "org", "apply", good, "--dry-run"); !strings.Contains(out, "+ agent kim\n") || !strings.Contains(out, "nothing was done; it would be: 9 created") {
		t.Error(out)
	}
	if out := mustSori(t, "org", "apply", good); !strings.HasSuffix(out, "done: 9 created, 0 updated, 0 removed, 0 unchanged\n") {
		t.Error(out)
	}
	if out := mustSori(t, "org", "apply", good); out != "done: 0 created, 0 updated, 0 removed, 9 unchanged\n" {
		t.Error(out)
	}
	if out := mustSori(t, "org", "apply", file("changed.yaml", strings.Replace(office, "offerSeconds: 30", "offerSeconds: 45", 1))); !strings.HasPrefix(out, "~ queue refunds: offerSeconds\n") {
		t.Error(out)
	}
	exported := mustSori(t, "org", "export")
	if out := mustSori(t, "org", "apply", file("exported.yaml", exported), "--prune"); !strings.HasPrefix(out, "done: 0 created, 0 updated, 0 removed") {
		t.Errorf("%s\n%s", out, exported)
	}
	if out, err := sori(t, "org", "apply", file("bad.yaml", "teams: [{key: a}]\nqueues: [{key: a, teams: [b]}]\n")); err == nil || out != "" || !strings.Contains(err.Error(), "faults in the file: 1") {
		t.Errorf("%q, %v", out, err)
	}
	if out := mustSori(t, "org", "export"); strings.Contains(out, "key: a\n") {
		t.Error("something of a file with faults was done")
	}
}
