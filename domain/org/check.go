package org

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"sori/domain"
)

// Limits of the organisation, in bytes but for counts. It is kept in memory on every node.
const (
	maxName    = 200
	maxText    = 200
	maxListed  = 100
	maxAgents  = 20_000
	maxThings  = 2000 // of any other kind
	maxOrder   = 1_000_000
	maxSeconds = 366 * 24 * 3600
	noneKey    = "none" // in filters it stands for "without one"
	keyMessage = "must be 1 to 100 letters, digits and . _ - beginning with a letter or digit, and not \"none\""
)

// What keys hold beside letters and digits, in any script. An agent's is the subject of its tokens, which single sign-ons make of all sorts of letters.
const (
	keyMarks      = "._-"
	agentKeyMarks = "._@+|:/=-"
	maxKey        = 100
	maxAgentKey   = 200
)

// checker gathers the faults of one thing. Its err is a failure of the store, after which nothing more is asked.
type checker struct {
	domain.Faults
	ctx    context.Context
	reader domain.Reader
	err    error
}

func newChecker(ctx context.Context, r domain.Reader) *checker { return &checker{ctx: ctx, reader: r} }

// done gives what was found.
func (c *checker) done() error {
	if c.err != nil {
		return c.err
	}
	return c.Err()
}

func (c *checker) key(key string) {
	if !domain.IsKey(key, keyMarks, maxKey) || key == noneKey {
		c.Add("key", "pattern", keyMessage)
	}
}

// name checks a name, which is the key where none is given.
func (c *checker) name(name *string, key string) {
	if strings.TrimSpace(*name) == "" {
		*name = key
	}
	domain.CheckText(&c.Faults, "name", *name, maxName)
}

func (c *checker) within(field string, n, least, most int) {
	if n < least || n > most {
		c.Add(field, "range", "must be from %d to %d", least, most)
	}
}

// listed checks a list: its length, that nothing is in it twice, and each of its texts. It reports whether the list is worth a closer look.
func (c *checker) listed(field string, list []string) bool {
	if len(list) > maxListed {
		c.Add(field, "maxItems", "are more than %d", maxListed)
		return false
	}
	for i, x := range list {
		at := item(field, i)
		domain.CheckText(&c.Faults, at, x, maxText)
		if strings.TrimSpace(x) == "" {
			c.Add(at, "required", "is empty")
		}
		if slices.Contains(list[:i], x) {
			c.Add(at, "unique", "is there twice")
		}
	}
	return true
}

func (c *checker) languages(field string, list []string) {
	if !c.listed(field, list) {
		return
	}
	for i, x := range list {
		domain.CheckLanguage(&c.Faults, item(field, i), x)
	}
}

// known wants a thing of that key to be there. An empty key asks nothing.
func known[T any](c *checker, coll *domain.Collection[T], field, key string) {
	if key == "" || c.err != nil {
		return
	}
	found, err := coll.Find(c.ctx, c.reader, domain.Query{Index: "key", Equal: []any{key}, Limit: 1})
	if err != nil {
		c.err = err
	} else if len(found) == 0 {
		c.Add(field, "known", "there is no %s %q", coll.Noun, domain.Clip(key, 100))
	}
}

// allKnown is known for a list.
func allKnown[T any](c *checker, coll *domain.Collection[T], field string, keys []string) {
	if !c.listed(field, keys) {
		return
	}
	for i, key := range keys {
		known(c, coll, item(field, i), key)
	}
}

// oneOf checks a list of fixed words.
func oneOf[T ~string](c *checker, field string, list, words []T) {
	for i, x := range list {
		if !slices.Contains(words, x) {
			c.Add(item(field, i), "enum", "is %q, which is none of %s", domain.Clip(string(x), 40), joined(words))
		}
		if slices.Contains(list[:i], x) {
			c.Add(item(field, i), "unique", "is there twice")
		}
	}
}

// word checks one fixed word.
func word[T ~string](c *checker, field string, x T, words []T) {
	if !slices.Contains(words, x) {
		c.Add(field, "enum", "is %q, which is none of %s", domain.Clip(string(x), 40), joined(words))
	}
}

func joined[T ~string](words []T) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = string(w)
	}
	return strings.Join(out, ", ")
}

func item(field string, i int) string { return field + "." + strconv.Itoa(i) }

// none gives nil for an empty list, so that two ways to say nothing are one.
func none[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}
