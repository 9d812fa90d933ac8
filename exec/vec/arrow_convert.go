package vec

import (
	"unsafe"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/weir-sql/weir/planner/types"
)

// aligned gives bytes that start at a multiple of w, copied if they do not.
func aligned(b []byte, w int) []byte {
	if len(b) == 0 || uintptr(unsafe.Pointer(unsafe.SliceData(b)))%uintptr(min(w, 8)) == 0 {
		return b
	}
	out := alignedBytes(len(b))
	copy(out, b)
	return out
}

// convertArrow reads arrays that hold values of t in another layout; ok is false if
// it knows none. What it cannot hold exactly (a uint64 beyond DECIMAL, a finer time
// unit) is cut as types.FromArrow documents.
func convertArrow(a arrow.Array, t types.Type) (v *Vec, ok bool) {
	switch a := a.(type) {
	case *array.Dictionary:
		return takeDictionary(a, t)
	case *array.Uint8:
		return convertTo(a, t, func(i int) int64 { return int64(a.Value(i)) })
	case *array.Uint16:
		return convertTo(a, t, func(i int) int64 { return int64(a.Value(i)) })
	case *array.Uint32:
		return convertTo(a, t, func(i int) int64 { return int64(a.Value(i)) })
	case *array.Int8:
		return convertTo(a, t, func(i int) int64 { return int64(a.Value(i)) })
	case *array.Int16:
		return convertTo(a, t, func(i int) int64 { return int64(a.Value(i)) })
	case *array.Int32:
		return convertTo(a, t, func(i int) int64 { return int64(a.Value(i)) })
	case *array.Date64:
		return convertTo(a, t, func(i int) int64 { return floorDiv(int64(a.Value(i)), 86400000) })
	case *array.Time32:
		return convertTo(a, t, func(i int) int64 { return toMillis(int64(a.Value(i)), a.DataType().(*arrow.Time32Type).Unit) })
	case *array.Time64:
		return convertTo(a, t, func(i int) int64 { return toMillis(int64(a.Value(i)), a.DataType().(*arrow.Time64Type).Unit) })
	case *array.Duration:
		return convertTo(a, t, func(i int) int64 { return toMillis(int64(a.Value(i)), a.DataType().(*arrow.DurationType).Unit) })
	case *array.Timestamp:
		return convertTimestamp(a, t)
	}
	b := NewBuilder(t, a.Len())
	for i := 0; i < a.Len(); i++ {
		if a.IsNull(i) {
			b.Null()
		} else if !appendArrow(b, a, i) {
			return nil, false
		}
	}
	return b.Finish(), true
}

// convertTo writes whole numbers as t, which must have an integer layout.
func convertTo(a arrow.Array, t types.Type, value func(i int) int64) (*Vec, bool) {
	fits := map[arrow.Type]func(types.Type) bool{
		arrow.DATE64:   func(t types.Type) bool { return t.Kind == types.Date },
		arrow.TIME32:   func(t types.Type) bool { return t.Kind == types.Time },
		arrow.TIME64:   func(t types.Type) bool { return t.Kind == types.Time },
		arrow.DURATION: func(t types.Type) bool { return t.Kind == types.IntervalDayTime },
	}[a.DataType().ID()]
	if fits == nil {
		bits := a.DataType().(arrow.FixedWidthDataType).BitWidth()
		unsigned := arrow.IsUnsignedInteger(a.DataType().ID())
		fits = func(t types.Type) bool {
			w := PhysOf(t).Width() * 8
			return t.IsInteger() && (w > bits || w == bits && !unsigned)
		}
	}
	if !fits(t) {
		return nil, false
	}
	v := New(t, a.Len())
	for i := 0; i < a.Len(); i++ {
		if a.IsNull(i) {
			v.SetNull(i)
			continue
		}
		switch v.Phys() {
		case PhysI16:
			v.Int16s()[i] = int16(value(i))
		case PhysI32:
			v.Int32s()[i] = int32(value(i))
		default:
			v.Int64s()[i] = value(i)
		}
	}
	return v, true
}

func toMillis(x int64, unit arrow.TimeUnit) int64 {
	switch unit {
	case arrow.Second:
		return x * 1000
	case arrow.Millisecond:
		return x
	case arrow.Microsecond:
		return floorDiv(x, 1000)
	default:
		return floorDiv(x, 1000000)
	}
}

func convertTimestamp(a *array.Timestamp, t types.Type) (*Vec, bool) {
	dt := a.DataType().(*arrow.TimestampType)
	if t.Kind == types.Timestamp && dt.TimeZone != "" || t.Kind == types.TimestampLTZ && dt.TimeZone == "" || !t.IsTimestamp() {
		return nil, false
	}
	from, to := int64(dt.Unit.Multiplier()), int64(UnitOf(t.Precision)) // both in nanoseconds
	v := New(t, a.Len())
	for i := 0; i < a.Len(); i++ {
		switch x := int64(a.Value(i)); {
		case a.IsNull(i):
			v.SetNull(i)
		case from >= to:
			v.Int64s()[i] = x * (from / to)
		default:
			v.Int64s()[i] = floorDiv(x, to/from)
		}
	}
	return v, true
}

// takeDictionary looks the values up.
func takeDictionary(a *array.Dictionary, t types.Type) (*Vec, bool) {
	values, err := FromArrow(a.Dictionary(), t)
	if err != nil {
		return nil, false
	}
	sel := make([]int32, a.Len())
	for i := range sel {
		if sel[i] = -1; !a.IsNull(i) {
			sel[i] = int32(a.GetValueIndex(i))
		}
	}
	return Take(values, sel), true
}

// appendArrow appends one value that is not NULL; for the rarer types.
func appendArrow(b *Builder, a arrow.Array, i int) bool {
	t := b.typ
	switch a := a.(type) {
	case *array.Uint64:
		if t.Kind != types.Decimal || t.Precision < 20 || t.Scale != 0 {
			return false
		}
		b.Decimal(NewDecimal(0, a.Value(i)))
	case *array.Float16:
		if t.Kind != types.Float {
			return false
		}
		b.Float32(a.Value(i).Float32())
	case *array.Float32:
		if t.Kind != types.Double {
			return false
		}
		b.Float64(float64(a.Value(i)))
	case *array.LargeString:
		if !t.IsCharacter() {
			return false
		}
		b.String(a.Value(i))
	case *array.LargeBinary:
		if !t.IsBinary() {
			return false
		}
		b.Bytes(a.Value(i))
	case *array.FixedSizeBinary:
		if !t.IsBinary() {
			return false
		}
		b.Bytes(a.Value(i))
	case *array.LargeList:
		return appendList(b, a.ListValues(), int(a.Offsets()[i]), int(a.Offsets()[i+1]))
	case *array.FixedSizeList:
		n := int(a.DataType().(*arrow.FixedSizeListType).Len())
		at := (a.Data().Offset() + i) * n
		return appendList(b, a.ListValues(), at, at+n)
	default:
		return false
	}
	return true
}

func appendList(b *Builder, values arrow.Array, lo, hi int) bool {
	if b.typ.Kind != types.Array {
		return false
	}
	part := array.NewSlice(values, int64(lo), int64(hi))
	v, err := FromArrow(part, *b.typ.Elem)
	if err != nil {
		return false
	}
	for k := range v.Len {
		b.kids[0].From(v, k)
	}
	b.EndList()
	return true
}
