package json

import (
	"bytes"

	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
)

// Envelope finds members of a JSON object without converting them, for formats
// that wrap rows in messages. Nothing is allocated per message.
type Envelope struct {
	scanner
	names  []string
	values [][]byte
}

// NewEnvelope finds members of the given names.
func NewEnvelope(names ...string) *Envelope {
	return &Envelope{names: names, values: make([][]byte, len(names))}
}

// Read finds the members in the object at the start of msg. The error is a
// *diag.Diagnostic.
func (e *Envelope) Read(msg []byte) error {
	clear(e.values)
	e.buf, e.pos, e.depth, e.why = msg, 0, 0, ""
	e.ws()
	if !e.read() {
		return diag.Errorf("W0501", diag.Span{}, "malformed JSON: %s, at byte %d", e.why, e.pos+1).
			WithDetail("The record is %s", excerpt(msg))
	}
	return nil
}

func (e *Envelope) read() bool {
	if e.peek() != '{' {
		return e.unexpected("an object")
	}
	e.pos++
	e.ws()
	if e.peek() == '}' {
		return true
	}
	for {
		if e.peek() != '"' {
			return e.unexpected("a field name in double quotes")
		}
		name, ok := e.str()
		if !ok {
			return false
		}
		at := -1
		for i, n := range e.names {
			if n == string(name) {
				at = i
			}
		}
		if !e.colon() {
			return false
		}
		start := e.pos
		if !e.skip() {
			return false
		}
		if at >= 0 {
			e.values[at] = e.buf[start:e.pos]
		}
		if more, ok := e.next('}'); !more {
			return ok
		}
	}
}

// Get gives the JSON text of member i, nil if it is missing or null.
func (e *Envelope) Get(i int) []byte {
	if v := e.values[i]; len(v) > 0 && v[0] != 'n' {
		return v
	}
	return nil
}

// Text gives the content of member i if it is a string, else its JSON text; nil if it
// is missing or null. It is valid until the next call of Text or Read.
func (e *Envelope) Text(i int) []byte {
	v := e.Get(i)
	if v == nil || v[0] != '"' {
		return v
	}
	if !bytes.ContainsRune(v, '\\') {
		return v[1 : len(v)-1]
	}
	s := scanner{buf: v}
	text, _ := s.str()
	return text
}

// Elements gives the JSON texts of the elements of an array.
func Elements(dst [][]byte, array []byte) [][]byte {
	s := scanner{buf: array, pos: 1}
	if len(array) == 0 || array[0] != '[' {
		return dst
	}
	for s.ws(); s.peek() != ']'; {
		start := s.pos
		if !s.skip() {
			return dst
		}
		dst = append(dst, array[start:s.pos])
		if more, _ := s.next(']'); !more {
			break
		}
	}
	return dst
}

// MetadataPath is where in a message a metadata column is found. A timestamp is a
// number of Unit milliseconds (0 = 1).
type MetadataPath struct {
	Path []string
	Unit int64
}

// Rows decodes rows that are wrapped in messages: the row's object gives the physical
// columns, the message the metadata columns.
type Rows struct {
	row, meta *Decoder
}

// NewRows compiles the decoders of the physical columns and of the metadata columns,
// whose keys are those of paths.
func NewRows(cfg format.DecoderConfig, paths map[string]MetadataPath) (*Rows, error) {
	phys, meta := cfg, cfg
	phys.Columns, phys.At, meta.Columns, meta.At = nil, nil, nil, nil
	for i, c := range cfg.Columns {
		if c.Metadata == "" {
			phys.Columns, phys.At = append(phys.Columns, c), append(phys.At, cfg.Target(i))
			continue
		}
		p, ok := paths[c.Metadata]
		if !ok {
			return nil, diag.Errorf("W0333", diag.Span{}, "the format has no metadata %q", c.Metadata)
		}
		meta.Columns = append(meta.Columns, physical.ReadColumn{Name: c.Name, Path: p.Path, Type: c.Type})
		meta.At = append(meta.At, cfg.Target(i))
	}
	r := &Rows{}
	var err error
	if r.row, err = NewDecoder(phys); err != nil {
		return nil, err
	}
	if len(meta.Columns) == 0 {
		return r, nil
	}
	meta.Options = map[string]string{"ignore-parse-errors": "true"}
	if r.meta, err = NewDecoder(meta); err != nil {
		return nil, err
	}
	for i, c := range cfg.Columns {
		if p, ok := paths[c.Metadata]; ok && c.Type.IsTimestamp() {
			for _, col := range r.meta.cols {
				if col.at == cfg.Target(i) {
					col.read = millisReader(max(p.Unit, 1), c.Type.Precision)
				}
			}
		}
	}
	return r, nil
}

// millisReader reads a number of units as a timestamp.
func millisReader(unit int64, precision int) reader {
	perMilli := int64(vec.Milli / vec.UnitOf(precision))
	return func(d *Decoder, b *vec.Builder) bool {
		x, ok := d.whole(64, "BIGINT")
		if ok {
			b.Int64(x * unit * perMilli)
		}
		return ok
	}
}

// Append appends a row read from the object texts: fields that an earlier text has
// are not taken from a later one. msg is the whole message for metadata. The error
// is a *diag.Diagnostic; the caller truncates the batch then.
func (r *Rows) Append(kind vec.RowKind, msg []byte, into *vec.BatchBuilder, texts ...[]byte) error {
	d, n := r.row, into.Len()
	d.bind(into)
	for i, t := range texts {
		d.begin(t)
		d.keep = i > 0
		if !d.members(d.root, n) {
			return d.diagnostic()
		}
	}
	d.fill(n)
	if m := r.meta; m != nil {
		m.bind(into)
		m.begin(msg)
		if m.ws(); !m.members(m.root, n) {
			return m.diagnostic()
		}
		m.fill(n)
	}
	into.EndRow(kind)
	return nil
}
