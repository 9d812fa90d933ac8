package session

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/weir-sql/weir/connectors/format"
	jsonformat "github.com/weir-sql/weir/connectors/format/json"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/fixtures"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// Codes of rows that do not fit a table, or an output.
const (
	codeFixtureType   diag.Code = "W0624" // type mismatch
	codeFixtureColumn diag.Code = "W0625" // missing column
	codeFixtureInput  diag.Code = "W0626" // missing input
	codeFixtureKind   diag.Code = "W0627" // a row kind that the table cannot have
)

// typing gives rows of a fixture or of an expectation their types: those of the
// columns of a table or of an output.
type typing struct {
	what    string // "table orders"
	fields  []types.Field
	all     bool   // every column must be there, not only those that are NOT NULL
	ignore  string // a member that is no column; "" = none
	decoder format.Decoder
	zone    *time.Location
}

func newTyping(what string, fields []types.Field, zone *time.Location) (*typing, error) {
	t := &typing{what: what, fields: fields, zone: zone}
	var err error
	t.decoder, err = decoderOf(fields, zone)
	return t, err
}

func decoderOf(fields []types.Field, zone *time.Location) (format.Decoder, error) {
	cfg := format.DecoderConfig{Fields: fields, Zone: zone, AnyKey: true}
	for _, f := range fields {
		cfg.Columns = append(cfg.Columns, physical.ReadColumn{Name: f.Name, Path: []string{f.Name}, Type: f.Type})
	}
	return jsonformat.NewDecoder(cfg)
}

// batch types all rows. Errors are diagnostics with the file and line of the row.
func (t *typing) batch(rows *fixtures.Rows) (*vec.Batch, error) {
	into := vec.NewBatchBuilder(typesOfFields(t.fields), len(rows.Rows))
	for _, r := range rows.Rows {
		if err := t.row(rows, r, into); err != nil {
			return nil, err
		}
	}
	b := into.Finish()
	if b == nil {
		b = &vec.Batch{}
		for _, f := range t.fields {
			b.Cols = append(b.Cols, vec.New(f.Type, 0))
		}
	}
	return b, nil
}

func typesOfFields(fields []types.Field) []types.Type { return physical.FieldTypes(fields) }

