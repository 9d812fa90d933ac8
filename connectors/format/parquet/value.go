package parquet

import (
	"encoding/binary"
	"math/bits"
	"time"

	pq "github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
)

// readOptions are what values need to know of the options.
type readOptions struct {
	local *time.Location // nil: TIMESTAMP values are as written
}

// chunkOf is a column chunk reader of one physical type.
type chunkOf[T any] interface {
	ReadBatch(batchSize int64, values []T, defLvls, repLvls []int16) (total int64, valuesRead int, err error)
}

// same reads values whose stored form is the vector's.
func same[T vec.Fixed](t types.Type) valueReader {
	return func(l *leaf, max int) (int, int, *vec.Vec, error) {
		v := vec.New(t, max)
		n, m, err := l.chunk.(chunkOf[T]).ReadBatch(int64(max), vec.Slice[T](v), l.defs, l.reps)
		return int(n), m, v, err
	}
}

// converted reads values and converts them.
func converted[T any, U vec.Fixed](t types.Type, convert func(dst []U, src []T) error) valueReader {
	var scratch []T
	return func(l *leaf, max int) (int, int, *vec.Vec, error) {
		if len(scratch) < max {
			scratch = make([]T, max)
		}
		n, m, err := l.chunk.(chunkOf[T]).ReadBatch(int64(max), scratch[:max], l.defs, l.reps)
		if err != nil {
			return 0, 0, nil, err
		}
		v := vec.New(t, max)
		return int(n), m, v, convert(vec.Slice[U](v)[:m], scratch[:m])
	}
}

// each makes a conversion of single values.
func each[T any, U vec.Fixed](f func(T) U) func(dst []U, src []T) error {
	return func(dst []U, src []T) error {
		for i, x := range src {
			dst[i] = f(x)
		}
		return nil
	}
}

// mapped reads values converted one by one.
func mapped[T any, U vec.Fixed](t types.Type, f func(T) U) valueReader { return converted(t, each(f)) }

// pageChunk reads values that alias the page they are in.
type pageChunk[T any] interface {
	HasNext() bool
	ReadBatchInPage(batchSize int64, values []T, defLvls, repLvls []int16) (total int64, valuesRead int, err error)
}

// byteValues reads BYTE_ARRAY and FIXED_LEN_BYTE_ARRAY, page by page, copying the
// bytes behind each other.
func byteValues[T ~[]byte](t types.Type) valueReader {
	var scratch []T
	size := 16 // bytes a value, as seen last
	return func(l *leaf, max int) (entries, count int, v *vec.Vec, err error) {
		if len(scratch) < max {
			scratch = make([]T, max)
		}
		chunk := l.chunk.(pageChunk[T])
		v = &vec.Vec{Type: t, Off: make([]int32, 1, max+1), Data: make([]byte, 0, max*size)}
		for entries < max && chunk.HasNext() {
			var defs, reps []int16
			if l.defs != nil {
				defs = l.defs[entries:]
			}
			if l.reps != nil {
				reps = l.reps[entries:]
			}
			n, m, err := chunk.ReadBatchInPage(int64(max-entries), scratch, defs, reps)
			if err != nil {
				return 0, 0, nil, err
			}
			for _, x := range scratch[:m] {
				v.Data = append(v.Data, x...)
				v.Off = append(v.Off, int32(len(v.Data)))
			}
			entries += int(n)
			count += m
			if n == 0 {
				break
			}
		}
		clear(scratch) // they alias pages
		v.Len = count
		if count > 0 {
			size = len(v.Data)/count + 1
		}
		return entries, count, v, nil
	}
}

// readNothing reads levels only.
func readNothing(l *leaf, max int) (int, int, *vec.Vec, error) {
	var n int64
	var err error
	switch c := l.chunk.(type) {
	case *file.BooleanColumnChunkReader:
		n, _, err = c.ReadBatch(int64(max), make([]bool, max), l.defs, l.reps)
	case *file.Int32ColumnChunkReader:
		n, _, err = c.ReadBatch(int64(max), make([]int32, max), l.defs, l.reps)
	case *file.Int64ColumnChunkReader:
		n, _, err = c.ReadBatch(int64(max), make([]int64, max), l.defs, l.reps)
	case *file.Int96ColumnChunkReader:
		n, _, err = c.ReadBatch(int64(max), make([]pq.Int96, max), l.defs, l.reps)
	case *file.Float32ColumnChunkReader:
		n, _, err = c.ReadBatch(int64(max), make([]float32, max), l.defs, l.reps)
	case *file.Float64ColumnChunkReader:
		n, _, err = c.ReadBatch(int64(max), make([]float64, max), l.defs, l.reps)
	case *file.ByteArrayColumnChunkReader:
		n, _, err = c.ReadBatch(int64(max), make([]pq.ByteArray, max), l.defs, l.reps)
	case *file.FixedLenByteArrayColumnChunkReader:
		n, _, err = c.ReadBatch(int64(max), make([]pq.FixedLenByteArray, max), l.defs, l.reps)
	}
	return int(n), 0, nil, err
}

