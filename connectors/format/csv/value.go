package csv

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"

	"github.com/weir-sql/weir/connectors/format/text"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
)

// converter appends the value of a field's text to a builder, or gives false if the
// text is no such value; then nothing whole was appended.
type converter func(s []byte, b *vec.Builder) bool

// converterOf compiles the converter of a type. The null literal stands for single
// values, also for elements of arrays and rows, never for a whole array or row.
func (d *Decoder) converterOf(t types.Type) (converter, error) {
	conv, err := d.plainConverter(t)
	if err != nil || !d.hasNull || t.In(types.Array, types.Row) {
		return conv, err
	}
	return func(s []byte, b *vec.Builder) bool {
		if string(s) == string(d.null) {
			b.Null()
			return true
		}
		return conv(s, b)
	}, nil
}

func (d *Decoder) plainConverter(t types.Type) (converter, error) {
	switch t.Kind {
	case types.Boolean:
		return func(s []byte, b *vec.Builder) bool { b.Bool(text.Bool(text.Trim(s))); return true }, nil
	case types.TinyInt:
		return whole(8, func(b *vec.Builder, x int64) { b.Int8(int8(x)) }), nil
	case types.SmallInt:
		return whole(16, func(b *vec.Builder, x int64) { b.Int16(int16(x)) }), nil
	case types.Integer:
		return whole(32, func(b *vec.Builder, x int64) { b.Int32(int32(x)) }), nil
	case types.BigInt, types.IntervalYearMonth, types.IntervalDayTime:
		return whole(64, (*vec.Builder).Int64), nil
	case types.Float:
		return func(s []byte, b *vec.Builder) bool {
			x, ok := text.Float32(text.Trim(s))
			if ok {
				b.Float32(x)
			}
			return ok
		}, nil
	case types.Double:
		return func(s []byte, b *vec.Builder) bool {
			x, ok := text.Float64(text.Trim(s))
			if ok {
				b.Float64(x)
			}
			return ok
		}, nil
	case types.Decimal:
		return decimal(t), nil
	case types.Char, types.VarChar:
		return func(s []byte, b *vec.Builder) bool { b.Bytes(s); return true }, nil
	case types.Binary, types.VarBinary:
		return binary, nil
	case types.Date:
		return func(s []byte, b *vec.Builder) bool {
			x, ok := text.SQLDate(s)
			if ok {
				b.Int32(x)
			}
			return ok
		}, nil
	case types.Time:
		return func(s []byte, b *vec.Builder) bool {
			x, ok := text.Time(text.Trim(s), text.ISO8601)
			if ok {
				b.Int32(x)
			}
			return ok
		}, nil
	case types.Timestamp:
		return timestamp(text.Timestamp, t.Precision), nil
	case types.TimestampLTZ:
		return timestamp(text.TimestampLTZ, t.Precision), nil
	case types.Array:
		return d.array(t)
	case types.Row:
		return d.row(t)
	default:
		return nil, diag.Errorf("W0333", diag.Span{}, "the csv format does not support type %s", t)
	}
}

func whole(bits int, put func(*vec.Builder, int64)) converter {
	return func(s []byte, b *vec.Builder) bool {
		x, ok := text.Int(text.Trim(s), bits)
		if ok {
			put(b, x)
		}
		return ok
	}
}

func decimal(t types.Type) converter {
	wide := vec.PhysOf(t) == vec.PhysDec
	return func(s []byte, b *vec.Builder) bool {
		x, fits, ok := text.Decimal(s, t.Precision, t.Scale)
		switch {
		case !ok:
			return false
		case !fits:
			b.Null() // as Flink: a number that needs more digits is NULL
		case wide:
			b.Decimal(x)
		default:
			b.Int64(int64(x.LowBits()))
		}
		return true
	}
}

func timestamp(parse func([]byte, text.Standard, int) (int64, bool), precision int) converter {
	return func(s []byte, b *vec.Builder) bool {
		x, ok := parse(text.Trim(s), text.SQL, precision)
		if ok {
			b.Int64(x)
		}
		return ok
	}
}

func binary(s []byte, b *vec.Builder) bool {
	buf := b.BytesBuf()
	at := len(buf)
	buf = slices.Grow(buf, base64.StdEncoding.DecodedLen(len(s)))
	n, err := base64.StdEncoding.Decode(buf[at:cap(buf)], s)
	if err != nil {
		return false
	}
	b.EndBytes(buf[:at+n])
	return true
}

// array splits a field at the element delimiter; an empty field is an empty array.
func (d *Decoder) array(t types.Type) (converter, error) {
	conv, err := d.converterOf(*t.Elem)
	if err != nil {
		return nil, err
	}
	return func(s []byte, b *vec.Builder) bool {
		for more := len(s) > 0; more; {
			var elem []byte
			elem, s, more = bytes.Cut(s, d.element)
			if !d.nested(conv, elem, b.Kid(0)) {
				return false
			}
		}
		b.EndList()
		return true
	}, nil
}

// row splits a field into the fields of a ROW; an empty field is NULL, fields too
// many are left out.
func (d *Decoder) row(t types.Type) (converter, error) {
	convs := make([]converter, len(t.Fields))
	for i, f := range t.Fields {
		var err error
		if convs[i], err = d.converterOf(f.Type); err != nil {
			return nil, err
		}
	}
	return func(s []byte, b *vec.Builder) bool {
		if len(s) == 0 {
			b.Null()
			return true
		}
		more := true
		for i, conv := range convs {
			if !more {
				if !d.ignore {
					return false
				}
				b.Kid(i).Null()
				continue
			}
			var elem []byte
			elem, s, more = bytes.Cut(s, d.element)
			if !d.nested(conv, elem, b.Kid(i)) {
				return false
			}
		}
		b.EndRow()
		return true
	}, nil
}

// nested converts an element; with ignore-parse-errors a wrong one is NULL.
func (d *Decoder) nested(conv converter, s []byte, b *vec.Builder) bool {
	n := b.Len()
	if conv(s, b) {
		return true
	}
	if !d.ignore {
		return false
	}
	b.Truncate(n)
	b.Null()
	return true
}

// noValue tells that a text is no value of a type.
func noValue(s []byte, t types.Type) string {
	const limit = 40
	dots := ""
	if len(s) > limit {
		s, dots = s[:limit], "…"
	}
	return fmt.Sprintf("%q is no %s", string(s)+dots, t.Null())
}
