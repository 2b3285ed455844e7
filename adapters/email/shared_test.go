package email

import (
	"os"
	"path/filepath"
	"testing"
)

// sharedData finds a folder of the public mail samples: by SORI_DATA, or in a
// folder shared/data beside one of the parents. The test is skipped without it.
func sharedData(t testing.TB, elem ...string) string {
	t.Helper()
	sub := filepath.Join(append([]string{"email"}, elem...)...)
	if root := os.Getenv("SORI_DATA"); root != "" {
		if path := filepath.Join(root, sub); exists(path) {
			return path
		}
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if path := filepath.Join(dir, "shared", "data", sub); exists(path) {
			return path
		}
	}
	t.Skipf("the sample mails %s are not here (set SORI_DATA)", sub)
	return ""
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// mailFiles gives every mail below the sample folders, by path.
func mailFiles(t testing.TB, elem ...string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	root := sharedData(t, elem...)
	err := filepath.Walk(root, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		switch filepath.Ext(path) {
		case ".eml", ".raw", ".txt":
		default:
			return nil
		}
		raw, err := os.ReadFile(path)
		rel, _ := filepath.Rel(root, path)
		out[rel] = raw
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