// valueReader chooses how a stored column becomes a type. Integers and floats may
// be wider in the table than in the file, decimals and timestamps of another scale.
func (b *builder) valueReader(name string, t types.Type, node *schema.PrimitiveNode) (valueReader, error) {
	phys := node.PhysicalType()
	switch t.Kind {
	case types.Boolean:
		if phys == pq.Types.Boolean {
			return same[bool](t), nil
		}
	case types.TinyInt, types.SmallInt, types.Integer, types.BigInt:
		if r := integerReader(t, node); r != nil {
			return r, nil
		}
	case types.Float:
		if phys == pq.Types.Float {
			return same[float32](t), nil
		}
	case types.Double:
		switch phys {
		case pq.Types.Double:
			return same[float64](t), nil
		case pq.Types.Float:
			return mapped(t, func(x float32) float64 { return float64(x) }), nil
		}
	case types.Char, types.VarChar, types.Binary, types.VarBinary:
		switch phys {
		case pq.Types.ByteArray:
			return byteValues[pq.ByteArray](t), nil
		case pq.Types.FixedLenByteArray:
			return byteValues[pq.FixedLenByteArray](t), nil
		}
	case types.Decimal:
		if r := decimalReader(t, node); r != nil {
			return r, nil
		}
	case types.Date:
		if phys == pq.Types.Int32 {
			return same[int32](t), nil
		}
	case types.Time:
		if r := timeReader(t, node); r != nil {
			return r, nil
		}
	case types.Timestamp, types.TimestampLTZ:
		if r := b.timestampReader(t, node); r != nil {
			return r, nil
		}
	case types.IntervalDayTime, types.IntervalYearMonth:
		if phys == pq.Types.Int64 {
			return same[int64](t), nil
		}
	}
	return nil, b.mismatch(name, t, node)
}

// integerReader reads INT32 and INT64; nil if the column does not hold integers that fit.
func integerReader(t types.Type, node *schema.PrimitiveNode) valueReader {
	unsigned := false
	if l, ok := node.LogicalType().(schema.IntLogicalType); ok {
		unsigned = !l.IsSigned()
	} else if l := node.LogicalType(); l != nil && !l.IsNone() {
		return nil // dates, times and decimals are no integers
	}
	switch node.PhysicalType() {
	case pq.Types.Int32:
		switch t.Kind {
		case types.TinyInt:
			return converted(t, narrow[int8](t))
		case types.SmallInt:
			return converted(t, narrow[int16](t))
		case types.Integer:
			return same[int32](t)
		default:
			if unsigned {
				return mapped(t, func(x int32) int64 { return int64(uint32(x)) })
			}
			return mapped(t, func(x int32) int64 { return int64(x) })
		}
	case pq.Types.Int64:
		if t.Kind == types.BigInt {
			return same[int64](t)
		}
	}
	return nil
}

// narrow converts INT32 to a smaller integer, which must hold the value.
func narrow[U int8 | int16](t types.Type) func(dst []U, src []int32) error {
	return func(dst []U, src []int32) error {
		for i, x := range src {
			if dst[i] = U(x); int32(dst[i]) != x {
				return diag.Errorf("W0515", diag.Span{}, "the value %d of a Parquet file is no %s", x, t.Null())
			}
		}
		return nil
	}
}

// decimalReader reads decimals of every stored form.
func decimalReader(t types.Type, node *schema.PrimitiveNode) valueReader {
	scale := 0
	switch l := node.LogicalType().(type) {
	case schema.DecimalLogicalType:
		scale = int(l.Scale())
	default:
		if l != nil && !l.IsNone() {
			if _, isInt := l.(schema.IntLogicalType); !isInt {
				return nil
			}
		}
	}
	wide := vec.PhysOf(t) == vec.PhysDec
	shift := t.Scale - scale
	switch node.PhysicalType() {
	case pq.Types.Int32:
		if wide {
			return rescaled(t, shift, func(x int32) vec.Decimal { return vec.DecimalOf(int64(x)) })
		}
		if shift == 0 {
			return mapped(t, func(x int32) int64 { return int64(x) })
		}
		return rescaledShort(t, shift, func(x int32) vec.Decimal { return vec.DecimalOf(int64(x)) })
	case pq.Types.Int64:
		if wide {
			return rescaled(t, shift, vec.DecimalOf)
		}
		if shift == 0 {
			return same[int64](t)
		}
		return rescaledShort(t, shift, vec.DecimalOf)
	case pq.Types.FixedLenByteArray:
		if wide {
			return rescaled(t, shift, bigEndian[pq.FixedLenByteArray])
		}
		return rescaledShort(t, shift, bigEndian[pq.FixedLenByteArray])
	case pq.Types.ByteArray:
		if _, ok := node.LogicalType().(schema.DecimalLogicalType); !ok {
			return nil
		}
		if wide {
			return rescaled(t, shift, bigEndian[pq.ByteArray])
		}
		return rescaledShort(t, shift, bigEndian[pq.ByteArray])
	}
	return nil
}

