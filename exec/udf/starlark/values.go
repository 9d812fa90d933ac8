package starlark

import (
	"fmt"
	"math"

	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"go.starlark.net/starlark"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// How values cross: BOOLEAN, whole numbers, FLOAT and DOUBLE, texts and BYTES as
// Starlark's; DECIMAL as a text, which is exact; DATE as days, TIME as milliseconds,
// TIMESTAMP and TIMESTAMP_LTZ as milliseconds up to a precision of 3, microseconds up to 6
// and nanoseconds above, since 1970; intervals as months or milliseconds; ARRAY as a list,
// MAP and MULTISET as a dict, ROW as a dict by field. NULL is None.

// reader gives row i of a vector as a value.
type reader func(v *vec.Vec, i int) starlark.Value

// readerOf makes the reader of a type.
func readerOf(t types.Type) reader {
	read := plainReader(t)
	return func(v *vec.Vec, i int) starlark.Value {
		if v.IsNull(i) {
			return starlark.None
		}
		return read(v, i)
	}
}

func plainReader(t types.Type) reader {
	if t.Kind == types.Decimal {
		return func(v *vec.Vec, i int) starlark.Value {
			if v.Phys() == vec.PhysI64 {
				return starlark.String(decimal128.FromI64(v.Int64s()[i]).ToString(int32(t.Scale)))
			}
			return starlark.String(v.Decimals()[i].ToString(int32(t.Scale)))
		}
	}
	switch vec.PhysOf(t) {
	case vec.PhysBool:
		return func(v *vec.Vec, i int) starlark.Value { return starlark.Bool(v.Bools()[i]) }
	case vec.PhysI8:
		return func(v *vec.Vec, i int) starlark.Value { return starlark.MakeInt(int(v.Int8s()[i])) }
	case vec.PhysI16:
		return func(v *vec.Vec, i int) starlark.Value { return starlark.MakeInt(int(v.Int16s()[i])) }
	case vec.PhysI32:
		return func(v *vec.Vec, i int) starlark.Value { return starlark.MakeInt(int(v.Int32s()[i])) }
	case vec.PhysI64:
		return func(v *vec.Vec, i int) starlark.Value { return starlark.MakeInt64(v.Int64s()[i]) }
	case vec.PhysF32:
		return func(v *vec.Vec, i int) starlark.Value { return starlark.Float(v.Float32s()[i]) }
	case vec.PhysF64:
		return func(v *vec.Vec, i int) starlark.Value { return starlark.Float(v.Float64s()[i]) }
	case vec.PhysBytes:
		if t.IsCharacter() {
			return func(v *vec.Vec, i int) starlark.Value { return starlark.String(v.BytesAt(i)) }
		}
		return func(v *vec.Vec, i int) starlark.Value { return starlark.Bytes(v.BytesAt(i)) }
	case vec.PhysList:
		elem := readerOf(*t.Elem)
		return func(v *vec.Vec, i int) starlark.Value {
			list := make([]starlark.Value, 0, v.Off[i+1]-v.Off[i])
			for k := v.Off[i]; k < v.Off[i+1]; k++ {
				list = append(list, elem(v.Kids[0], int(k)))
			}
			return starlark.NewList(list)
		}
	case vec.PhysMap:
		kt, et := vec.MapTypes(t)
		key, elem := readerOf(kt), readerOf(et)
		return func(v *vec.Vec, i int) starlark.Value {
			d := starlark.NewDict(int(v.Off[i+1] - v.Off[i]))
			for k := v.Off[i]; k < v.Off[i+1]; k++ {
				_ = d.SetKey(key(v.Kids[0], int(k)), elem(v.Kids[1], int(k))) // an ARRAY as key cannot be held
			}
			return d
		}
	case vec.PhysRow:
		fields := make([]reader, len(t.Fields))
		for f, field := range t.Fields {
			fields[f] = readerOf(field.Type)
		}
		return func(v *vec.Vec, i int) starlark.Value {
			d := starlark.NewDict(len(fields))
			for f, read := range fields {
				_ = d.SetKey(starlark.String(t.Fields[f].Name), read(v.Kids[f], i))
			}
			return d
		}
	}
	return func(*vec.Vec, int) starlark.Value { return starlark.None }
}

// write appends a value to a vector of type t.
func write(b *vec.Builder, t types.Type, x starlark.Value) error {
	if x == starlark.None {
		b.Null()
		return nil
	}
	if t.Kind == types.Decimal {
		return writeDecimal(b, t, x)
	}
	switch p := vec.PhysOf(t); p {
	case vec.PhysBool:
		if v, ok := x.(starlark.Bool); ok {
			b.Bool(bool(v))
			return nil
		}
	case vec.PhysI8, vec.PhysI16, vec.PhysI32, vec.PhysI64:
		v, ok := x.(starlark.Int)
		if !ok {
			break
		}
		n, fits := v.Int64()
		bits := 8 * p.Width()
		if !fits || n < -1<<(bits-1) || n > 1<<(bits-1)-1 {
			return fmt.Errorf("%s is out of the range of %s", clip(x), t.Null())
		}
		switch p {
		case vec.PhysI8:
			b.Int8(int8(n))
		case vec.PhysI16:
			b.Int16(int16(n))
		case vec.PhysI32:
			b.Int32(int32(n))
		default:
			b.Int64(n)
		}
		return nil
	case vec.PhysF32, vec.PhysF64:
		f, ok := starlark.AsFloat(x)
		if !ok {
			break
		}
		if p == vec.PhysF32 {
			b.Float32(float32(f))
		} else {
			b.Float64(f)
		}
		return nil
	case vec.PhysBytes:
		if v, ok := x.(starlark.String); ok && t.IsCharacter() {
			b.String(string(v))
			return nil
		}
		if v, ok := x.(starlark.Bytes); ok && !t.IsCharacter() {
			b.String(string(v))
			return nil
		}
	case vec.PhysList:
		if v, ok := x.(starlark.Iterable); ok {
			if _, isDict := x.(*starlark.Dict); !isDict {
				return writeList(b, *t.Elem, v)
			}
		}
	case vec.PhysMap:
		if v, ok := x.(*starlark.Dict); ok {
			kt, et := vec.MapTypes(t)
			for _, item := range v.Items() {
				if err := write(b.Kid(0), kt, item[0]); err != nil {
					return err
				}
				if err := write(b.Kid(1), et, item[1]); err != nil {
					return err
				}
			}
			b.EndMap()
			return nil
		}
	case vec.PhysRow:
		return writeRow(b, t, x)
	}
	return fmt.Errorf("%s of type %s is no %s", clip(x), x.Type(), t.Null())
}

func writeList(b *vec.Builder, elem types.Type, v starlark.Iterable) error {
	it := v.Iterate()
	defer it.Done()
	var x starlark.Value
	for it.Next(&x) {
		if err := write(b.Kid(0), elem, x); err != nil {
			return err
		}
	}
	b.EndList()
	return nil
}

// writeRow takes a dict by field, or a list or tuple in order; a ROW of one field also the
// plain value.
func writeRow(b *vec.Builder, t types.Type, x starlark.Value) error {
	switch v := x.(type) {
	case *starlark.Dict:
		for f, field := range t.Fields {
			val, found, err := v.Get(starlark.String(field.Name))
			if err != nil || !found {
				val = starlark.None
			}
			if err := write(b.Kid(f), field.Type, val); err != nil {
				return fmt.Errorf("%s: %w", field.Name, err)
			}
		}
	case starlark.Indexable:
		if _, text := x.(starlark.String); text {
			return writeOnly(b, t, x)
		}
		if v.Len() != len(t.Fields) {
			return fmt.Errorf("a row of %d values; it has %d columns", v.Len(), len(t.Fields))
		}
		for f, field := range t.Fields {
			if err := write(b.Kid(f), field.Type, v.Index(f)); err != nil {
				return fmt.Errorf("%s: %w", field.Name, err)
			}
		}
	default:
		return writeOnly(b, t, x)
	}
	b.EndRow()
	return nil
}

func writeOnly(b *vec.Builder, t types.Type, x starlark.Value) error {
	if len(t.Fields) != 1 {
		return fmt.Errorf("%s of type %s is no row of %d columns", clip(x), x.Type(), len(t.Fields))
	}
	if err := write(b.Kid(0), t.Fields[0].Type, x); err != nil {
		return err
	}
	b.EndRow()
	return nil
}

func writeDecimal(b *vec.Builder, t types.Type, x starlark.Value) error {
	var text string
	switch v := x.(type) {
	case starlark.String:
		text = string(v)
	case starlark.Int:
		text = v.String()
	default:
		return fmt.Errorf("%s of type %s is no %s: write it as a text, or a whole number", clip(x), x.Type(), t.Null())
	}
	n, err := decimal128.FromString(text, int32(t.Precision), int32(t.Scale))
	if err != nil {
		return fmt.Errorf("%s is no %s", clip(x), t.Null())
	}
	if vec.PhysOf(t) == vec.PhysI64 {
		if n.HighBits() != int64(n.LowBits())>>63 || n.LowBits() == 1<<63 && n.HighBits() >= 0 {
			return fmt.Errorf("%s is out of the range of %s", clip(x), t.Null())
		}
		b.Int64(int64(n.LowBits()))
		return nil
	}
	b.Decimal(n)
	return nil
}

// clip shows a value in an error.
func clip(x starlark.Value) string {
	if n, ok := x.(starlark.Int); ok && n.BigInt().BitLen() > 256 {
		return fmt.Sprintf("a number of %.0f digits", float64(n.BigInt().BitLen())*math.Log10(2))
	}
	s := x.String()
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}
