package csv

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
)

// Decoder reads CSV records into columns. Only wanted fields are converted. Nothing
// is allocated per row.
type Decoder struct {
	syntax
	names   []string // of all columns of a line
	cols    []column // wanted, in order of their place in a line
	wanted  int      // fields up to the last wanted one
	special [256]bool

	started bool // something was decoded: no byte order mark can come any more
	fields  [][]byte
	count   int
	arena   []byte // text of fields that had to be unescaped
	why     string
	skipped int64
}

// column is a wanted field and where it goes.
type column struct {
	field, at int
	typ       types.Type
	convert   converter
}

var (
	_ format.LineDecoder = (*Decoder)(nil)
	_ format.Splittable  = (*Decoder)(nil)
	_ format.Header      = (*Decoder)(nil)
)

// NewDecoder compiles a decoder of the wanted columns.
func NewDecoder(cfg format.DecoderConfig) (*Decoder, error) {
	syn, err := newSyntax(cfg.Options)
	if err != nil {
		return nil, err
	}
	d := &Decoder{syntax: syn}
	for _, f := range cfg.Fields {
		d.names = append(d.names, f.Name)
		if _, err := d.converterOf(f.Type); err != nil {
			return nil, err
		}
	}
	for c := range d.special {
		d.special[c] = byte(c) == d.delimiter || c == '\n' || c == '\r' || d.escapes && byte(c) == d.escape
	}
	place := map[string][]int{}
	for i, c := range cfg.Columns {
		if len(c.Path) != 1 {
			return nil, diag.Errorf("W0333", diag.Span{}, "the csv format cannot read field %q by itself", strings.Join(c.Path, "."))
		}
		place[c.Path[0]] = append(place[c.Path[0]], i)
	}
	for f, name := range d.names {
		for _, i := range place[name] {
			conv, err := d.converterOf(cfg.Columns[i].Type)
			if err != nil {
				return nil, err
			}
			d.cols = append(d.cols, column{field: f, at: cfg.Target(i), typ: cfg.Columns[i].Type, convert: conv})
			d.wanted = f + 1
		}
	}
	if len(d.cols) == 0 {
		d.wanted = len(d.names) // COUNT(*): lines are checked all the same
	}
	return d, nil
}

// Splittable reports whether a line end always ends a record.
func (d *Decoder) Splittable() bool { return !d.quotes && !d.escapes }

// Skipped counts the records dropped by ignore-parse-errors.
func (d *Decoder) Skipped() int64 { return d.skipped }

// HasHeader reports whether files begin with a line of names.
func (d *Decoder) HasHeader() bool { return d.header }

// DecodeHeader takes the line of names. Names that are the table's in another order
// are an error, since columns are matched by position.
func (d *Decoder) DecodeHeader(chunk []byte, last bool) (consumed, lines int, err error) {
	skip := d.mark(chunk)
	wanted := d.wanted
	d.wanted = len(d.names)
	size, lines, res := d.record(chunk[skip:], last)
	d.wanted = wanted
	switch res {
	case partial:
		d.started = false // the header comes again, with its byte order mark
		return 0, 0, nil
	case broken:
		return skip, 0, d.diagnostic(chunk[skip:])
	}
	d.started = true
	if d.count == len(d.names) && d.permuted() {
		return skip, 0, diag.Errorf("W0501", diag.Span{}, "the header names the columns %s, the table declares %s",
			bytes.Join(d.fields, []byte(", ")), strings.Join(d.names, ", ")).
			WithHint("declare the columns in the order of the file: CSV fields are matched by position")
	}
	return skip + size, lines, nil
}

// permuted reports whether the header has the table's names in another order.
func (d *Decoder) permuted() bool {
	given := map[string]bool{}
	same := true
	for i, f := range d.fields {
		given[strings.ToLower(string(bytes.TrimSpace(f)))] = true
		same = same && strings.EqualFold(string(bytes.TrimSpace(f)), d.names[i])
	}
	for _, n := range d.names {
		if !given[strings.ToLower(n)] {
			return false
		}
	}
	return !same
}

// mark takes a byte order mark at the start of the data and gives its length.
func (d *Decoder) mark(chunk []byte) int {
	if !d.started && bytes.HasPrefix(chunk, bom) {
		d.started = true
		return len(bom)
	}
	return 0
}

var bom = []byte("\ufeff")

// Decode reads the first record of a message; an empty message gives no row.
func (d *Decoder) Decode(msg []byte, into *vec.BatchBuilder) error {
	if len(msg) == 0 {
		return nil
	}
	size, _, res := d.record(msg, true)
	if res == broken || !d.convert(msg[:size], into) {
		return d.reject(msg[:size], into)
	}
	return nil
}

// DecodeLines reads records.
func (d *Decoder) DecodeLines(chunk []byte, last bool, max int, into *vec.BatchBuilder) (consumed, lines int, err error) {
	consumed = d.mark(chunk)
	for consumed < len(chunk) && into.Len() < max {
		rest := chunk[consumed:]
		if d.comments {
			n, res := comment(rest, last)
			if res == partial {
				return consumed, lines, nil
			}
			if n > 0 {
				consumed, lines = consumed+n, lines+1
				continue
			}
		}
		size, ends, res := d.record(rest, last)
		if res == partial {
			break
		}
		d.started = true
		if res == broken || !d.convert(rest[:size], into) {
			if err := d.reject(rest[:size], into); err != nil {
				return consumed, lines, err
			}
		}
		consumed += size
		lines += ends
	}
	return consumed, lines, nil
}

// convert makes a row of the fields of a record.
func (d *Decoder) convert(record []byte, into *vec.BatchBuilder) bool {
	if d.count > len(d.names) {
		return d.fail(fmt.Sprintf("it has %d fields, the table %d columns", d.count, len(d.names)))
	}
	if d.count < d.wanted && !d.ignore {
		return d.fail(fmt.Sprintf("it has %d of %d fields", d.count, len(d.names)))
	}
	if !utf8.Valid(record) {
		return d.fail("it is not UTF-8")
	}
	n := into.Len()
	for i := range d.cols {
		c := &d.cols[i]
		b := into.Cols[c.at]
		if c.field >= d.count {
			b.Null()
			continue
		}
		if c.convert(d.fields[c.field], b) {
			continue
		}
		if !d.ignore {
			return d.fail(fmt.Sprintf("column %q: %s", d.names[c.field], noValue(d.fields[c.field], c.typ)))
		}
		b.Truncate(n)
		b.Null()
	}
	into.EndRow(vec.Insert)
	return true
}

func (d *Decoder) fail(why string) bool {
	d.why = why
	return false
}

// reject drops a record that is wrong, or gives the error.
func (d *Decoder) reject(record []byte, into *vec.BatchBuilder) error {
	into.Discard()
	if d.ignore {
		d.skipped++
		return nil
	}
	return d.diagnostic(record)
}

func (d *Decoder) diagnostic(record []byte) *diag.Diagnostic {
	const limit = 200
	record = bytes.TrimRight(record, "\r\n")
	dots := ""
	if len(record) > limit {
		record, dots = record[:limit], "…"
	}
	return diag.Errorf("W0501", diag.Span{}, "malformed CSV: %s", d.why).
		WithDetail("The record is %s%s", bytes.ToValidUTF8(record, []byte("?")), dots).
		WithHint("'csv.ignore-parse-errors' = 'true' skips such records")
}
