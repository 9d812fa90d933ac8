package parquet

import (
	"encoding/binary"
	"time"

	pq "github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
)

// entries are the entries of a column at some depth of nesting: the row of the
// vector each belongs to (-1 = there is none: an ancestor is NULL or empty) and its
// levels. Shredding a column turns the entries of its rows, level by level, into
// those of its leaves.
type entries struct {
	rows       []int32
	defs, reps []int16
}

// topEntries has one entry a row.
func topEntries(n int) entries {
	e := entries{make([]int32, n), make([]int16, n), make([]int16, n)}
	for i := range e.rows {
		e.rows[i] = int32(i)
	}
	return e
}

// present gives the entries one level deeper where v is not NULL. Columns that are
// NOT NULL have no such level; a NULL in one is an error.
func (e entries) present(v *vec.Vec, nullable bool) (entries, error) {
	if !nullable {
		if v.HasNulls() {
			for _, r := range e.rows {
				if r >= 0 && v.IsNull(int(r)) {
					return e, diag.Errorf("W0502", diag.Span{}, "a NULL cannot be written to a NOT NULL column of a Parquet file")
				}
			}
		}
		return e, nil
	}
	out := entries{append([]int32(nil), e.rows...), append([]int16(nil), e.defs...), e.reps}
	for i, r := range out.rows {
		if r < 0 {
			continue
		}
		if v.IsNull(int(r)) {
			out.rows[i] = -1
		} else {
			out.defs[i]++
		}
	}
	return out, nil
}

// elements gives the entries of the elements of a list; rep is their repetition level.
func (e entries) elements(v *vec.Vec, rep int16) entries {
	var out entries
	add := func(row int32, def, rep int16) {
		out.rows, out.defs, out.reps = append(out.rows, row), append(out.defs, def), append(out.reps, rep)
	}
	for i, r := range e.rows {
		if r < 0 || v.Off[r] == v.Off[r+1] {
			add(-1, e.defs[i], e.reps[i])
			continue
		}
		level := e.reps[i]
		for k := v.Off[r]; k < v.Off[r+1]; k++ {
			add(k, e.defs[i]+1, level)
			level = rep
		}
	}
	return out
}

// shred writes a vector of type t to the leaves from next on and gives the leaf after them.
func (w *writer) shred(v *vec.Vec, t types.Type, e entries, rep int16, next int) (int, error) {
	e, err := e.present(v, t.Nullable)
	if err != nil {
		return 0, err
	}
	switch t.Kind {
	case types.Row:
		for i, f := range t.Fields {
			if next, err = w.shred(v.Kids[i], f.Type, e, rep, next); err != nil {
				return 0, err
			}
		}
		return next, nil
	case types.Array:
		return w.shred(v.Kids[0], *t.Elem, e.elements(v, rep+1), rep+1, next)
	case types.Map, types.Multiset:
		kt, et := vec.MapTypes(t)
		inner := e.elements(v, rep+1)
		if next, err = w.shred(v.Kids[0], kt.NotNull(), inner, rep+1, next); err != nil {
			return 0, err
		}
		return w.shred(v.Kids[1], et, inner, rep+1, next)
	default:
		return next + 1, w.leaf(v, t, e, next)
	}
}

// flat writes a top-level column without nesting, whose levels are simple.
func (w *writer) flat(v *vec.Vec, t types.Type, next int) error {
	n := v.Len
	switch {
	case !t.Nullable && v.HasNulls():
		_, err := topEntries(n).present(v, false)
		if err != nil {
			return err
		}
	case t.Nullable && v.HasNulls():
		e, err := topEntries(n).present(v, true)
		if err != nil {
			return err
		}
		return w.leaf(v, t, e, next)
	}
	e := entries{}
	if t.Nullable {
		e.defs = w.ones(n)
	}
	return w.write(v, t, next, e.defs, nil)
}

// ones gives n definition levels of 1.
func (w *writer) ones(n int) []int16 {
	for len(w.one) < n {
		w.one = append(w.one, 1)
	}
	return w.one[:n]
}

// leaf writes the entries of a leaf.
func (w *writer) leaf(v *vec.Vec, t types.Type, e entries, next int) error {
	sel := make([]int32, 0, len(e.rows))
	for _, r := range e.rows {
		if r >= 0 {
			sel = append(sel, r)
		}
	}
	return w.write(vec.Take(v, sel), t, next, e.defs, e.reps)
}