// row types one row.
func (t *typing) row(rows *fixtures.Rows, r fixtures.Row, into *vec.BatchBuilder) error {
	place := func(code diag.Code, format string, args ...any) *diag.Diagnostic {
		return &diag.Diagnostic{Severity: diag.Error, Code: code, File: rows.File, Line: r.Line, Primary: fmt.Sprintf(format, args...)}
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(r.JSON, &members); err != nil {
		return place(codeFixtureType, "not a row: %v", err)
	}
	out := []byte{'{'}
	for _, f := range t.fields {
		raw, ok := members[f.Name]
		if !ok {
			if t.all || !f.Type.Nullable {
				d := place(codeFixtureColumn, "missing column: %q %s of %s is not in the row", f.Name, bare(f.Type), t.what)
				if near := diag.Nearest(f.Name, t.strangers(members)); near != "" {
					return d.WithHint("did you mean it by %q?", near)
				}
				return d
			}
			continue
		}
		value, why := scalar(f.Type, raw)
		if why != "" {
			return place(codeFixtureType, "type mismatch: column %q of %s is %s, %s", f.Name, t.what, bare(f.Type), why)
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(vec.AppendJSONString(out, []byte(f.Name)), ':'), value...)
	}
	if strangers := t.strangers(members); len(strangers) > 0 {
		name := strangers[0]
		d := place(codeFixtureColumn, "missing column: %s has no column %q", t.what, name)
		var names []string
		for _, f := range t.fields {
			names = append(names, f.Name)
		}
		if near := diag.Nearest(name, names); near != "" {
			return d.WithHint("did you mean %q?", near)
		}
		return d.WithHint("columns: %s", strings.Join(names, ", "))
	}
	before := into.Len()
	if err := t.decoder.Decode(append(out, '}'), into); err != nil {
		f, value := t.culprit(members)
		if f == nil {
			return place(codeFixtureType, "%s", primaryOf(err))
		}
		return place(codeFixtureType, "type mismatch: column %q of %s is %s, the row has %s", f.Name, t.what, bare(f.Type), value)
	}
	if into.Len() != before+1 {
		return place(codeFixtureType, "not a row")
	}
	into.Rekind(before, r.Kind)
	return nil
}

// strangers lists members that are no columns.
func (t *typing) strangers(members map[string]json.RawMessage) []string {
	var out []string
	for name := range members {
		known := false
		for _, f := range t.fields {
			known = known || f.Name == name
		}
		if !known && (t.ignore == "" || name != t.ignore) {
			out = append(out, name)
		}
	}
	if len(out) > 1 { // the order of a map is not the same every time
		slices.Sort(out)
	}
	return out
}

// culprit finds the first column that cannot be read alone.
func (t *typing) culprit(members map[string]json.RawMessage) (*types.Field, string) {
	for i, f := range t.fields {
		raw, ok := members[f.Name]
		if !ok {
			continue
		}
		one := t.fields[i : i+1]
		d, err := decoderOf(one, t.zone)
		if err != nil {
			continue
		}
		value, _ := scalar(f.Type, raw)
		text := append(append(vec.AppendJSONString([]byte{'{'}, []byte(f.Name)), ':'), value...)
		if d.Decode(append(text, '}'), vec.NewBatchBuilder(typesOfFields(one), 1)) != nil {
			return &t.fields[i], string(raw)
		}
	}
	return nil, ""
}

// bare is a type without its nullability and time attribute, as a person calls it.
func bare(t types.Type) string {
	t = t.Null()
	t.Attr = types.NoTimeAttr
	return t.String()
}

func primaryOf(err error) string {
	var d *diag.Diagnostic
	if errors.As(err, &d) {
		return d.Primary
	}
	return err.Error()
}

// scalar looks at what a lenient decoder would bend: numbers that lose digits, texts
// that are no truth values; and it completes times. why says what is wrong.
func scalar(t types.Type, raw json.RawMessage) (value []byte, why string) {
	text := string(raw)
	if text == "null" {
		if !t.Nullable {
			return raw, "and NOT NULL; the row has null"
		}
		return raw, ""
	}
	quoted := len(raw) > 0 && raw[0] == '"'
	if quoted {
		if err := json.Unmarshal(raw, &text); err != nil {
			return raw, "the row has " + string(raw)
		}
	}
	switch {
	case t.In(types.Boolean):
		if low := strings.ToLower(text); low != "true" && low != "false" {
			return raw, "the row has " + string(raw)
		}
	case t.In(types.TinyInt, types.SmallInt, types.Integer, types.BigInt):
		if strings.ContainsAny(text, ".eE") {
			return raw, "the row has " + string(raw)
		}
	case t.In(types.Decimal):
		if _, fraction, ok := strings.Cut(strings.TrimRight(text, "0"), "."); ok && len(fraction) > t.Scale && !strings.ContainsAny(text, "eE") {
			return raw, fmt.Sprintf("the row has %s, with more digits than it holds", raw)
		}
	case t.In(types.Timestamp, types.TimestampLTZ) && quoted:
		return vec.AppendJSONString(nil, []byte(completeTime(text, t.Kind == types.TimestampLTZ))), ""
	case t.In(types.Char, types.VarChar):
		if !quoted {
			return raw, fmt.Sprintf("the row has %s", raw)
		}
	case t.In(types.Binary, types.VarBinary) && quoted:
		if digits, ok := strings.CutPrefix(text, "0x"); ok {
			if b, err := hex.DecodeString(digits); err == nil {
				return vec.AppendJSONString(nil, base64.StdEncoding.AppendEncode(nil, b)), ""
			}
		}
	case t.In(types.Array, types.Row, types.Map, types.Multiset):
		return nested(t, raw)
	}
	return raw, ""
}

// nested looks at the values inside an ARRAY, ROW, MAP or MULTISET. Beside objects it takes a ROW as the list of its
// fields, and a MAP as a list of [key, value].
func nested(t types.Type, raw json.RawMessage) (value []byte, why string) {
	var list []json.RawMessage
	var members map[string]json.RawMessage
	isList := json.Unmarshal(raw, &list) == nil
	if !isList && json.Unmarshal(raw, &members) != nil || isList && t.Kind == types.Row && len(list) != len(t.Fields) {
		return raw, "the row has " + string(raw)
	}
	out := []byte{'{'}
	add := func(name string, t types.Type, raw json.RawMessage) bool {
		v, w := scalar(t, raw)
		if why = w; why != "" {
			return false
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(vec.AppendJSONString(out, []byte(name)), ':'), v...)
		return true
	}
	switch {
	case t.Kind == types.Array:
		if !isList {
			return raw, "the row has " + string(raw)
		}
		out[0] = '['
		for i, e := range list {
			v, w := scalar(*t.Elem, e)
			if w != "" {
				return raw, w
			}
			if i > 0 {
				out = append(out, ',')
			}
			out = append(out, v...)
		}
		return append(out, ']'), ""
	case t.Kind == types.Row && isList:
		for i, f := range t.Fields {
			if !add(f.Name, f.Type, list[i]) {
				return raw, why
			}
		}
	case t.Kind == types.Row:
		known := 0
		for _, f := range t.Fields {
			e, ok := members[f.Name]
			if !ok {
				continue
			}
			if known++; !add(f.Name, f.Type, e) {
				return raw, why
			}
		}
		if known < len(members) {
			return raw, "the row has fields that it lacks: " + string(raw)
		}
	default:
		counted := types.Int32
		values := &counted // of a MULTISET: how often an element is there
		if t.Kind == types.Map {
			values = t.Elem
		}
		for _, p := range list {
			var pair []json.RawMessage
			if json.Unmarshal(p, &pair) != nil || len(pair) != 2 {
				return raw, "the row has " + string(raw)
			}
			name := string(pair[0])
			if pair[0][0] == '"' {
				_ = json.Unmarshal(pair[0], &name) // it was valid before
			}
			if !add(name, *values, pair[1]) {
				return raw, why
			}
		}
		for _, name := range slices.Sorted(maps.Keys(members)) {
			if !add(name, *values, members[name]) {
				return raw, why
			}
		}
	}
	return append(out, '}'), ""
}

// completeTime brings "2026-11-20", "2026-11-20T10:00" and their like into the form of
// SQL with seconds. Points in time without a zone are UTC.
func completeTime(s string, zoned bool) string {
	s = strings.TrimSpace(s)
	if len(s) > 10 && s[10] == 'T' {
		s = s[:10] + " " + s[11:]
	}
	zone := ""
	if i := strings.IndexAny(s[min(len(s), 11):], "Z+-"); i >= 0 {
		s, zone = s[:11+i], s[11+i:]
	}
	switch strings.Count(s, ":") {
	case 0:
		if len(s) == 10 {
			s += " 00:00:00"
		}
	case 1:
		s += ":00"
	}
	if !zoned {
		return s + zone
	}
	if zone == "" || zone == "Z" {
		return s + "Z"
	}
	if t, err := time.Parse("2006-01-02 15:04:05.999999999Z07:00", s+zone); err == nil {
		return t.UTC().Format("2006-01-02 15:04:05.999999999") + "Z"
	}
	return s + zone
}

// lines renders the rows of a batch for a comparison; cols chooses the columns.
func lines(b *vec.Batch, cols []int, kinds bool, place func(i int) int) []fixtures.Line {
	out := make([]fixtures.Line, 0, b.Len)
	for i := range b.Len {
		l := fixtures.Line{Cells: make([]string, len(cols))}
		for k, c := range cols {
			l.Cells[k] = string(vec.AppendJSON(nil, b.Cols[c], i))
		}
		if kinds {
			l.Kind = b.Kind(i).String()
		}
		if place != nil {
			l.Place = place(i)
		}
		out = append(out, l)
	}
	return out
}

// compareColumns names columns for a comparison.
func compareColumns(schema []types.Field, cols []int) []fixtures.Column {
	out := make([]fixtures.Column, len(cols))
	for i, c := range cols {
		t := schema[c].Type
		out[i] = fixtures.Column{Name: schema[c].Name, Type: bare(t), Float: t.In(types.Float, types.Double)}
	}
	return out
}

// RowText prints a row as JSON.
func RowText(schema []types.Field, b *vec.Batch, i int) string {
	var buf bytes.Buffer
	buf.WriteByte('{')
	for c, f := range schema {
		if c > 0 {
			buf.WriteByte(',')
		}
		buf.Write(vec.AppendJSONString(nil, []byte(f.Name)))
		buf.WriteByte(':')
		buf.Write(vec.AppendJSON(nil, b.Cols[c], i))
	}
	buf.WriteByte('}')
	return buf.String()
}
