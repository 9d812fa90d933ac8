package json

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/connectors/format/text"
	"github.com/weir-sql/weir/connectors/option"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
)

// Decoder reads JSON objects into columns. Only wanted fields are converted, all
// others are checked and passed over. Nothing is allocated per row.
type Decoder struct {
	scanner
	root          *object
	cols          []*column // of the batch
	into          *vec.BatchBuilder
	standard      text.Standard
	ignore        bool
	failOnMissing bool
	anyKey        bool // keys of maps need not be texts
	stack         []entry
	path          []string // of the value that failed, inmost first
	skipped       int64
	keep          bool // fields that have a value already are passed over
}

var (
	_ format.LineDecoder = (*Decoder)(nil)
	_ format.Splittable  = (*Decoder)(nil)
)

// NewDecoder compiles a decoder of the wanted columns.
func NewDecoder(cfg format.DecoderConfig) (*Decoder, error) {
	r := option.Read(Options, cfg.Options).Named("json.")
	d := &Decoder{
		root:          newObject(),
		ignore:        r.Bool("ignore-parse-errors"),
		failOnMissing: r.Bool("fail-on-missing-field"),
		standard:      standardOf(r.Enum("timestamp-format.standard")),
		anyKey:        cfg.AnyKey,
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	if d.ignore && d.failOnMissing {
		return nil, diag.Errorf("W0333", diag.Span{}, "'json.fail-on-missing-field' and 'json.ignore-parse-errors' cannot both be true")
	}
	for i, c := range cfg.Columns {
		read, err := d.readerOf(c.Type)
		if err != nil {
			return nil, err
		}
		col := &column{read: read, name: c.Path[len(c.Path)-1], at: cfg.Target(i)}
		d.cols = append(d.cols, col)
		o := d.root
		for _, name := range c.Path[:len(c.Path)-1] {
			f := o.field(name)
			if f.sub == nil {
				f.sub = newObject()
			}
			o = f.sub
		}
		f := o.field(c.Path[len(c.Path)-1])
		f.cols = append(f.cols, col)
	}
	return d, nil
}

func standardOf(name string) text.Standard {
	if name == "ISO-8601" {
		return text.ISO8601
	}
	return text.SQL
}

// Splittable is true: JSON text holds no raw line end, so that every line is a record.
func (d *Decoder) Splittable() bool { return true }

// Skipped counts the messages dropped by ignore-parse-errors.
func (d *Decoder) Skipped() int64 { return d.skipped }

// bind points the columns at the builders of a batch.
func (d *Decoder) bind(into *vec.BatchBuilder) {
	if d.into == into {
		return
	}
	d.into = into
	for _, c := range d.cols {
		c.b = into.Cols[c.at]
	}
}

// Decode reads one message: an object, or an array of objects that are a row each.
// An empty message gives no row. What follows the first value is not looked at.
func (d *Decoder) Decode(msg []byte, into *vec.BatchBuilder) error {
	if len(msg) == 0 {
		return nil
	}
	d.bind(into)
	n := into.Len()
	if d.message(msg) {
		return nil
	}
	if d.ignore {
		into.Discard() // rows of an array before the wrong one stay, as in Flink
		d.skipped++
		return nil
	}
	into.Truncate(n)
	return d.diagnostic()
}

// DecodeLines reads a message a line.
func (d *Decoder) DecodeLines(chunk []byte, last bool, max int, into *vec.BatchBuilder) (consumed, lines int, err error) {
	return format.EachLine(chunk, last, max, into, d)
}

var bom = []byte("\ufeff")

// begin points the decoder at a text.
func (d *Decoder) begin(text []byte) {
	d.buf, d.pos, d.depth, d.why, d.path = text, 0, 0, "", d.path[:0]
}

// message reads the rows of a message.
func (d *Decoder) message(msg []byte) bool {
	d.begin(msg)
	if msg[0] != '{' {
		d.buf = bytes.TrimPrefix(msg, bom)
		d.ws()
		if d.peek() == '[' {
			return d.array()
		}
	}
	return d.row()
}

// row reads an object as one row.
func (d *Decoder) row() bool {
	n := d.into.Len()
	if !d.members(d.root, n) {
		return false
	}
	d.fill(n)
	d.into.EndRow(vec.Insert)
	return true
}

// fill gives NULL to the columns that got no value for row n.
func (d *Decoder) fill(n int) {
	for _, c := range d.cols {
		if c.b.Len() == n {
			c.b.Null()
		}
	}
}

func (d *Decoder) array() bool {
	d.pos++
	d.ws()
	if d.peek() == ']' {
		return true
	}
	for {
		if !d.row() {
			return false
		}
		if more, ok := d.next(']'); !more {
			return ok
		}
	}
}

// blame adds a field to the path of the value that failed.
func (d *Decoder) blame(name string) bool {
	d.path = append(d.path, name)
	return false
}

// diagnostic tells what was wrong with the last message.
func (d *Decoder) diagnostic() *diag.Diagnostic {
	where := ""
	for i := len(d.path) - 1; i >= 0; i-- {
		where += "." + d.path[i]
	}
	if where != "" {
		where = fmt.Sprintf("field %q: ", strings.TrimPrefix(where, "."))
	}
	return diag.Errorf("W0501", diag.Span{}, "malformed JSON: %s%s, at byte %d", where, d.why, d.pos+1).
		WithDetail("The record is %s", excerpt(d.buf)).
		WithHint("'json.ignore-parse-errors' = 'true' skips such records")
}

// excerpt shortens a record for a message.
func excerpt(b []byte) string {
	const limit = 200
	if len(b) > limit {
		return string(bytes.ToValidUTF8(b[:limit], []byte("?"))) + "…"
	}
	return string(bytes.ToValidUTF8(b, []byte("?")))
}
