package json

import (
	"slices"

	"github.com/weir-sql/weir/exec/vec"
)

// object is what is wanted of a JSON object: some of its fields.
//
// Messages of one kind mostly have the same fields in the same order, so the
// object remembers for each position the field name it saw there last; a name is
// then recognised by comparing bytes and looked up only when it differs.
type object struct {
	fields []*field
	byName map[string]*field
	order  []guess
	serial int // counts the objects read, to tell fields seen twice
}

// guess is the field name expected at one position, as `"name":`.
type guess struct {
	text  string
	field *field // nil = not wanted
}

// maxGuesses bounds what is remembered of objects with ever new names.
const maxGuesses = 256

// field is one wanted field: read into builders, or entered for fields inside it.
type field struct {
	name string
	cols []*column
	sub  *object
	seen int // serial of the last object that had it
}

// column is a wanted value and where it goes.
type column struct {
	read reader
	name string // as errors call it
	at   int    // builder of the batch (of a top-level column)
	b    *vec.Builder
}

func newObject() *object { return &object{byName: map[string]*field{}} }

// field finds or adds a wanted field.
func (o *object) field(name string) *field {
	if f := o.byName[name]; f != nil {
		return f
	}
	f := &field{name: name}
	o.fields = append(o.fields, f)
	o.byName[name] = f
	return f
}

// members reads an object at pos into the builders of its columns, which have n
// rows so far. Columns whose field is missing get nothing; the caller completes them.
func (d *Decoder) members(o *object, n int) bool {
	s := &d.scanner
	if s.peek() != '{' {
		return s.unexpected("an object")
	}
	if s.depth++; s.depth > maxDepth {
		return s.fail("it is nested too deeply")
	}
	o.serial++
	s.pos++
	s.ws()
	if s.peek() == '}' {
		s.pos++
		s.depth--
		return d.complete(o)
	}
	for i := 0; ; i++ {
		f, ok := d.key(o, i)
		if !ok {
			return false
		}
		if f == nil {
			ok = s.skip()
		} else {
			ok = d.member(o, f, n)
		}
		if !ok {
			return false
		}
		if s.pos < len(s.buf) && s.buf[s.pos] == ',' {
			if s.pos++; s.peek() <= ' ' {
				s.ws()
			}
			continue
		}
		more, ok := s.next('}')
		if !ok {
			return false
		}
		if !more {
			s.depth--
			return d.complete(o)
		}
	}
}

// key reads the name of member i and what follows up to its value.
func (d *Decoder) key(o *object, i int) (*field, bool) {
	s := &d.scanner
	if i < len(o.order) {
		g := &o.order[i]
		if end := s.pos + len(g.text); end <= len(s.buf) && string(s.buf[s.pos:end]) == g.text {
			if s.pos = end; s.peek() <= ' ' {
				s.ws()
			}
			return g.field, true
		}
	}
	if s.peek() != '"' {
		return nil, s.unexpected("a field name in double quotes")
	}
	start := s.pos
	name, ok := s.str()
	if !ok {
		return nil, false
	}
	f := o.byName[string(name)]
	raw := s.pos - start - 2
	if !s.colon() {
		return nil, false
	}
	if i < maxGuesses && raw == len(name) {
		g := guess{text: `"` + string(name) + `":`, field: f}
		if i < len(o.order) {
			o.order[i] = g
		} else if i == len(o.order) {
			o.order = append(o.order, g)
		}
	}
	return f, true
}

// member reads the value of a wanted field.
func (d *Decoder) member(o *object, f *field, n int) bool {
	s := &d.scanner
	if d.keep && f.filled(n) {
		return s.skip()
	}
	if f.seen == o.serial {
		f.reset(n) // given twice: the last one counts
	}
	f.seen = o.serial
	start, depth := s.pos, s.depth
	for i, c := range f.cols {
		if i > 0 {
			s.pos = start
		}
		if !d.value(c, n) {
			return false
		}
	}
	if f.sub == nil {
		return true
	}
	s.pos = start
	if s.peek() == 'n' {
		return s.word("null")
	}
	if d.members(f.sub, n) {
		return true
	}
	if !d.ignore {
		return d.blame(f.name)
	}
	f.sub.reset(n)
	return s.retry(start, depth)
}

// value reads one value into its column. With ignore-parse-errors a value that
// cannot be converted is NULL.
func (d *Decoder) value(c *column, n int) bool {
	s := &d.scanner
	start, depth := s.pos, s.depth
	if s.peek() == 'n' {
		if !s.word("null") {
			return false
		}
		c.b.Null()
		return true
	}
	if c.read(d, c.b) {
		return true
	}
	if !d.ignore {
		return d.blame(c.name)
	}
	c.b.Truncate(n)
	c.b.Null()
	return s.retry(start, depth)
}

// retry passes over a value at start that could not be converted; it fails if that
// is not even JSON.
func (s *scanner) retry(start, depth int) bool {
	s.pos, s.depth, s.why = start, depth, ""
	return s.skip()
}

// filled reports whether row n has a value of the field.
func (f *field) filled(n int) bool {
	for _, c := range f.cols {
		if c.b.Len() > n {
			return true
		}
	}
	return f.sub != nil && slices.ContainsFunc(f.sub.fields, func(s *field) bool { return s.filled(n) })
}

// reset takes back the values of a field that is given again.
func (f *field) reset(n int) {
	for _, c := range f.cols {
		c.b.Truncate(n)
	}
	if f.sub != nil {
		f.sub.reset(n)
	}
}

func (o *object) reset(n int) {
	for _, f := range o.fields {
		f.reset(n)
	}
}

// complete checks an object that has been read.
func (d *Decoder) complete(o *object) bool {
	if !d.failOnMissing {
		return true
	}
	for _, f := range o.fields {
		if f.seen != o.serial {
			return d.fail("field \"" + f.name + "\" is missing")
		}
	}
	return true
}
