package csv

import (
	"encoding/base64"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/connectors/format/text"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
)

// Encoder writes rows as CSV records, quoting where Jackson does.
type Encoder struct {
	syntax
	cols       []output
	names      []string
	terminator string
	bare       byte // characters below it make a field be quoted
	tmp        []byte
}

// output is one field of a record. Numbers and booleans are never quoted.
type output struct {
	col    int
	quoted bool
	write  writer
}

// writer appends the text of a value that is not NULL, unquoted.
type writer func(e *Encoder, dst []byte, v *vec.Vec, i int) []byte

var _ format.HeaderEncoder = (*Encoder)(nil)

// NewEncoder compiles an encoder.
func NewEncoder(cfg format.EncoderConfig) (*Encoder, error) {
	syn, err := newSyntax(cfg.Options)
	if err != nil {
		return nil, err
	}
	e := &Encoder{syntax: syn, terminator: cfg.Terminator}
	// Jackson does not look closely: it quotes every field with a character up to the
	// greatest of those that mean something, a backslash, or more than 24 characters.
	e.bare = max(e.delimiter, '\r') + 1
	if e.quotes {
		e.bare = max(e.bare, e.quote+1)
	}
	for i, f := range cfg.Fields {
		w, err := writerOf(f.Type, true)
		if err != nil {
			return nil, err
		}
		e.cols = append(e.cols, output{cfg.Source(i), !f.Type.IsNumeric() && f.Type.Kind != types.Boolean, w})
		e.names = append(e.names, f.Name)
	}
	return e, nil
}

// Header gives the line of names, nil if the option is off.
func (e *Encoder) Header() []byte {
	if !e.header {
		return nil
	}
	var dst []byte
	for i, n := range e.names {
		if i > 0 {
			dst = append(dst, e.delimiter)
		}
		dst = e.quoteFrom(append(dst, n...), len(dst))
	}
	return append(dst, e.terminator...)
}

// Encode appends one record a row.
func (e *Encoder) Encode(b *vec.Batch, out *vec.Rows) error {
	if len(out.Off) == 0 {
		out.Off = append(out.Off, 0)
	}
	for i := range b.Len {
		out.Data = append(e.record(out.Data, b, i), e.terminator...)
		out.Off = append(out.Off, len(out.Data))
	}
	return nil
}

func (e *Encoder) record(dst []byte, b *vec.Batch, i int) []byte {
	for k := range e.cols {
		if k > 0 {
			dst = append(dst, e.delimiter)
		}
		c := &e.cols[k]
		v := b.Cols[c.col]
		if v.IsNull(i) {
			dst = append(dst, e.null...)
			continue
		}
		at := len(dst)
		dst = c.write(e, dst, v, i)
		if c.quoted {
			dst = e.quoteFrom(dst, at)
		}
	}
	return dst
}

// quoteFrom quotes the text from at on if it needs that.
func (e *Encoder) quoteFrom(dst []byte, at int) []byte {
	if !e.quotes || !e.needsQuotes(dst[at:]) {
		return dst
	}
	e.tmp = append(e.tmp[:0], dst[at:]...)
	dst = append(dst[:at], e.quote)
	for _, c := range e.tmp {
		if c == e.quote || e.escapes && c == e.escape {
			dst = append(dst, c)
		}
		dst = append(dst, c)
	}
	return append(dst, e.quote)
}

// needsQuotes is Jackson's guess.
func (e *Encoder) needsQuotes(s []byte) bool {
	const unchecked = 24 // UTF-16 units
	if len(s) > unchecked {
		units := 0
		for i := 0; i < len(s); {
			r, size := utf8.DecodeRune(s[i:])
			units += max(utf16.RuneLen(r), 1)
			i += size
		}
		if units > unchecked {
			return true
		}
	}
	for _, c := range s {
		if c < e.bare || c == '\\' || e.escapes && c == e.escape {
			return true
		}
	}
	return false
}

