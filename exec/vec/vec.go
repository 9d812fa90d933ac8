// Package vec is the memory of the executor: typed column vectors laid out as
// Arrow lays them out, batches of them, and the plain functions (kernels, hash
// tables, row encodings) that work on raw slices of them.
//
// Invariants:
//   - A batch is immutable once it has been emitted; whoever emits it keeps no
//     right to write to it, whoever receives it may keep it for ever.
//   - A vector has no offset: row i is element i. Slicing copies the validity
//     bits (cheap) and shares the values.
//   - A nil Valid means that no row is NULL. The value of a NULL row is zero
//     or garbage and is never looked at, but is always addressable.
package vec

import (
	"unsafe"

	"github.com/apache/arrow/go/v15/arrow/decimal128"

	"github.com/weir-sql/weir/planner/types"
)

// Decimal is an unscaled 128-bit decimal.
type Decimal = decimal128.Num

// Phys is the physical layout of a vector.
type Phys uint8

// The layouts. Every SQL type has exactly one, see PhysOf.
const (
	PhysNone Phys = iota // NULL type: only a length
	PhysBool             // one byte a row, 0 or 1 (packed only at Arrow's edge)
	PhysI8
	PhysI16
	PhysI32
	PhysI64
	PhysF32
	PhysF64
	PhysDec   // Decimal, 16 bytes
	PhysBytes // Off[i]:Off[i+1] in Data
	PhysList  // Off[i]:Off[i+1] in Kids[0]
	PhysMap   // Off[i]:Off[i+1] in Kids[0] (keys) and Kids[1] (values)
	PhysRow   // Kids[f], each as long as the vector
)

// TimeUnit is the unit of an int64 time value.
type TimeUnit int64

// The units, as nanoseconds.
const (
	Nano  TimeUnit = 1
	Micro TimeUnit = 1000
	Milli TimeUnit = 1000000
)

// UnitOf gives the unit in which TIMESTAMP(p) and TIMESTAMP_LTZ(p) are held:
// milliseconds up to 3, microseconds up to 6, else nanoseconds since the epoch.
func UnitOf(precision int) TimeUnit {
	switch {
	case precision <= 3:
		return Milli
	case precision <= 6:
		return Micro
	default:
		return Nano
	}
}

// PhysOf gives the layout of a type. DATE is int32 days since the epoch, TIME is
// int32 milliseconds of the day, timestamps are int64 in UnitOf(precision),
// INTERVAL YEAR TO MONTH is int64 months, INTERVAL DAY TO SECOND is int64
// milliseconds, DECIMAL(p) is an unscaled int64 up to p = 18, else 128 bits.
// MULTISET<t> is laid out as MAP<t, INT NOT NULL>.
func PhysOf(t types.Type) Phys {
	switch t.Kind {
	case types.Boolean:
		return PhysBool
	case types.TinyInt:
		return PhysI8
	case types.SmallInt:
		return PhysI16
	case types.Integer, types.Date, types.Time:
		return PhysI32
	case types.BigInt, types.Timestamp, types.TimestampLTZ, types.IntervalYearMonth, types.IntervalDayTime:
		return PhysI64
	case types.Float:
		return PhysF32
	case types.Double:
		return PhysF64
	case types.Decimal:
		if t.Precision <= 18 {
			return PhysI64
		}
		return PhysDec
	case types.Char, types.VarChar, types.Binary, types.VarBinary, types.Raw, types.Variant:
		return PhysBytes
	case types.Array:
		return PhysList
	case types.Map, types.Multiset:
		return PhysMap
	case types.Row:
		return PhysRow
	default:
		return PhysNone
	}
}

// Width is the bytes a value takes in a fixed-width layout, else 0.
func (p Phys) Width() int {
	switch p {
	case PhysBool, PhysI8:
		return 1
	case PhysI16:
		return 2
	case PhysI32, PhysF32:
		return 4
	case PhysI64, PhysF64:
		return 8
	case PhysDec:
		return 16
	default:
		return 0
	}
}

// Fixed are the Go types of fixed-width values.
type Fixed interface {
	bool | int8 | int16 | int32 | int64 | float32 | float64 | Decimal
}

// Vec is one column of a batch.
type Vec struct {
	Type  types.Type
	Len   int
	Valid Bitmap  // nil: no NULL
	Off   []int32 // Len+1 offsets of PhysBytes, PhysList and PhysMap; Off[0] need not be 0
	Data  []byte  // bytes of PhysBytes
	Kids  []*Vec

	fixed []byte // fixed-width values, 8-byte aligned (16 for decimals is not needed)
}