// rescaled reads unscaled numbers and brings them to the type's scale.
func rescaled[T any](t types.Type, shift int, f func(T) vec.Decimal) valueReader {
	return converted(t, func(dst []vec.Decimal, src []T) error {
		for i, x := range src {
			d, err := rescale(f(x), shift, t)
			if err != nil {
				return err
			}
			dst[i] = d
		}
		return nil
	})
}

func rescaledShort[T any](t types.Type, shift int, f func(T) vec.Decimal) valueReader {
	return converted(t, func(dst []int64, src []T) error {
		for i, x := range src {
			d, err := rescale(f(x), shift, t)
			if err != nil {
				return err
			}
			dst[i] = int64(d.LowBits())
		}
		return nil
	})
}

// rescale multiplies by 10^shift, rounding half up, and checks the precision.
func rescale(d vec.Decimal, shift int, t types.Type) (vec.Decimal, error) {
	if shift > 0 {
		d = d.IncreaseScaleBy(int32(shift))
	} else if shift < 0 {
		d = d.ReduceScaleBy(int32(-shift), true)
	}
	if !d.FitsInPrecision(int32(t.Precision)) {
		return d, diag.Errorf("W0515", diag.Span{}, "a decimal of a Parquet file has more digits than %s", t.Null())
	}
	return d, nil
}

// bigEndian reads a two's complement number of up to 16 bytes.
func bigEndian[T ~[]byte](b T) vec.Decimal {
	var hi, lo uint64
	if len(b) > 0 && b[0]&0x80 != 0 {
		hi, lo = ^uint64(0), ^uint64(0)
	}
	for _, c := range b {
		hi = hi<<8 | lo>>56
		lo = lo<<8 | uint64(c)
	}
	return vec.NewDecimal(int64(hi), lo)
}

// timeReader reads times of day, in milliseconds.
func timeReader(t types.Type, node *schema.PrimitiveNode) valueReader {
	l, ok := node.LogicalType().(schema.TimeLogicalType)
	if !ok {
		return nil
	}
	switch node.PhysicalType() {
	case pq.Types.Int32:
		return same[int32](t)
	case pq.Types.Int64:
		per := int64(1000)
		if l.TimeUnit() == schema.TimeUnitNanos {
			per = 1e6
		}
		return mapped(t, func(x int64) int32 { return int32(x / per) })
	}
	return nil
}

// timestampReader reads INT96 and INT64 timestamps in the type's unit.
func (b *builder) timestampReader(t types.Type, node *schema.PrimitiveNode) valueReader {
	target := int64(vec.UnitOf(t.Precision))
	var zone *time.Location
	if t.Kind == types.Timestamp {
		zone = b.opts.local
	}
	local := func(x int64) int64 { return toLocal(x, target, zone) }
	switch node.PhysicalType() {
	case pq.Types.Int96:
		return mapped(t, func(x pq.Int96) int64 { return local(int96(x, target)) })
	case pq.Types.Int64:
		l, ok := node.LogicalType().(schema.TimestampLogicalType)
		if !ok {
			return nil
		}
		unit := unitNanos(l.TimeUnit())
		if unit == target && zone == nil {
			return same[int64](t)
		}
		return mapped(t, func(x int64) int64 { return local(changeUnit(x, unit, target)) })
	}
	return nil
}

// toLocal gives the local time of an instant, both in units of nanos nanoseconds.
func toLocal(x, nanos int64, zone *time.Location) int64 {
	if zone == nil {
		return x
	}
	perSecond := int64(1e9) / nanos
	_, offset := time.Unix(floorDiv(x, perSecond), 0).In(zone).Zone()
	return x + int64(offset)*perSecond
}

func unitNanos(u schema.TimeUnitType) int64 {
	switch u {
	case schema.TimeUnitMillis:
		return 1e6
	case schema.TimeUnitMicros:
		return 1e3
	default:
		return 1
	}
}

// changeUnit turns a time in units of from nanoseconds into units of to, cutting off
// towards the past.
func changeUnit(x, from, to int64) int64 {
	if from >= to {
		return x * (from / to)
	}
	return floorDiv(x, to/from)
}

func floorDiv(x, y int64) int64 {
	q := x / y
	if x%y < 0 {
		q--
	}
	return q
}

// julianEpoch is the Julian day number of 1970-01-01.
const julianEpoch = 2440588

// int96 turns nanoseconds of the day and a Julian day into units of nanos
// nanoseconds since the epoch.
func int96(x pq.Int96, nanos int64) int64 {
	ofDay := int64(binary.LittleEndian.Uint64(x[:8]))
	day := int64(binary.LittleEndian.Uint32(x[8:])) - julianEpoch
	perDay := int64(24*3600*1e9) / nanos
	hi, lo := bits.Mul64(uint64(max(day, -day)), uint64(perDay))
	if hi != 0 || int64(lo) < 0 {
		return ofDay / nanos // such a day is no timestamp of 64 bits
	}
	return day*perDay + floorDiv(ofDay, nanos)
}
