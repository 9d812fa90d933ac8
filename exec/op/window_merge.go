package op

import (
	"math"
	"slices"

	"github.com/weir-sql/weir/planner/rex"
)

// cumulateMerge puts CUMULATE windows together: each step's slice is added to what
// the longest window has gathered so far, so that a fire merges one slice.
type cumulateMerge struct {
	w       *windowAggShared
	longest map[int64]*slice // by the end of the longest window
}

func (m *cumulateMerge) window(end int64, into *windowView) {
	s := m.gathered(m.w.time.lastEnd(end))
	if step := m.w.slices[end]; step != nil {
		s.add(step)
		m.w.forget([]int64{end})
	}
	into.show(s)
}

// late rows go to the first step that has not fired, which is the next to be added.
func (m *cumulateMerge) target(end int64) int64 {
	for m.w.fired(end) {
		end += m.w.time.slide
	}
	return end
}

func (m *cumulateMerge) late(*slice) {}

func (m *cumulateMerge) forget(end int64) []int64 {
	for last := range m.longest {
		if last <= end {
			delete(m.longest, last)
		}
	}
	return nil
}

func (m *cumulateMerge) held() map[int64]*slice { return m.longest }

func (m *cumulateMerge) gathered(last int64) *slice {
	s := m.longest[last]
	if s == nil {
		s = m.w.newSlice(last)
		m.longest[last] = s
	}
	return s
}

// hopMerge puts HOP windows of few slices together: all slices, youngest first, as
// Flink does; so LISTAGG and its like list the youngest rows first.
type hopMerge struct{ w *windowAggShared }

func (m *hopMerge) window(end int64, into *windowView) {
	into.clear()
	for at := end; at > end-m.w.time.size; at -= m.w.time.slice {
		into.add(m.w.slices[at])
	}
}

func (m *hopMerge) late(*slice) {}

func (m *hopMerge) target(end int64) int64 { return end }

// forget lets go the slices whose last window has fired.
func (m *hopMerge) forget(end int64) []int64 {
	var out []int64
	for at := range m.w.slices {
		if m.w.time.lastEnd(at) <= end {
			out = append(out, at)
		}
	}
	return out
}

func (m *hopMerge) held() map[int64]*slice { return nil }

func (m *hopMerge) gathered(int64) *slice { return nil }

// hopBlocks puts HOP windows of many slices together, with about three merges a fire
// however many slices there are. Time is cut into blocks of about the square root of a
// window's slices, and a window is
//
//	      oldest block          whole blocks          youngest block
//	… |   .  [a . . . .  | . . . . . | . . . . . |  . . . b]  . | …
//	          suffix[a]            middle               prefix
//
// The prefix grows by a slice a fire. When the window's start enters a block, the
// suffixes of the block are made from its end to its beginning, once for all starts in it; when
// the start or the end enters a block, the middle is put together anew. Both cost as
// many merges as a block has slices, once a block.
//
// A row that comes late changes a slice below these: what was made of its block is
// dropped and made again from the slices.
type hopBlocks struct {
	hopMerge
	n      int64            // slices in a block
	blocks map[int64]*slice // whole blocks by number
	suffix map[int64]*slice // by the end of their first slice
	oldest int64            // block of the suffixes
	middle *slice
	from   int64 // blocks [from, to) are in the middle
	to     int64
	prefix *slice
	young  int64 // block of the prefix
	upto   int64 // end of the last slice in the prefix
}

const (
	fewSlices = 8
	noBlock   = math.MinInt64
)

func newHopMerge(w *windowAggShared, sliceCount int64, ordered bool) sliceMerge {
	if sliceCount <= fewSlices || ordered {
		return &hopMerge{w}
	}
	m := &hopBlocks{hopMerge: hopMerge{w}, n: int64(math.Ceil(math.Sqrt(float64(sliceCount)))), blocks: map[int64]*slice{}}
	m.reset()
	return m
}

func (m *hopBlocks) reset() {
	m.suffix, m.oldest = map[int64]*slice{}, noBlock
	m.middle, m.prefix, m.young = nil, nil, noBlock
}

// block is the number of the block that a slice lies in, last the end of its last slice.
func (m *hopBlocks) block(end int64) int64 {
	t := m.w.time
	return floorDiv(floorDiv(end-t.offset, t.slice), m.n)
}

func (m *hopBlocks) last(block int64) int64 {
	t := m.w.time
	return ((block+1)*m.n-1)*t.slice + t.offset
}

func (m *hopBlocks) window(end int64, into *windowView) {
	t := m.w.time
	first := end - t.size + t.slice
	a, b := m.block(first), m.block(end)
	into.clear()
	into.add(m.grow(b, end))
	into.add(m.between(a+1, b))
	into.add(m.rest(a, first))
}