// New makes a vector of n zero values without NULLs. Bytes, lists and maps come
// with n+1 zero offsets; the caller fills Off, Data or Kids.
func New(t types.Type, n int) *Vec {
	v := &Vec{Type: t, Len: n}
	switch p := PhysOf(t); p {
	case PhysNone:
		v.Valid = NewBitmap(n)
	case PhysBytes:
		v.Off = make([]int32, n+1)
	case PhysList:
		v.Off = make([]int32, n+1)
		v.Kids = []*Vec{New(*t.Elem, 0)}
	case PhysMap:
		v.Off = make([]int32, n+1)
		k, e := MapTypes(t)
		v.Kids = []*Vec{New(k, 0), New(e, 0)}
	case PhysRow:
		for _, f := range t.Fields {
			v.Kids = append(v.Kids, New(f.Type, n))
		}
	default:
		v.fixed = alignedBytes(n * p.Width())
	}
	return v
}

// MapTypes gives the key and value types of a MAP, and of a MULTISET seen as a
// map from element to its count.
func MapTypes(t types.Type) (key, value types.Type) {
	if t.Kind == types.Multiset {
		return *t.Elem, types.Int32.NotNull()
	}
	return *t.Key, *t.Elem
}

// AlignedBytes allocates 8-byte aligned memory without pointers: what NewFixed and
// DecodeBlock want.
func AlignedBytes(n int) []byte { return alignedBytes(n) }

func alignedBytes(n int) []byte {
	if n == 0 {
		return nil
	}
	words := make([]uint64, (n+7)/8)
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), n)
}

// NewFixed makes a vector over existing fixed-width bytes without copying, e.g.
// an Arrow buffer. raw must be 8-byte aligned and hold at least n values.
func NewFixed(t types.Type, n int, raw []byte, valid Bitmap) *Vec {
	return &Vec{Type: t, Len: n, Valid: valid, fixed: raw[:n*PhysOf(t).Width()]}
}

// FromSlice makes a vector over a Go slice without copying it.
func FromSlice[T Fixed](t types.Type, s []T, valid Bitmap) *Vec {
	var z T
	n := len(s) * int(unsafe.Sizeof(z))
	return &Vec{Type: t, Len: len(s), Valid: valid, fixed: unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), n)}
}

// Slice gives the fixed-width values of the vector as a Go slice of length Len.
// T must be the Go type of the vector's layout.
func Slice[T Fixed](v *Vec) []T {
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(v.fixed))), v.Len)
}

// Typed shorthands of Slice.
func (v *Vec) Bools() []bool       { return Slice[bool](v) }
func (v *Vec) Int8s() []int8       { return Slice[int8](v) }
func (v *Vec) Int16s() []int16     { return Slice[int16](v) }
func (v *Vec) Int32s() []int32     { return Slice[int32](v) }
func (v *Vec) Int64s() []int64     { return Slice[int64](v) }
func (v *Vec) Float32s() []float32 { return Slice[float32](v) }
func (v *Vec) Float64s() []float64 { return Slice[float64](v) }
func (v *Vec) Decimals() []Decimal { return Slice[Decimal](v) }

// Raw gives the bytes of a fixed-width vector; they must not be changed once the
// vector is part of an emitted batch.
func (v *Vec) Raw() []byte { return v.fixed }

// Phys gives the layout of the vector.
func (v *Vec) Phys() Phys { return PhysOf(v.Type) }

// BytesAt gives the bytes of row i of a PhysBytes vector, without copying.
func (v *Vec) BytesAt(i int) []byte { return v.Data[v.Off[i]:v.Off[i+1]:v.Off[i+1]] }

// StringAt gives the bytes of row i as a string that shares the vector's memory.
func (v *Vec) StringAt(i int) string {
	b := v.Data[v.Off[i]:v.Off[i+1]]
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// IsNull reports whether row i is NULL.
func (v *Vec) IsNull(i int) bool { return v.Valid != nil && !v.Valid.Get(i) }

// HasNulls reports whether any row may be NULL.
func (v *Vec) HasNulls() bool { return v.Valid != nil }

// SetNull makes row i NULL; only for vectors under construction.
func (v *Vec) SetNull(i int) {
	if v.Valid == nil {
		v.Valid = NewBitmapSet(v.Len)
	}
	v.Valid.Clear(i)
}

// As gives the same values under another type with the same layout.
func (v *Vec) As(t types.Type) *Vec {
	w := *v
	w.Type = t
	return &w
}
