package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// stages are the use cases, one package for each part of an inquiry's way.
var stages = map[string]bool{
	"intake": true, "contact": true, "triage": true, "desk": true, "phone": true, "live": true, "outbox": true, "routing": true, "sla": true, "outreach": true, "insight": true, "org": true,
	"webhook": true, "survey": true,
}

// exceptions to the rules below, each with its reason.
var exceptions = map[string]string{
	"adapters/loadtest": "drives the use cases as a door does",
}

// TestImports holds the houses apart: domain knows only the standard library, a stage knows domain and leaves, an adapter knows domain and leaves, the doors know the stages and no
// adapter, and only the root knows all.
func TestImports(t *testing.T) {
	t.Parallel()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		from := filepath.ToSlash(filepath.Dir(path))
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			to, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if why := forbidden(from, to); why != "" && exceptions[from] == "" {
				t.Errorf("%s imports %s: %s", path, to, why)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func forbidden(from, to string) string {
	ours, isOurs := strings.CutPrefix(to, "sori/")
	house, _, _ := strings.Cut(from, "/")
	switch house {
	case "domain":
		return forbiddenInDomain(from, ours, isOurs, to)
	case "adapters":
		if isOurs && !strings.HasPrefix(ours, "domain") && ours != from && !strings.HasPrefix(ours, from+"/") {
			return "an adapter knows domain only"
		}
		if name, ok := strings.CutPrefix(ours, "domain/"); isOurs && ok && stages[name] {
			return "an adapter knows no stage"
		}
	case "api", "graph":
		if strings.HasPrefix(ours, "adapters/") {
			return "a door knows no adapter"
		}
	}
	return ""
}

func forbiddenInDomain(from, ours string, isOurs bool, to string) string {
	if !isOurs {
		if first, _, _ := strings.Cut(to, "/"); strings.Contains(first, ".") {
			return "domain knows only the standard library"
		}
		return ""
	}
	name, _ := strings.CutPrefix(from, "domain/")
	target, inDomain := strings.CutPrefix(ours, "domain/")
	switch {
	case ours != "domain" && !inDomain:
		return "domain knows nothing outside"
	case from == "domain":
		return "the nouns know no other package of ours"
	case stages[name] && stages[target]:
		return "a stage knows no other stage"
	case !stages[name] && ours == "domain":
		return "a leaf knows no noun"
	case !stages[name] && stages[target]:
		return "a leaf knows no stage"
	}
	return ""
}