// chunkWriter is a column chunk writer of one physical type.
type chunkWriter[T any] interface {
	WriteBatch(values []T, defLevels, repLevels []int16) (valueOffset int64, err error)
}

func put[T any](c file.ColumnChunkWriter, values []T, defs, reps []int16) error {
	_, err := c.(chunkWriter[T]).WriteBatch(values, defs, reps)
	return err
}

// convert fills a slice of another type.
func convert[T, U any](src []T, f func(T) U) []U {
	out := make([]U, len(src))
	for i, x := range src {
		out[i] = f(x)
	}
	return out
}

// write writes packed values and their levels to a leaf.
func (w *writer) write(v *vec.Vec, t types.Type, next int, defs, reps []int16) error {
	c, err := w.group.Column(next)
	if err != nil {
		return err
	}
	switch t.Kind {
	case types.Boolean:
		return put(c, v.Bools(), defs, reps)
	case types.TinyInt:
		return put(c, convert(v.Int8s(), func(x int8) int32 { return int32(x) }), defs, reps)
	case types.SmallInt:
		return put(c, convert(v.Int16s(), func(x int16) int32 { return int32(x) }), defs, reps)
	case types.Integer, types.Date, types.Time:
		return put(c, v.Int32s(), defs, reps)
	case types.BigInt, types.IntervalDayTime, types.IntervalYearMonth:
		return put(c, v.Int64s(), defs, reps)
	case types.Float:
		return put(c, v.Float32s(), defs, reps)
	case types.Double:
		return put(c, v.Float64s(), defs, reps)
	case types.Timestamp, types.TimestampLTZ:
		return w.timestamps(c, v, t, defs, reps)
	case types.Decimal:
		return w.decimals(c, v, t, defs, reps)
	default:
		values := make([]pq.ByteArray, v.Len)
		for i := range values {
			values[i] = v.BytesAt(i)
		}
		return put(c, values, defs, reps)
	}
}

func (w *writer) timestamps(c file.ColumnChunkWriter, v *vec.Vec, t types.Type, defs, reps []int16) error {
	from := int64(vec.UnitOf(t.Precision))
	var zone *time.Location
	if t.Kind == types.Timestamp {
		zone = w.local
	}
	xs := v.Int64s()
	if zone != nil {
		xs = convert(xs, func(x int64) int64 { return toInstant(x, from, zone) })
	}
	if w.opts.int96 {
		return put(c, convert(xs, func(x int64) pq.Int96 { return toInt96(x, from) }), defs, reps)
	}
	if to := unitNanos(w.opts.unit); to != from {
		xs = convert(xs, func(x int64) int64 { return changeUnit(x, from, to) })
	}
	return put(c, xs, defs, reps)
}

// toInstant gives the instant of a local time.
func toInstant(x, nanos int64, zone *time.Location) int64 {
	perSecond := int64(1e9) / nanos
	sec := floorDiv(x, perSecond)
	utc := time.Unix(sec, 0).UTC()
	local := time.Date(utc.Year(), utc.Month(), utc.Day(), utc.Hour(), utc.Minute(), utc.Second(), 0, zone)
	return local.Unix()*perSecond + x - sec*perSecond
}

// toInt96 gives nanoseconds of the day and Julian day.
func toInt96(x, nanos int64) (out pq.Int96) {
	perDay := int64(24*3600*1e9) / nanos
	day := floorDiv(x, perDay)
	binary.LittleEndian.PutUint64(out[:8], uint64((x-day*perDay)*nanos))
	binary.LittleEndian.PutUint32(out[8:], uint32(day+julianEpoch))
	return out
}

func (w *writer) decimals(c file.ColumnChunkWriter, v *vec.Vec, t types.Type, defs, reps []int16) error {
	switch {
	case t.Precision <= 9:
		return put(c, convert(v.Int64s(), func(x int64) int32 { return int32(x) }), defs, reps)
	case t.Precision <= 18:
		return put(c, v.Int64s(), defs, reps)
	}
	size := decimalBytes(t.Precision)
	buf := make([]byte, 16*v.Len)
	return put(c, convert(v.Decimals(), func(d vec.Decimal) pq.FixedLenByteArray {
		b := buf[:16:16]
		buf = buf[16:]
		binary.BigEndian.PutUint64(b, uint64(d.HighBits()))
		binary.BigEndian.PutUint64(b[8:], d.LowBits())
		return b[16-size:]
	}), defs, reps)
}
