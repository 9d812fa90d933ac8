package json

import (
	"encoding/base64"
	"math"
	"strconv"

	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/connectors/format/text"
	"github.com/weir-sql/weir/connectors/option"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
)

// Encoder writes rows as JSON objects.
type Encoder struct {
	fields     []member
	terminator string

	standard   text.Standard
	plain      bool // decimals are never in scientific notation
	noNulls    bool // fields that are NULL are left out
	nullKeys   string
	nullKey    []byte
	failedNull bool // a NULL key was met that must not be written
}

// member is one field of an object: its name as `"name":` and what writes its value.
type member struct {
	name  string
	col   int
	write writer
}

// writer appends the value of row i, which is not NULL.
type writer func(e *Encoder, dst []byte, v *vec.Vec, i int) []byte

// NewEncoder compiles an encoder.
func NewEncoder(cfg format.EncoderConfig) (*Encoder, error) {
	r := option.Read(Options, cfg.Options).Named("json.")
	e := &Encoder{
		terminator: cfg.Terminator,
		standard:   standardOf(r.Enum("timestamp-format.standard")),
		plain:      r.Bool("encode.decimal-as-plain-number"),
		noNulls:    r.Bool("encode.ignore-null-fields"),
		nullKeys:   r.Enum("map-null-key.mode"),
		nullKey:    []byte(r.String("map-null-key.literal")),
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	var err error
	e.fields, err = members(cfg.Fields)
	for i := range e.fields {
		e.fields[i].col = cfg.Source(i)
	}
	return e, err
}

func members(fields []types.Field) ([]member, error) {
	out := make([]member, len(fields))
	for i, f := range fields {
		w, err := writerOf(f.Type)
		if err != nil {
			return nil, err
		}
		out[i] = member{name: string(appendString(nil, []byte(f.Name))) + ":", col: i, write: w}
	}
	return out, nil
}

// Encode appends one object a row.
func (e *Encoder) Encode(b *vec.Batch, out *vec.Rows) error {
	if len(out.Off) == 0 {
		out.Off = append(out.Off, 0)
	}
	for i := range b.Len {
		out.Data = e.Append(out.Data, b, i)
		out.Data = append(out.Data, e.terminator...)
		out.Off = append(out.Off, len(out.Data))
	}
	return e.Err()
}

// Append appends row i as an object. Err tells afterwards whether that was possible.
func (e *Encoder) Append(dst []byte, b *vec.Batch, i int) []byte {
	return e.object(dst, e.fields, b.Cols, i)
}

// Err is the error met since the encoder was made.
func (e *Encoder) Err() error {
	if e.failedNull {
		return diag.Errorf("W0502", diag.Span{}, "a map with a NULL key cannot be written as JSON").
			WithHint("set 'json.map-null-key.mode' to 'DROP' or 'LITERAL'")
	}
	return nil
}

func (e *Encoder) object(dst []byte, fields []member, cols []*vec.Vec, i int) []byte {
	dst = append(dst, '{')
	first := true
	for k := range fields {
		f := &fields[k]
		v := cols[f.col]
		null := v.IsNull(i)
		if null && e.noNulls {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(dst, f.name...)
		if null {
			dst = append(dst, "null"...)
		} else {
			dst = f.write(e, dst, v, i)
		}
	}
	return append(dst, '}')
}

// writerOf compiles the writer of a type.
func writerOf(t types.Type) (writer, error) {
	switch t.Kind {
	case types.Boolean:
		return func(_ *Encoder, dst []byte, v *vec.Vec, i int) []byte { return strconv.AppendBool(dst, v.Bools()[i]) }, nil
	case types.TinyInt:
		return func(_ *Encoder, dst []byte, v *vec.Vec, i int) []byte {
			return strconv.AppendInt(dst, int64(v.Int8s()[i]), 10)
		}, nil
	case types.SmallInt:
		return func(_ *Encoder, dst []byte, v *vec.Vec, i int) []byte {
			return strconv.AppendInt(dst, int64(v.Int16s()[i]), 10)
		}, nil
	case types.Integer:
		return func(_ *Encoder, dst []byte, v *vec.Vec, i int) []byte {
			return strconv.AppendInt(dst, int64(v.Int32s()[i]), 10)
		}, nil
	case types.BigInt, types.IntervalYearMonth, types.IntervalDayTime:
		return func(_ *Encoder, dst []byte, v *vec.Vec, i int) []byte {
			return strconv.AppendInt(dst, v.Int64s()[i], 10)
		}, nil
	case types.Float:
		return func(_ *Encoder, dst []byte, v *vec.Vec, i int) []byte {
			return appendFloat(dst, float64(v.Float32s()[i]), 32)
		}, nil
	case types.Double:
		return func(_ *Encoder, dst []byte, v *vec.Vec, i int) []byte { return appendFloat(dst, v.Float64s()[i], 64) }, nil
	case types.Decimal:
		return (*Encoder).decimal, nil
	case types.Char, types.VarChar:
		return func(_ *Encoder, dst []byte, v *vec.Vec, i int) []byte { return appendString(dst, v.BytesAt(i)) }, nil
	case types.Binary, types.VarBinary:
		return func(_ *Encoder, dst []byte, v *vec.Vec, i int) []byte {
			return append(base64.StdEncoding.AppendEncode(append(dst, '"'), v.BytesAt(i)), '"')
		}, nil
	case types.Date:
		return func(_ *Encoder, dst []byte, v *vec.Vec, i int) []byte {
			return append(vec.AppendDate(append(dst, '"'), int64(v.Int32s()[i])), '"')
		}, nil
	case types.Time:
		return func(_ *Encoder, dst []byte, v *vec.Vec, i int) []byte {
			return append(vec.AppendTime(append(dst, '"'), int64(v.Int32s()[i])*int64(vec.Milli), 0), '"')
		}, nil
	case types.Timestamp, types.TimestampLTZ:
		return func(e *Encoder, dst []byte, v *vec.Vec, i int) []byte {
			return append(text.AppendTimestamp(append(dst, '"'), v, i, e.standard), '"')
		}, nil
	case types.Array:
		return arrayWriter(t)
	case types.Map, types.Multiset:
		return mapWriter(t)
	case types.Row:
		fields, err := members(t.Fields)
		return func(e *Encoder, dst []byte, v *vec.Vec, i int) []byte { return e.object(dst, fields, v.Kids, i) }, err
	default:
		return nil, diag.Errorf("W0333", diag.Span{}, "the json format does not support type %s", t)
	}
}

// appendFloat writes a number; NaN and infinities as strings.
func appendFloat(dst []byte, x float64, bits int) []byte {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return append(vec.AppendFloat(append(dst, '"'), x, bits), '"')
	}
	return vec.AppendFloat(dst, x, bits)
}

func (e *Encoder) decimal(dst []byte, v *vec.Vec, i int) []byte {
	if e.plain {
		return vec.AppendDecimal(dst, text.DecimalAt(v, i), v.Type.Scale)
	}
	return text.AppendBigDecimal(dst, text.DecimalAt(v, i), v.Type.Scale)
}

func arrayWriter(t types.Type) (writer, error) {
	elem, err := writerOf(*t.Elem)
	return func(e *Encoder, dst []byte, v *vec.Vec, i int) []byte {
		dst = append(dst, '[')
		kid := v.Kids[0]
		for k := int(v.Off[i]); k < int(v.Off[i+1]); k++ {
			if k > int(v.Off[i]) {
				dst = append(dst, ',')
			}
			dst = e.value(elem, dst, kid, k)
		}
		return append(dst, ']')
	}, err
}

// value writes a value that may be NULL.
func (e *Encoder) value(w writer, dst []byte, v *vec.Vec, i int) []byte {
	if v.IsNull(i) {
		return append(dst, "null"...)
	}
	return w(e, dst, v, i)
}

func mapWriter(t types.Type) (writer, error) {
	kt, et := vec.MapTypes(t)
	if !kt.IsCharacter() {
		return nil, diag.Errorf("W0333", diag.Span{}, "the json format does not support %s: keys of JSON objects are text", t)
	}
	elem, err := writerOf(et)
	return func(e *Encoder, dst []byte, v *vec.Vec, i int) []byte {
		dst = append(dst, '{')
		keys, vals, first := v.Kids[0], v.Kids[1], true
		for k := int(v.Off[i]); k < int(v.Off[i+1]); k++ {
			key := e.nullKey
			if !keys.IsNull(k) {
				key = keys.BytesAt(k)
			} else if e.nullKeys == "DROP" {
				continue
			} else if e.nullKeys == "FAIL" {
				e.failedNull = true
			}
			if !first {
				dst = append(dst, ',')
			}
			first = false
			dst = append(appendString(dst, key), ':')
			dst = e.value(elem, dst, vals, k)
		}
		return append(dst, '}')
	}, err
}
