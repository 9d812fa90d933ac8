package agg

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/types"
)

var approxEntries = []*Entry{{
	Function: insertOnly(function("APPROX_COUNT_DISTINCT(value)",
		"about how many different values there are; exact up to some hundreds, then within about 1 %",
		example("APPROX_COUNT_DISTINCT(x)", "2"), func(c catalog.Call) (catalog.Resolved, error) {
			t, err := orderedArg("APPROX_COUNT_DISTINCT", c)
			if err == nil && t.Kind == types.Boolean {
				err = refuse("APPROX_COUNT_DISTINCT", t, "a number, text or time")
			}
			if err != nil {
				return catalog.Resolved{}, err
			}
			return sameArgs(c, types.Int64.NotNull())
		})),
	OwnDistinct: true,
	New:         func(c Config) (Acc, error) { return &approxDistinct{}, nil },
}}

func insertOnly(f catalog.Function) catalog.Function { f.InsertOnly = true; return f }

// approxDistinct is a HyperLogLog a group. Few values are kept as their hashes and
// counted exactly; more go into sketchSize registers, each of which holds the
// longest run of zero bits met among the hashes that fall to it. Its partial is the
// hashes (8 bytes each) or, recognised by their number, the registers.
type approxDistinct struct {
	cells  []sketch
	hashes []uint64 // scratch
	size   int64
}

const (
	sketchBits = 14
	sketchSize = 1 << sketchBits
	exactMax   = 512 // hashes: less than a sketch takes
)

// sketch holds sorted hashes until registers are there.
type sketch struct {
	exact     []uint64
	registers []byte
}

func (a *approxDistinct) Grow(n int) { a.cells = growTo(a.cells, n) }

func (a *approxDistinct) Add(ids []int32, args []*vec.Vec, rows []int32) {
	v := args[0]
	a.hashes = growTo(a.hashes, v.Len)[:v.Len]
	vec.HashColumns(args[:1], a.hashes)
	for j, id := range ids {
		if r := int(rowAt(rows, j)); !v.IsNull(r) {
			a.put(&a.cells[id], scramble(a.hashes[r]))
		}
	}
}

// scramble makes a row hash fit for estimating: that of consecutive integers is
// spread more evenly than chance would.
func scramble(h uint64) uint64 {
	h = (h ^ h>>33) * 0xFF51AFD7ED558CCD
	h = (h ^ h>>33) * 0xC4CEB9FE1A85EC53
	return h ^ h>>33
}

func (a *approxDistinct) put(s *sketch, h uint64) {
	if s.registers != nil {
		s.set(h)
		return
	}
	at, found := slices.BinarySearch(s.exact, h)
	if found {
		return
	}
	if len(s.exact) < exactMax {
		before := cap(s.exact)
		s.exact = slices.Insert(s.exact, at, h)
		a.size += int64(cap(s.exact)-before) * 8
		return
	}
	a.spread(s)
	s.set(h)
}

// spread moves from hashes to registers.
func (a *approxDistinct) spread(s *sketch) {
	if s.registers != nil {
		return
	}
	a.size += sketchSize - int64(cap(s.exact))*8
	s.registers = make([]byte, sketchSize)
	for _, h := range s.exact {
		s.set(h)
	}
	s.exact = nil
}

func (s *sketch) set(h uint64) {
	r := &s.registers[h>>(64-sketchBits)]
	*r = max(*r, byte(bits.LeadingZeros64(h<<sketchBits|1<<(sketchBits-1))+1))
}

// estimate is HyperLogLog's, by counting empty registers while there are many.
func (s *sketch) estimate() int64 {
	if s.registers == nil {
		return int64(len(s.exact))
	}
	const m = float64(sketchSize)
	sum, empty := 0.0, 0
	for _, r := range s.registers {
		sum += math.Ldexp(1, -int(r))
		if r == 0 {
			empty++
		}
	}
	e := 0.7213 / (1 + 1.079/m) * m * m / sum
	if e <= 2.5*m && empty > 0 {
		e = m * math.Log(m/float64(empty))
	}
	return int64(math.Round(e))
}

func (a *approxDistinct) Retract([]int32, []*vec.Vec, []int32) { noRetract() }

func (a *approxDistinct) Merge(ids []int32, partial []*vec.Vec) {
	for j, id := range ids {
		s, b := &a.cells[id], partial[0].BytesAt(j)
		if len(b) != sketchSize {
			for ; len(b) >= 8; b = b[8:] {
				a.put(s, binary.LittleEndian.Uint64(b))
			}
			continue
		}
		a.spread(s)
		for i, r := range b {
			s.registers[i] = max(s.registers[i], r)
		}
	}
}

func (a *approxDistinct) PartialTypes() []types.Type { return []types.Type{types.Bytes.NotNull()} }

func (a *approxDistinct) Partial(ids []int32) []*vec.Vec {
	out := vec.NewBuilder(types.Bytes.NotNull(), len(ids))
	for _, id := range ids {
		s := &a.cells[id]
		buf := append(out.BytesBuf(), s.registers...)
		for _, h := range s.exact {
			buf = binary.LittleEndian.AppendUint64(buf, h)
		}
		out.EndBytes(buf)
	}
	return []*vec.Vec{out.Finish()}
}

func (a *approxDistinct) Result(ids []int32) (*vec.Vec, error) {
	out := make([]int64, len(ids))
	for j, id := range ids {
		out[j] = a.cells[id].estimate()
	}
	return vec.FromSlice(types.Int64.NotNull(), out, nil), nil
}

func (a *approxDistinct) Reset(ids []int32) {
	for _, id := range ids {
		a.size -= int64(cap(a.cells[id].exact)*8 + len(a.cells[id].registers))
		a.cells[id] = sketch{}
	}
}

func (a *approxDistinct) Bytes() int64 { return int64(cap(a.cells))*48 + a.size }