// grow gives the slices of the youngest block up to end.
func (m *hopBlocks) grow(b, end int64) *slice {
	t := m.w.time
	if m.young != b || m.prefix == nil {
		if m.prefix != nil && m.upto == m.last(m.young) {
			m.blocks[m.young] = m.prefix
		}
		m.prefix, m.young, m.upto = m.w.newSlice(end), b, m.last(b-1)
	}
	for at := m.upto + t.slice; at <= end; at += t.slice {
		m.prefix.add(m.w.slices[at])
		m.upto = at
	}
	return m.prefix
}

// between gives the whole blocks [from, to).
func (m *hopBlocks) between(from, to int64) *slice {
	if m.middle != nil && m.from == from && m.to == to {
		return m.middle
	}
	m.middle, m.from, m.to = m.w.newSlice(0), from, to
	for k := from; k < to; k++ {
		s := m.blocks[k]
		if s == nil {
			s = m.w.newSlice(0)
			for at := m.last(k - 1); at < m.last(k); {
				at += m.w.time.slice
				s.add(m.w.slices[at])
			}
			m.blocks[k] = s
		}
		m.middle.add(s)
	}
	return m.middle
}

// rest gives the slices of the oldest block from first on.
func (m *hopBlocks) rest(a, first int64) *slice {
	if m.oldest != a {
		m.oldest = a
		clear(m.suffix)
		var all *slice
		for at := m.last(a); at >= first; at -= m.w.time.slice {
			s := m.w.newSlice(at)
			s.add(all)
			s.add(m.w.slices[at])
			m.suffix[at], all = s, s
		}
	}
	return m.suffix[first]
}

func (m *hopBlocks) late(s *slice) {
	b := m.block(s.end)
	delete(m.blocks, b)
	m.middle = nil
	if b == m.oldest {
		m.oldest = noBlock
	}
	if b == m.young {
		m.prefix, m.young = nil, noBlock
	}
}

// forget lets go what no window to come needs.
func (m *hopBlocks) forget(end int64) []int64 {
	t := m.w.time
	next := end + t.slide - t.size + t.slice
	for at := range m.suffix {
		if at < next {
			delete(m.suffix, at)
		}
	}
	for b := range m.blocks {
		if m.last(b) < next || b == m.oldest {
			delete(m.blocks, b)
		}
	}
	return m.hopMerge.forget(end)
}

// windowView is a window put together: accumulators, and where the keys are in them.
type windowView struct {
	w     *windowAggShared
	end   int64
	aggs  *aggSet
	place []int32 // by key id: its place in aggs, -1 = it has no rows
	own   *aggSet // where slices are put together, by key id
	kids  []int32 // keys in own
}

// show takes the accumulators of a slice as they are.
func (v *windowView) show(s *slice) {
	v.clear()
	v.aggs = s.aggs
	for id, kid := range s.kids {
		v.place[kid] = int32(id)
	}
}

// clear starts with no slice.
func (v *windowView) clear() {
	if v.own == nil {
		v.own = v.w.newAggs()
	}
	v.own.reset(v.kids)
	v.own.grow(v.w.keys.Cap())
	v.kids, v.aggs = v.kids[:0], v.own
	v.place = scratch(v.place, v.w.keys.Cap())
	for i := range v.place {
		v.place[i] = -1
	}
}

// add takes all of a slice in.
func (v *windowView) add(s *slice) {
	if s == nil {
		return
	}
	for _, kid := range s.kids {
		if v.place[kid] < 0 {
			v.place[kid] = kid
			v.kids = append(v.kids, kid)
		}
	}
	v.own.merge(s.kids, s.aggs.partial(iota32(len(s.kids))))
}

// dropEmpty leaves out the keys with as many rows taken back as added.
func (v *windowView) dropEmpty() {
	var kids, ids []int32
	for kid, id := range v.place {
		if id >= 0 {
			kids, ids = append(kids, int32(kid)), append(ids, id)
		}
	}
	if len(ids) == 0 {
		return
	}
	partial := v.aggs.partial(ids)
	for i, n := range partial[len(partial)-1].Int64s() {
		if n == 0 {
			v.place[kids[i]] = -1
		}
	}
}

// ordered reports whether a call's value depends on the order in which slices are
// put together.
func (w *windowInput) ordered() bool {
	return slices.ContainsFunc(w.calls, func(c rex.AggCall) bool {
		switch c.Fn {
		case "COUNT", "SUM", "$SUM0", "SUM0", "AVG", "MIN", "MAX", "VAR_POP", "VAR_SAMP", "VARIANCE", "STDDEV_POP", "STDDEV_SAMP", "STDDEV",
			"APPROX_COUNT_DISTINCT", "COLLECT":
			return false
		}
		return true
	})
}