// writerOf compiles the writer of a type; arrays and rows hold single values only.
func writerOf(t types.Type, nest bool) (writer, error) {
	switch t.Kind {
	case types.Boolean:
		return func(_ *Encoder, dst []byte, v *vec.Vec, i int) []byte { return strconv.AppendBool(dst, v.Bools()[i]) }, nil
	case types.Decimal:
		return func(e *Encoder, dst []byte, v *vec.Vec, i int) []byte {
			if e.scientific {
				return text.AppendBigDecimal(dst, text.DecimalAt(v, i), v.Type.Scale)
			}
			return appendPlain(dst, text.DecimalAt(v, i), v.Type.Scale)
		}, nil
	case types.IntervalYearMonth, types.IntervalDayTime:
		return func(_ *Encoder, dst []byte, v *vec.Vec, i int) []byte {
			return strconv.AppendInt(dst, v.Int64s()[i], 10)
		}, nil
	case types.Binary, types.VarBinary:
		return func(_ *Encoder, dst []byte, v *vec.Vec, i int) []byte {
			return base64.StdEncoding.AppendEncode(dst, v.BytesAt(i))
		}, nil
	case types.Time:
		return func(_ *Encoder, dst []byte, v *vec.Vec, i int) []byte {
			return vec.AppendTime(dst, int64(v.Int32s()[i])*int64(vec.Milli), 0)
		}, nil
	case types.Timestamp, types.TimestampLTZ:
		return func(_ *Encoder, dst []byte, v *vec.Vec, i int) []byte {
			return text.AppendTimestamp(dst, v, i, text.SQL)
		}, nil
	case types.Float:
		return func(_ *Encoder, dst []byte, v *vec.Vec, i int) []byte {
			return vec.AppendFloat(dst, float64(v.Float32s()[i]), 32)
		}, nil
	case types.Double:
		return func(_ *Encoder, dst []byte, v *vec.Vec, i int) []byte {
			return vec.AppendFloat(dst, v.Float64s()[i], 64)
		}, nil
	case types.Array:
		if nest {
			elem, err := writerOf(*t.Elem, false)
			return func(e *Encoder, dst []byte, v *vec.Vec, i int) []byte {
				return e.elements(dst, elem, v.Kids[0], int(v.Off[i]), int(v.Off[i+1]))
			}, err
		}
	case types.Row:
		if nest {
			return rowWriter(t)
		}
	case types.Map, types.Multiset, types.Raw, types.Null:
	default:
		return func(_ *Encoder, dst []byte, v *vec.Vec, i int) []byte { return vec.AppendText(dst, v, i, nil) }, nil
	}
	return nil, diag.Errorf("W0333", diag.Span{}, "the csv format does not support type %s here", t)
}

// elements writes the elements of an array with the element delimiter between them.
func (e *Encoder) elements(dst []byte, w writer, v *vec.Vec, from, to int) []byte {
	for k := from; k < to; k++ {
		if k > from {
			dst = append(dst, e.element...)
		}
		if v.IsNull(k) {
			dst = append(dst, e.null...)
		} else {
			dst = w(e, dst, v, k)
		}
	}
	return dst
}

func rowWriter(t types.Type) (writer, error) {
	ws := make([]writer, len(t.Fields))
	for i, f := range t.Fields {
		var err error
		if ws[i], err = writerOf(f.Type, false); err != nil {
			return nil, err
		}
	}
	return func(e *Encoder, dst []byte, v *vec.Vec, i int) []byte {
		for f, w := range ws {
			if f > 0 {
				dst = append(dst, e.element...)
			}
			dst = e.elements(dst, w, v.Kids[f], i, i+1)
		}
		return dst
	}, nil
}

// appendPlain writes a decimal without trailing zeros and without an exponent.
func appendPlain(dst []byte, d vec.Decimal, scale int) []byte {
	dst = vec.AppendDecimal(dst, d, scale)
	if scale > 0 {
		for dst[len(dst)-1] == '0' {
			dst = dst[:len(dst)-1]
		}
		if dst[len(dst)-1] == '.' {
			dst = dst[:len(dst)-1]
		}
	}
	return dst
}
