package mongostore

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"sori/domain"
)

// The fields that the engine adds to a document.
const (
	fieldID      = "_id"
	fieldKeys    = "_keys"
	fieldPending = "_pending"
	fieldSeq     = "seq"
	fieldVersion = "version"
	fieldElement = "v" // of a list in _keys
)

// maxDocument is the most bytes that MongoDB takes as one document, less some room for what is added on the way.
const maxDocument = 16<<20 - 64<<10

var (
	structs  = &structCodec{}
	registry = newRegistry()
)

// keyName is where the engine keeps the key of a path.
func keyName(path string) string { return strings.ReplaceAll(path, ".", "/") }

// keyPath is keyName as filters, sorts and indexes name it. The keys of a list are documents {v: key}, not bare values: the server with which
// the tests run leaves an entry behind when a list of bare values in a unique index changes.
func (c *collection) keyPath(path string) string {
	if path == fieldSeq && c.spec.Sequenced {
		return fieldSeq // numbered by the engine, where the noun has it
	}
	if _, multi := c.spec.KeyKind(path); multi {
		return fieldKeys + "." + keyName(path) + "." + fieldElement
	}
	return fieldKeys + "." + keyName(path)
}

// keyPaths lists the paths that a collection's declared indexes lead over, sorted, and which of them no document may lack.
func keyPaths(spec *domain.Spec) (paths []string, required map[string]bool) {
	required = map[string]bool{}
	for _, ix := range spec.Indexes {
		for n, path := range ix.Fields {
			if path == fieldSeq && spec.Sequenced {
				continue
			}
			paths = append(paths, path)
			required[path] = required[path] || n > 0
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths), required
}

// keyBSON brings a key to the form in which it is stored and asked for.
func keyBSON(kind domain.KeyKind, key any) any {
	switch k := key.(type) {
	case string:
		return validText(k)
	case int64:
		if kind == domain.KeyTime {
			return bson.DateTime(k)
		}
	}
	return key
}

// encode gives the stored form of a document. A sequenced one is without its number, which is the sequencer's to give. Invalid if it lacks a key that it must have;
// TooLarge if MongoDB would not take it.
func (c *collection) encode(doc domain.Document) (bson.Raw, error) {
	var buf bytes.Buffer
	dw, err := bson.NewDocumentWriter(&buf).WriteDocument()
	if err != nil {
		return nil, err
	}
	if err := c.write(dw, doc); err != nil {
		return nil, fmt.Errorf("storing %s %s: %w", c.spec.Noun, doc.Head().ID, err)
	}
	if buf.Len() > maxDocument {
		return nil, domain.Errorf(domain.TooLarge, "a %s of %d bytes is too large to store: at most %d", c.spec.Noun, buf.Len(), maxDocument)
	}
	return buf.Bytes(), nil
}

func (c *collection) write(dw bson.DocumentWriter, doc domain.Document) error {
	if err := writeElement(dw, fieldID, doc.Head().ID); err != nil {
		return err
	}
	if err := c.writeKeys(dw, doc); err != nil {
		return err
	}
	v := reflect.ValueOf(doc).Elem()
	plan, err := structs.plan(registry, v.Type())
	if err != nil {
		return err
	}
	if err := plan.write(bson.EncodeContext{Registry: registry}, dw, v, c.keeps); err != nil {
		return err
	}
	return dw.WriteDocumentEnd()
}

// encodeKeys gives a document of the engine's keys alone.
func (c *collection) encodeKeys(doc domain.Document) (bson.Raw, error) {
	var buf bytes.Buffer
	dw, err := bson.NewDocumentWriter(&buf).WriteDocument()
	if err != nil {
		return nil, err
	}
	if err := c.writeKeys(dw, doc); err != nil {
		return nil, err
	}
	err = dw.WriteDocumentEnd()
	return buf.Bytes(), err
}

// keeps reports whether the engine itself keeps the noun's field.
func (c *collection) keeps(name string) bool {
	return name == "id" || name == fieldSeq && c.spec.Sequenced
}

func (c *collection) writeKeys(dw bson.DocumentWriter, doc domain.Document) error {
	keys, err := c.keysOf(doc)
	if err != nil {
		return err
	}
	vw, err := dw.WriteDocumentElement(fieldKeys)
	if err != nil {
		return err
	}
	inner, err := vw.WriteDocument()
	if err != nil {
		return err
	}
	for _, k := range keys {
		if err := writeElement(inner, k.Key, k.Value); err != nil {
			return err
		}
	}
	return inner.WriteDocumentEnd()
}

// writeElement writes a key, or a list of keys.
func writeElement(dw bson.DocumentWriter, name string, value any) error {
	vw, err := dw.WriteDocumentElement(name)
	if err != nil {
		return err
	}
	list, ok := value.([]any)
	if !ok {
		return writeKey(vw, value)
	}
	aw, err := vw.WriteArray()
	if err != nil {
		return err
	}
	for _, key := range list {
		if err := writeListed(aw, key); err != nil {
			return err
		}
	}
	return aw.WriteArrayEnd()
}

func writeListed(aw bson.ArrayWriter, key any) error {
	vw, err := aw.WriteArrayElement()
	if err != nil {
		return err
	}
	dw, err := vw.WriteDocument()
	if err != nil {
		return err
	}
	if err := writeElement(dw, fieldElement, key); err != nil {
		return err
	}
	return dw.WriteDocumentEnd()
}

func writeKey(vw bson.ValueWriter, value any) error {
	switch v := value.(type) {
	case string:
		return vw.WriteString(v)
	case int64:
		return vw.WriteInt64(v)
	case bson.DateTime:
		return vw.WriteDateTime(int64(v))
	}
	return fmt.Errorf("a %T is no key", value)
}

// keysOf gives the _keys of a document. Invalid if it lacks one that it must have.
func (c *collection) keysOf(doc domain.Document) (bson.D, error) {
	keys := make(bson.D, 0, len(c.paths))
	for _, path := range c.paths {
		kind, multi := c.spec.KeyKind(path)
		values := c.spec.Keys(doc, path)
		if len(values) == 0 {
			if c.required[path] {
				return nil, domain.InvalidField(path, "required", "is needed to list the %s", c.spec.Noun)
			}
			continue
		}
		for i, v := range values {
			values[i] = keyBSON(kind, v)
		}
		if multi {
			keys = append(keys, bson.E{Key: keyName(path), Value: values})
		} else {
			keys = append(keys, bson.E{Key: keyName(path), Value: values[0]})
		}
	}
	return keys, nil
}

// withPending adds the mark of a document that waits for its number.
func withPending(raw bson.Raw, place string) (bson.Raw, error) {
	mark, err := bson.Marshal(bson.D{{Key: fieldPending, Value: place}})
	if err != nil {
		return nil, err
	}
	out := slices.Concat(raw[:len(raw)-1], mark[4:])
	binary.LittleEndian.PutUint32(out, uint32(len(out)))
	return out, nil
}

// decode fills doc from its stored form.
func decode(raw bson.Raw, doc domain.Document) error {
	dec := bson.NewDecoder(bson.NewDocumentReader(bytes.NewReader(raw)))
	dec.SetRegistry(registry)
	if err := dec.Decode(doc); err != nil {
		return fmt.Errorf("decoding a stored document: %w", err)
	}
	id, ok := raw.Lookup(fieldID).StringValueOK()
	if !ok {
		return fmt.Errorf("a stored document has an _id that is no text")
	}
	doc.Head().ID = id
	return nil
}
