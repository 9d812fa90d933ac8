package datagen

import (
	"math"
	"math/bits"
	"strconv"
	"time"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// moment is what generated times refer to.
type moment struct {
	now  time.Time
	zone *time.Location
}

// generator makes the values of rows [from, from+n) of a column.
type generator interface {
	fill(from int64, n int, m moment) *vec.Vec
}

// stream is a field's source of random numbers: one for every row, in any order.
type stream uint64

// at gives the number of a row.
func (s stream) at(row int64) uint64 { return mix(uint64(s) + uint64(row)*0x9E3779B97F4A7C15) }

// mix is the finalizer of SplitMix64.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

// below scales a random number to [0, span); span 0 stands for 2^64.
func below(x, span uint64) uint64 {
	if span == 0 {
		return x
	}
	hi, _ := bits.Mul64(x, span)
	return hi
}

// nothing stands for a field whose options are wrong.
type nothing struct{ t types.Type }

func (g nothing) fill(_ int64, n int, _ moment) *vec.Vec {
	b := vec.NewBuilder(g.t, n)
	for range n {
		b.Null()
	}
	return b.Finish()
}

// nullable makes a share of another generator's values NULL.
type nullable struct {
	generator
	s    stream
	rate uint64 // of 2^53
}

func (g *nullable) fill(from int64, n int, m moment) *vec.Vec {
	v := g.generator.fill(from, n, m)
	valid := vec.NewBitmapSet(n)
	for i := range n {
		if g.s.at(from+int64(i))>>11 < g.rate {
			valid.Clear(i)
		}
	}
	out := *v
	out.Valid = vec.And(v.Valid, valid, n)
	return &out
}

// integers are low plus a random number below span; also the unscaled values of
// decimals.
type integers struct {
	t    types.Type
	s    stream
	low  int64
	span uint64 // 0 = 2^64
}

func (g *integers) fill(from int64, n int, _ moment) *vec.Vec {
	v := vec.New(g.t, n)
	switch v.Phys() {
	case vec.PhysI8:
		fillIntegers(g, v.Int8s(), from)
	case vec.PhysI16:
		fillIntegers(g, v.Int16s(), from)
	case vec.PhysI32:
		fillIntegers(g, v.Int32s(), from)
	case vec.PhysDec:
		for i, d := 0, v.Decimals(); i < n; i++ {
			d[i] = vec.DecimalOf(g.low + int64(below(g.s.at(from+int64(i)), g.span)))
		}
	default:
		fillIntegers(g, v.Int64s(), from)
	}
	return v
}

func fillIntegers[T int8 | int16 | int32 | int64](g *integers, dst []T, from int64) {
	low, span, x := g.low, g.span, uint64(g.s)+uint64(from)*0x9E3779B97F4A7C15
	for i := range dst {
		dst[i] = T(low + int64(below(mix(x), span)))
		x += 0x9E3779B97F4A7C15
	}
}

// sequence counts up from start.
type sequence struct {
	t     types.Type
	start int64
}

func (g *sequence) fill(from int64, n int, _ moment) *vec.Vec {
	first := g.start + from
	if g.t.IsCharacter() {
		b := vec.NewBuilder(g.t, n)
		for i := range int64(n) {
			b.EndBytes(strconv.AppendInt(b.BytesBuf(), first+i, 10))
		}
		return b.Finish()
	}
	v := vec.New(g.t, n)
	switch v.Phys() {
	case vec.PhysI8:
		count(v.Int8s(), first)
	case vec.PhysI16:
		count(v.Int16s(), first)
	case vec.PhysI32:
		count(v.Int32s(), first)
	case vec.PhysF32:
		count(v.Float32s(), first)
	case vec.PhysF64:
		count(v.Float64s(), first)
	case vec.PhysDec:
		for i, d := 0, v.Decimals(); i < n; i++ {
			d[i] = vec.DecimalOf(first + int64(i)).IncreaseScaleBy(int32(g.t.Scale))
		}
	default:
		count(v.Int64s(), first)
		for range g.t.Scale { // DECIMAL: whole numbers
			for i, xs := 0, v.Int64s(); i < n; i++ {
				xs[i] *= 10
			}
		}
	}
	return v
}

func count[T int8 | int16 | int32 | int64 | float32 | float64](dst []T, first int64) {
	for i := range dst {
		dst[i] = T(first + int64(i))
	}
}

type booleans struct{ s stream }

func (g *booleans) fill(from int64, n int, _ moment) *vec.Vec {
	v := vec.New(types.Bool, n)
	for i, out := 0, v.Bools(); i < n; i++ {
		out[i] = g.s.at(from+int64(i))>>63 != 0
	}
	return v
}

// floats are uniform in [low, low+span).
type floats struct {
	t         types.Type
	s         stream
	low, span float64
}

func (g *floats) fill(from int64, n int, _ moment) *vec.Vec {
	v := vec.New(g.t, n)
	unit := g.span / (1 << 53)
	if v.Phys() == vec.PhysF32 {
		for i, out := 0, v.Float32s(); i < n; i++ {
			out[i] = float32(g.low + float64(g.s.at(from+int64(i))>>11)*unit)
		}
		return v
	}
	for i, out := 0, v.Float64s(); i < n; i++ {
		out[i] = g.low + float64(g.s.at(from+int64(i))>>11)*unit
	}
	return v
}

// texts are hexadecimal digits, or bytes.
type texts struct {
	t      types.Type
	s      stream
	length int64
	varied bool // any length from 1 up to length
}

func (g *texts) fill(from int64, n int, _ moment) *vec.Vec {
	v := &vec.Vec{Type: g.t, Len: n, Off: make([]int32, 1, n+1), Data: make([]byte, 0, int64(n)*g.length)}
	for i := range int64(n) {
		x := g.s.at(from + i)
		size := g.length
		if g.varied && size > 0 {
			size = 1 + int64(below(mix(x+1), uint64(size)))
		}
		if g.t.IsCharacter() {
			v.Data = appendHex(v.Data, x, size)
		} else {
			v.Data = appendRandom(v.Data, x, size)
		}
		v.Off = append(v.Off, int32(len(v.Data)))
	}
	return v
}

// appendHex appends digits, 16 of each random word.
func appendHex(dst []byte, x uint64, n int64) []byte {
	const digits = "0123456789abcdef"
	for left := 0; n > 0; n-- {
		if left == 0 {
			x, left = mix(x+0x9E3779B97F4A7C15), 16
		}
		dst = append(dst, digits[x&15])
		x >>= 4
		left--
	}
	return dst
}

func appendRandom(dst []byte, x uint64, n int64) []byte {
	for left := 0; n > 0; n-- {
		if left == 0 {
			x, left = mix(x+0x9E3779B97F4A7C15), 8
		}
		dst = append(dst, byte(x))
		x >>= 8
		left--
	}
	return dst
}

// today is the current date or time of day.
type today struct{ t types.Type }

func (g *today) fill(_ int64, n int, m moment) *vec.Vec {
	local := m.now.In(m.zone)
	_, offset := local.Zone()
	sec := m.now.Unix() + int64(offset)
	x := int32(math.Floor(float64(sec) / 86400))
	if g.t.Kind == types.Time {
		x = int32(sec-int64(x)*86400)*1000 + int32(m.now.Nanosecond()/1e6)
	}
	v := vec.New(g.t, n)
	for i, out := 0, v.Int32s(); i < n; i++ {
		out[i] = x
	}
	return v
}

// past is a time at most so long ago.
type past struct {
	t    types.Type
	s    stream
	most time.Duration
}

func (g *past) fill(from int64, n int, m moment) *vec.Vec {
	v := vec.New(g.t, n)
	perMilli := int64(vec.Milli / vec.UnitOf(g.t.Precision))
	now, span := m.now.UnixMilli(), uint64(g.most.Milliseconds())
	for i, out := 0, v.Int64s(); i < n; i++ {
		x := now
		if span > 0 {
			x -= int64(below(g.s.at(from+int64(i)), span))
		}
		out[i] = x * perMilli
	}
	return v
}

// lists have a fixed number of elements.
type lists struct {
	t      types.Type
	length int
	elem   generator
}

func (g *lists) fill(from int64, n int, m moment) *vec.Vec {
	v := &vec.Vec{Type: g.t, Len: n, Off: make([]int32, n+1)}
	for i := range v.Off {
		v.Off[i] = int32(i * g.length)
	}
	v.Kids = []*vec.Vec{g.elem.fill(from*int64(g.length), n*g.length, m)}
	return v
}

// maps have up to a number of entries: of equal keys the first stays.
type maps struct {
	t          types.Type
	length     int
	key, value generator
}

func (g *maps) fill(from int64, n int, m moment) *vec.Vec {
	keys := g.key.fill(from*int64(g.length), n*g.length, m)
	values := g.value.fill(from*int64(g.length), n*g.length, m)
	v := &vec.Vec{Type: g.t, Len: n, Off: make([]int32, 1, n+1)}
	sel := make([]int32, 0, n*g.length)
	one := []*vec.Vec{keys}
	for i := range n {
		first := i * g.length
	next:
		for k := first; k < first+g.length; k++ {
			for before := first; before < k; before++ {
				if vec.Equal(one, before, one, k) {
					continue next
				}
			}
			sel = append(sel, int32(k))
		}
		v.Off = append(v.Off, int32(len(sel)))
	}
	v.Kids = []*vec.Vec{vec.Take(keys, sel), vec.Take(values, sel)}
	return v
}

type rows struct {
	t      types.Type
	fields []generator
}

func (g *rows) fill(from int64, n int, m moment) *vec.Vec {
	v := &vec.Vec{Type: g.t, Len: n}
	for _, f := range g.fields {
		v.Kids = append(v.Kids, f.fill(from, n, m))
	}
	return v
}
