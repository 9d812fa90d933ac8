package redis

import (
	"errors"
	"fmt"
	"strings"

	"github.com/weir-sql/weir/connectors/connector"
	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/connectors/format/text"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// layout says where the columns that are read come from: parts of the key, fields of a
// hash, or a value in a format. Texts of columns that are no text themselves are read
// as JSON reads strings, by the rules of the json format.
type layout struct {
	*table
	types   []types.Type
	fromKey []keyColumn
	fields  []string // of a hash, to ask for
	plain   []field  // columns that are the text itself
	parsed  []field  // columns whose text is read by decoder
	decode  format.Decoder
	doc     []byte
}

// keyColumn is a column that is part of the key.
type keyColumn struct{ at, part int }

// field is a column at a place of the batch whose text is value number i.
type field struct {
	at, i  int
	name   string
	nested bool // text is JSON
}

func isText(t types.Type) bool {
	return t.In(types.Char, types.VarChar, types.Binary, types.VarBinary)
}

// newLayout makes the layout of some columns.
func newLayout(env *connector.Env, x *table, read []physical.ReadColumn) (*layout, error) {
	l := &layout{table: x}
	cfg := format.DecoderConfig{Zone: env.Location(), At: []int{}}
	name := "json"
	if x.format != "" {
		name = x.format
		cfg.Options = format.Options(x.Options, "", name)
		for _, c := range x.values {
			cfg.Fields = append(cfg.Fields, types.Field{Name: x.Columns[c].Name, Type: x.Columns[c].Type})
		}
	}
	for at, c := range read {
		l.types = append(l.types, c.Type)
		column := x.Column(c.Path[0])
		if part := indexOf(x.keys, column); part >= 0 {
			l.fromKey = append(l.fromKey, keyColumn{at, part})
			continue
		}
		f := field{at: at, i: len(l.fields), name: c.Name, nested: c.Type.In(types.Array, types.Map, types.Multiset, types.Row)}
		l.fields = append(l.fields, x.Columns[column].Name)
		if x.format == "" && isText(c.Type) {
			l.plain = append(l.plain, f)
			continue
		}
		l.parsed = append(l.parsed, f)
		if x.format == "" {
			cfg.Fields = append(cfg.Fields, types.Field{Name: c.Name, Type: c.Type})
		}
		cfg.Columns, cfg.At = append(cfg.Columns, c), append(cfg.At, at)
	}
	if len(l.parsed) == 0 {
		return l, nil
	}
	var err error
	l.decode, err = decoder(env, name, cfg)
	return l, err
}

func indexOf(list []int, x int) int {
	for i, v := range list {
		if v == x {
			return i
		}
	}
	return -1
}

func decoder(env *connector.Env, name string, cfg format.DecoderConfig) (format.Decoder, error) {
	f := env.Formats.Get(name)
	if f == nil || f.NewDecoder == nil {
		d := diag.Errorf("W0341", diag.Span{}, "format %q cannot read values of Redis", name)
		if near := diag.Nearest(name, env.Formats.FormatNames()); near != "" && near != name {
			d = d.WithHint("did you mean %q?", near)
		}
		return nil, d
	}
	return f.NewDecoder(cfg)
}

// row appends the row of key row i. values are the hash's fields as asked for, or the
// value alone; a nil is none.
func (l *layout) row(into *vec.BatchBuilder, keys *vec.Batch, i int, values []any) error {
	before := into.Len()
	if err := l.parse(into, values); err != nil {
		into.Truncate(before)
		return err
	}
	for n := before; n < into.Len(); n++ {
		for _, f := range l.plain {
			if s, ok := values[f.i].(string); ok {
				into.Cols[f.at].String(s)
			} else {
				into.Cols[f.at].Null()
			}
		}
		for _, k := range l.fromKey {
			into.Cols[k.at].From(keys.Cols[k.part], i)
		}
	}
	return nil
}

// parse appends what the decoder reads and ends the row.
func (l *layout) parse(into *vec.BatchBuilder, values []any) error {
	switch {
	case l.decode == nil:
		into.EndRow(vec.Insert)
		return nil
	case l.format != "":
		s, _ := values[0].(string)
		return l.decode.Decode([]byte(s), into)
	}
	l.doc = append(l.doc[:0], '{')
	for _, f := range l.parsed {
		s, ok := values[f.i].(string)
		if !ok {
			continue
		}
		if len(l.doc) > 1 {
			l.doc = append(l.doc, ',')
		}
		l.doc = append(vec.AppendJSONString(l.doc, []byte(f.name)), ':')
		if f.nested {
			l.doc = append(l.doc, s...)
		} else {
			l.doc = vec.AppendJSONString(l.doc, []byte(s))
		}
	}
	return l.decode.Decode(append(l.doc, '}'), into)
}

// placed adds the key to what is wrong with its value.
func (l *layout) placed(err error, key string) error {
	var d *diag.Diagnostic
	if !errors.As(err, &d) {
		return err
	}
	c := *d
	c.File = fmt.Sprintf("Redis key %s", key)
	return &c
}

// appendText appends the text of a value that is not NULL, as layout reads it.
func appendText(dst []byte, v *vec.Vec, i int) []byte {
	switch t := v.Type; {
	case t.Kind == types.Boolean:
		if v.Bools()[i] {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	case isText(t):
		return append(dst, v.BytesAt(i)...)
	case t.In(types.Timestamp, types.TimestampLTZ):
		return text.AppendTimestamp(dst, v, i, text.SQL)
	case t.In(types.Array, types.Map, types.Multiset, types.Row):
		return vec.AppendJSON(dst, v, i)
	case t.In(types.IntervalYearMonth, types.IntervalDayTime):
		return fmt.Append(dst, v.Int64s()[i])
	default:
		return vec.AppendText(dst, v, i, nil)
	}
}

// names makes the Redis keys of rows from their key columns, in the order of table.keys.
// A row whose key has NULL, or holds the separator where it would be taken for another
// key, has none: bad is called for it if it is not nil, and the name is "".
func (x *table) names(cols []*vec.Vec, n int, bad func(row int, why string) error) ([]string, error) {
	out := make([]string, n)
	var buf []byte
	for i := range n {
		buf = append(buf[:0], x.prefix...)
		why := ""
		for k, c := range cols {
			if c.IsNull(i) {
				why = fmt.Sprintf("key column %q is NULL", x.Columns[x.keys[k]].Name)
				break
			}
			if k > 0 {
				buf = append(buf, x.separator...)
			}
			from := len(buf)
			buf = appendText(buf, c, i)
			if k < len(cols)-1 && strings.Contains(string(buf[from:]), x.separator) {
				why = fmt.Sprintf("key column %q holds the separator %q: %q", x.Columns[x.keys[k]].Name, x.separator, buf[from:])
				break
			}
		}
		if why == "" {
			out[i] = string(buf)
		} else if bad != nil {
			if err := bad(i, why); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// keyReader reads key columns back from Redis keys.
type keyReader struct {
	*layout
	into *vec.BatchBuilder
}

func newKeyReader(env *connector.Env, x *table) (*keyReader, error) {
	plain := *x
	plain.keys, plain.format = nil, ""
	var read []physical.ReadColumn
	for _, k := range x.keys {
		c := x.Columns[k]
		read = append(read, physical.ReadColumn{Name: c.Name, Path: []string{c.Name}, Type: c.Type})
	}
	l, err := newLayout(env, &plain, read)
	if err != nil {
		return nil, err
	}
	return &keyReader{l, vec.NewBatchBuilder(l.types, 0)}, nil
}

// read gives the key columns of keys.
func (r *keyReader) read(keys []string) (*vec.Batch, error) {
	for _, key := range keys {
		rest := strings.TrimPrefix(key, r.prefix)
		parts := []string{rest}
		if len(r.types) > 1 {
			parts = strings.SplitN(rest, r.separator, len(r.types))
		}
		if len(parts) < len(r.types) {
			return nil, r.placed(diag.Errorf("W0501", diag.Span{}, "the key has %d parts, table %q wants %d", len(parts), r.Path.Name, len(r.types)), key)
		}
		values := make([]any, len(parts))
		for i, p := range parts {
			values[i] = p
		}
		if err := r.row(r.into, nil, 0, values); err != nil {
			return nil, r.placed(err, key)
		}
	}
	return r.into.Finish(), nil
}
