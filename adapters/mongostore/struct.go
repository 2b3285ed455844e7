package mongostore

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// structCodec writes and reads structs under their JSON names and by the rules of encoding/json. The driver's own codec reads
// JSON tags too, but takes a field that is named "inline" for one to be inlined, and does not know omitzero.
type structCodec struct{ plans sync.Map } // reflect.Type → *structPlan

// structPlan says how a struct type is written: its fields in order, those of embedded structs among them.
type structPlan struct {
	fields []structField
	byName map[string]*structField
}

type structField struct {
	name      string
	index     []int
	omitEmpty bool
	omitZero  bool
	enc       bson.ValueEncoder
	dec       bson.ValueDecoder
}

func (sc *structCodec) plan(r *bson.Registry, t reflect.Type) (*structPlan, error) {
	if p, ok := sc.plans.Load(t); ok {
		return p.(*structPlan), nil
	}
	p := &structPlan{byName: map[string]*structField{}}
	if err := p.add(r, t, nil); err != nil {
		return nil, fmt.Errorf("%s cannot be stored: %w", t, err)
	}
	for i := range p.fields {
		p.byName[p.fields[i].name] = &p.fields[i]
	}
	sc.plans.Store(t, p)
	return p, nil
}

func (p *structPlan) add(r *bson.Registry, t reflect.Type, outer []int) error {
	for i := range t.NumField() {
		sf := t.Field(i)
		index := slices.Concat(outer, []int{i})
		name, options, _ := strings.Cut(sf.Tag.Get("json"), ",")
		switch {
		case sf.Tag.Get("json") == "-":
			continue
		case sf.Anonymous && name == "" && sf.Type.Kind() == reflect.Struct:
			if err := p.add(r, sf.Type, index); err != nil {
				return err
			}
			continue
		case !sf.IsExported():
			continue
		case name == "":
			name = sf.Name
		}
		f := structField{name: name, index: index, omitEmpty: hasOption(options, "omitempty"), omitZero: hasOption(options, "omitzero")}
		var errE, errD error
		f.enc, errE = r.LookupEncoder(sf.Type)
		f.dec, errD = r.LookupDecoder(sf.Type)
		if err := errors.Join(errE, errD); err != nil {
			return err
		}
		p.fields = append(p.fields, f)
	}
	return nil
}

func hasOption(options, name string) bool {
	for o := range strings.SplitSeq(options, ",") {
		if o == name {
			return true
		}
	}
	return false
}

// leftOut reports whether encoding/json would leave the field out.
func (f *structField) leftOut(v reflect.Value) bool {
	return f.omitEmpty && isEmpty(v) || f.omitZero && isZero(v)
}

func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

func isZero(v reflect.Value) bool {
	if z, ok := v.Interface().(interface{ IsZero() bool }); ok && (v.Kind() != reflect.Pointer || !v.IsNil()) {
		return z.IsZero()
	}
	return v.IsZero()
}

// EncodeValue writes a struct as a document.
func (sc *structCodec) EncodeValue(ec bson.EncodeContext, w bson.ValueWriter, v reflect.Value) error {
	p, err := sc.plan(ec.Registry, v.Type())
	if err != nil {
		return err
	}
	dw, err := w.WriteDocument()
	if err != nil {
		return err
	}
	if err := p.write(ec, dw, v, nil); err != nil {
		return err
	}
	return dw.WriteDocumentEnd()
}

// write writes the fields, but for those that skip names.
func (p *structPlan) write(ec bson.EncodeContext, dw bson.DocumentWriter, v reflect.Value, skip func(name string) bool) error {
	for i := range p.fields {
		f := &p.fields[i]
		fv := v.FieldByIndex(f.index)
		if f.leftOut(fv) || skip != nil && skip(f.name) {
			continue
		}
		vw, err := dw.WriteDocumentElement(f.name)
		if err != nil {
			return err
		}
		if err := f.enc.EncodeValue(ec, vw, fv); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return nil
}

// DecodeValue reads a document into a struct. What the struct has no field for is passed over.
func (sc *structCodec) DecodeValue(dc bson.DecodeContext, r bson.ValueReader, v reflect.Value) error {
	if r.Type() == bson.TypeNull {
		v.SetZero()
		return r.ReadNull()
	}
	p, err := sc.plan(dc.Registry, v.Type())
	if err != nil {
		return err
	}
	dr, err := r.ReadDocument()
	if err != nil {
		return err
	}
	for {
		name, vr, err := dr.ReadElement()
		if errors.Is(err, bson.ErrEOD) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := p.read(dc, name, vr, v); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
}

func (p *structPlan) read(dc bson.DecodeContext, name string, vr bson.ValueReader, v reflect.Value) error {
	f := p.byName[name]
	if f == nil {
		return vr.Skip()
	}
	return f.dec.DecodeValue(dc, vr, v.FieldByIndex(f.index))
}
