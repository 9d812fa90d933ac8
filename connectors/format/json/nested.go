package json

import (
	"bytes"
	"slices"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
)

func (d *Decoder) arrayReader(t types.Type) (reader, error) {
	read, err := d.readerOf(*t.Elem)
	if err != nil {
		return nil, err
	}
	return func(d *Decoder, b *vec.Builder) bool {
		if d.peek() != '[' {
			return d.unexpected("an array")
		}
		if d.depth++; d.depth > maxDepth {
			return d.fail("it is nested too deeply")
		}
		elem := column{read: read, name: "element", b: b.Kid(0)}
		d.pos++
		d.ws()
		if d.peek() == ']' {
			d.pos++
		} else {
			for more, ok := true, false; more; {
				if !d.value(&elem, elem.b.Len()) {
					return false
				}
				if more, ok = d.next(']'); !ok {
					return false
				}
			}
		}
		d.depth--
		b.EndList()
		return true
	}, nil
}

// entry places one entry of a JSON object that is read as a map.
type entry struct{ key, keyEnd, value int }

func (d *Decoder) mapReader(t types.Type) (reader, error) {
	kt, et := vec.MapTypes(t)
	if !kt.IsCharacter() && !d.anyKey {
		return nil, diag.Errorf("W0333", diag.Span{}, "the json format does not support %s: keys of JSON objects are text", t)
	}
	readKey, err := d.readerOf(kt)
	if err != nil {
		return nil, err
	}
	read, err := d.readerOf(et)
	if err != nil {
		return nil, err
	}
	keys := vec.NewBuilder(kt, 0)
	return func(d *Decoder, b *vec.Builder) bool {
		if d.peek() != '{' {
			return d.unexpected("an object")
		}
		entries, ok := d.entries()
		if !ok {
			return false
		}
		end := d.pos
		val := column{read: read, name: "map value", b: b.Kid(1)}
		entries = d.distinct(entries)
		for _, e := range entries {
			if d.pos = e.key; !readKey(d, keys) {
				keys.Reset(0)
				return false
			}
		}
		texts := keys.Finish()
		keys.Reset(0)
		for _, i := range vec.HashOrder(len(entries), 16, func(i int) int32 { return vec.HashCode(texts, i) }) {
			e := entries[i]
			b.Kid(0).From(texts, i)
			d.pos = e.value
			if !d.value(&val, val.b.Len()) {
				return false
			}
		}
		d.pos = end
		b.EndMap()
		return true
	}, nil
}

// entries finds the entries of an object and passes over it.
func (d *Decoder) entries() ([]entry, bool) {
	at := len(d.stack) // maps may be nested in maps
	defer func() { d.stack = d.stack[:at] }()
	d.pos++
	d.ws()
	if d.peek() == '}' {
		d.pos++
		return nil, true
	}
	for {
		e := entry{key: d.pos}
		if d.peek() != '"' {
			return nil, d.unexpected("a field name in double quotes")
		}
		if !d.skipString() {
			return nil, false
		}
		e.keyEnd = d.pos
		if !d.colon() {
			return nil, false
		}
		e.value = d.pos
		if !d.skip() {
			return nil, false
		}
		d.stack = append(d.stack, e)
		more, ok := d.next('}')
		if !ok {
			return nil, false
		}
		if !more {
			return slices.Clone(d.stack[at:]), true
		}
	}
}

// distinct gives each key once: where it first stood, with its last value.
func (d *Decoder) distinct(entries []entry) []entry {
	const few = 16
	if len(entries) <= few {
		n := 0
	next:
		for _, e := range entries {
			for k := range entries[:n] {
				if f := &entries[k]; bytes.Equal(d.buf[f.key:f.keyEnd], d.buf[e.key:e.keyEnd]) {
					f.value = e.value
					continue next
				}
			}
			entries[n] = e
			n++
		}
		return entries[:n]
	}
	at := make(map[string]int, len(entries))
	n := 0
	for _, e := range entries {
		key := string(d.buf[e.key:e.keyEnd])
		if k, ok := at[key]; ok {
			entries[k].value = e.value
			continue
		}
		at[key] = n
		entries[n] = e
		n++
	}
	return entries[:n]
}

func (d *Decoder) rowReader(t types.Type) (reader, error) {
	o := newObject()
	for i, f := range t.Fields {
		read, err := d.readerOf(f.Type)
		if err != nil {
			return nil, err
		}
		fl := o.field(f.Name)
		fl.cols = append(fl.cols, &column{read: read, name: f.Name, at: i})
	}
	return func(d *Decoder, b *vec.Builder) bool {
		n := b.Len()
		for _, f := range o.fields {
			for _, c := range f.cols {
				c.b = b.Kid(c.at)
			}
		}
		if !d.members(o, n) {
			return false
		}
		for _, f := range o.fields {
			for _, c := range f.cols {
				if c.b = b.Kid(c.at); c.b.Len() == n {
					c.b.Null()
				}
			}
		}
		b.EndRow()
		return true
	}, nil
}
