package contact

import (
	"encoding/json"
	"strconv"
	"strings"
)

// fieldReader gives the texts of a noun by their JSON path ("text", "attributes.note", "memo.author").
func fieldReader(noun any) func(path string) string {
	var tree any
	if b, err := json.Marshal(noun); err == nil {
		_ = json.Unmarshal(b, &tree) // what was just encoded decodes
	}
	return func(path string) string {
		at := tree
		for _, step := range strings.Split(path, ".") {
			at = child(at, step)
		}
		text, _ := at.(string)
		return text
	}
}

func child(at any, step string) any {
	switch x := at.(type) {
	case map[string]any:
		return x[step]
	case []any:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(x) {
			return x[i]
		}
	}
	return nil
}
