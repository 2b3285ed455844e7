package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sori runs the command line as a user would, and gives what it printed on standard output.
func sori(t *testing.T, args ...string) (string, error) {
	t.Helper()
	root := rootCommand()
	var out, errs bytes.Buffer
	root.SetArgs(args)
	root.SetOut(&out)
	root.SetErr(&errs)
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

func mustSori(t *testing.T, args ...string) string {
	t.Helper()
	out, err := sori(t, args...)
	if err != nil {
		t.Fatalf("sori %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func TestCommandLine(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("SORI_DEV", "1")
	t.Setenv("SORI_DATA_DIR", filepath.Join(dir, "data"))
	t.Setenv("SORI_LOG_LEVEL", "error")
	t.Setenv("SORI_MONGO_URI", "")

	token := mustSori(t, "token", "--role", "agent", "--subject", "kim", "--ttl", "1h")
	if strings.Count(token, "\n") != 1 || strings.Count(token, ".") != 2 {
		t.Errorf("token printed %q", token)
	}
	if _, err := sori(t, "token", "--role", "king"); err == nil {
		t.Error("a token of an unknown role was made")
	}

	var mbox strings.Builder
	for i := range 3 {
		fmt.Fprintf(&mbox, "From someone@x.test Sun Nov 22 10:00:00 2026\nFrom: a%d@x.test\nMessage-ID: <m%d@x.test>\nSubject: s\n\ntext\n>From here on it is quoted\n\n", i, i)
	}
	folder := filepath.Join(dir, "mails")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"all.mbox": mbox.String(), "one.eml": "From: b@x.test\nMessage-ID: <one@x.test>\nSubject: s\n\nhello\n", "notes.txt": "not a mail",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out := mustSori(t, "import", folder); out != "4 new, 0 duplicate, 0 failed\n" {
		t.Errorf("first import: %q", out)
	}
	if out := mustSori(t, "import", folder, filepath.Join(folder, "all.mbox")); out != "0 new, 7 duplicate, 0 failed\n" {
		t.Errorf("second import: %q", out)
	}

	secret := strings.TrimSpace(mustSori(t, "apikey", "create", "--name", "phone centre"))
	if !strings.HasPrefix(secret, "sori_") {
		t.Errorf("the secret is %q", secret)
	}
	listed := mustSori(t, "apikey", "list")
	if !strings.Contains(listed, "phone centre") || strings.Contains(listed, secret) {
		t.Errorf("listed: %q", listed)
	}
	mustSori(t, "apikey", "revoke", strings.Fields(listed)[0])
	if listed := mustSori(t, "apikey", "list"); !strings.Contains(listed, "revoked") {
		t.Errorf("after revoking: %q", listed)
	}

	if out := mustSori(t, "doctor"); strings.Contains(out, "FAIL") || !strings.Contains(out, "store") {
		t.Errorf("doctor: %s", out)
	}
	mustSori(t, "migrate")
	copied := filepath.Join(dir, "copy")
	mustSori(t, "backup", copied)
	if _, err := sori(t, "backup", copied); err == nil {
		t.Error("a backup was made over another")
	}
	t.Setenv("SORI_DATA_DIR", copied)
	if out := mustSori(t, "import", folder); out != "0 new, 4 duplicate, 0 failed\n" {
		t.Errorf("the copy: %q", out)
	}
	t.Setenv("SORI_DATA_DIR", filepath.Join(dir, "data"))
	if out := mustSori(t, "version"); !strings.HasPrefix(out, "sori ") {
		t.Errorf("version: %q", out)
	}
	if _, err := sori(t, "mail", "parse", filepath.Join(dir, "missing.eml"), "--json"); err == nil {
		t.Error("a missing file was parsed")
	}
	if out := mustSori(t, "mail", "parse", filepath.Join(folder, "notes.txt"), "--json"); !strings.Contains(out, `"kind"`) {
		t.Errorf("an unreadable mail gave %q", out)
	}

	t.Setenv("SORI_ADDR", "nowhere")
	if out, err := sori(t, "doctor"); err == nil || !strings.Contains(out, "SORI_ADDR") {
		t.Errorf("doctor on a bad setting: %v %s", err, out)
	}
}
