package op

import (
	"math"
	"slices"

	"github.com/weir-sql/weir/planner/physical"
)

// windowSums puts the panes of a sliding window together. Windows are asked for in the
// order of their ends.
type windowSums interface {
	// move takes the panes of the window that ends at end in, and those before it out.
	move(end int64)
	// has reports whether a key has rows in the window.
	has(kid int32) bool
	// result gives accumulators and the place of every key in them. They are good until the
	// next call.
	result(kids []int32) (*aggSet, []int32)
	// leave tells that panes up to lo are about to be let go.
	leave(lo int64)
	// change stands around a change of entries by late rows: before and after it.
	change(entries []int32, after bool)
}

// fewPanes is how many panes a window has at most that are put together one by one.
const fewPanes = 8

// newWindowSums chooses how the panes of windows are put together:
//
//   - TUMBLE and CUMULATE gather panes until their longest window ends;
//   - HOP adds the new panes to the sums of the last window and takes the old ones out, if
//     all calls can do that exactly;
//   - else two stacks a key give a window in two merges;
//   - a HOP of few panes, and calls whose value depends on the order (LISTAGG), take
//     the entries of every key one by one.
func (w *windowAggShared) newWindowSums(t *windowTime) windowSums {
	switch {
	case t.kind != physical.Hop:
		return &gatheredSums{w: w, t: t, sums: w.newAggs(), start: math.MinInt64, upto: math.MinInt64}
	case physical.OrderMatters(w.calls):
		return &listedSums{w: w, t: t, sums: w.newAggs(), oldestFirst: w.spec.Legacy}
	}
	if sums := w.newAggs(); sums.invertible() {
		return &runningSums{w: w, t: t, sums: sums, lo: math.MinInt64, upto: math.MinInt64}
	}
	if t.size/t.slice <= fewPanes {
		return &listedSums{w: w, t: t, sums: w.newAggs()}
	}
	return newStackedSums(w, t)
}

// gatheredSums gathers panes in sums by key until another window begins. Panes that it has
// are needed no more.
type gatheredSums struct {
	w     *windowAggShared
	t     *windowTime
	sums  *aggSet
	in    []bool // by key: whether it has sums
	kids  []int32
	start int64 // of the window that is gathered
	upto  int64 // the last pane in it
}

func (s *gatheredSums) move(end int64) {
	if start := s.t.start(end); start != s.start {
		s.clear()
		s.start, s.upto = start, start
	}
	p := s.w.panes
	p.between(s.upto, end, func(entries []int32) {
		kids := s.w.kidsOf(entries)
		s.add(kids)
		s.sums.merge(kids, p.aggs.partial(entries))
	})
	s.upto = end
}

// add makes room for keys.
func (s *gatheredSums) add(kids []int32) {
	s.in = resized(s.in, s.w.keys.Cap())
	s.sums.grow(s.w.keys.Cap())
	for _, kid := range kids {
		if !s.in[kid] {
			s.in[kid] = true
			s.kids = append(s.kids, kid)
			s.w.refs[kid]++
		}
	}
}

func (s *gatheredSums) clear() {
	for _, kid := range s.kids {
		s.in[kid] = false
		s.w.unref(kid)
	}
	s.sums.reset(s.kids)
	s.kids = s.kids[:0]
}

func (s *gatheredSums) has(kid int32) bool { return int(kid) < len(s.in) && s.in[kid] }

func (s *gatheredSums) result(kids []int32) (*aggSet, []int32) { return s.sums, kids }

func (s *gatheredSums) leave(lo int64) {
	if s.start != math.MinInt64 && lo >= s.t.lastEnd(s.start+s.t.slice) {
		s.clear()
		s.start = math.MinInt64
	}
}

func (s *gatheredSums) change([]int32, bool) {}

// runningSums keeps the sums of the panes of the last window by key.
type runningSums struct {
	w    *windowAggShared
	t    *windowTime
	sums *aggSet
	lo   int64 // panes in (lo, upto] are in the sums
	upto int64
}

func (s *runningSums) move(end int64) {
	lo := end - s.t.size
	s.leave(lo)
	s.sums.grow(s.w.keys.Cap())
	p := s.w.panes
	p.between(max(lo, s.upto), end, func(entries []int32) { s.sums.merge(s.w.kidsOf(entries), p.aggs.partial(entries)) })
	s.lo, s.upto = max(lo, s.lo), end
}

func (s *runningSums) leave(lo int64) {
	p := s.w.panes
	p.between(s.lo, min(lo, s.upto), func(entries []int32) { s.sums.unmerge(s.w.kidsOf(entries), p.aggs.partial(entries)) })
	s.lo = max(lo, s.lo)
}

func (s *runningSums) has(kid int32) bool { return s.w.panes.has(kid, s.upto-s.t.size, s.upto) }

func (s *runningSums) result(kids []int32) (*aggSet, []int32) { return s.sums, kids }

func (s *runningSums) change(entries []int32, after bool) {
	p := s.w.panes
	var in, kids []int32
	for _, e := range entries {
		if p.end[e] > s.lo && p.end[e] <= s.upto {
			in, kids = append(in, e), append(kids, p.kid[e])
		}
	}
	if len(in) == 0 {
		return
	}
	s.sums.grow(s.w.keys.Cap())
	if after {
		s.sums.merge(kids, p.aggs.partial(in))
	} else {
		s.sums.unmerge(kids, p.aggs.partial(in))
	}
}

// listedSums puts the entries of every key together when they are asked for: youngest first,
// as Flink merges slices, so that LISTAGG and its like list the youngest rows first;
// for legacy windows oldest first.
type listedSums struct {
	w           *windowAggShared
	t           *windowTime
	sums        *aggSet // by row of the result
	end         int64
	oldestFirst bool
	rows        []int32
	lists       []int32 // entries of all keys, one after the other
	off         []int32
}

func (s *listedSums) move(end int64) { s.end = end }

func (s *listedSums) has(kid int32) bool { return s.w.panes.has(kid, s.end-s.t.size, s.end) }

func (s *listedSums) result(kids []int32) (*aggSet, []int32) {
	rows := iota32(len(kids))
	s.sums.grow(len(kids))
	s.sums.reset(rows)
	p, lo := s.w.panes, s.end-s.t.size
	s.lists, s.off = s.lists[:0], append(s.off[:0], 0)
	longest := 0
	for _, kid := range kids {
		from := len(s.lists)
		for e := p.last(kid, lo, s.end); e >= 0 && p.end[e] > lo; e = p.older[e] {
			s.lists = append(s.lists, e)
		}
		if s.oldestFirst {
			slices.Reverse(s.lists[from:])
		}
		longest = max(longest, len(s.lists)-from)
		s.off = append(s.off, int32(len(s.lists)))
	}
	var entries []int32
	for k := range int32(longest) { // the k-th entries of all keys at once
		s.rows, entries = s.rows[:0], entries[:0]
		for j := range rows {
			if at := s.off[j] + k; at < s.off[j+1] {
				s.rows, entries = append(s.rows, int32(j)), append(entries, s.lists[at])
			}
		}
		s.sums.merge(s.rows, p.aggs.partial(entries))
	}
	return s.sums, rows
}

func (s *listedSums) leave(int64) {}

func (s *listedSums) change([]int32, bool) {}

// stackedSums gives a window of every key in two merges, by two stacks a key (the classic
// two-stacks queue of sliding windows):
//
//	       front                          back
//	suffix[e] … suffix[last]      one sum of all entries
//	e … last  … last              newer than last
//
// suffix[e] is the sum of the entries from e to last, so the window is suffix[front] and
// back. A new entry goes into back; an old one is taken off by stepping front to
// the next. When front has run out, all entries of the key become front: two merges
// an entry, once in its life. Keys run out at different times, which spreads the work.
type stackedSums struct {
	w      *windowAggShared
	t      *windowTime
	suffix *aggSet // by entry
	back   *aggSet // by key
	keys   []keyStacks
	res    *aggSet // by row of the result
	lo     int64   // panes in (lo, upto] are in the stacks
	upto   int64
	turned []int32
}

// keyStacks is where the stacks of a key begin and end.
type keyStacks struct {
	ok          bool  // else they are made when they are wanted
	front, last int32 // entries; front -1 = none left
	back        bool  // there is something in back
}

func newStackedSums(w *windowAggShared, t *windowTime) *stackedSums {
	return &stackedSums{w: w, t: t, suffix: w.newAggs(), back: w.newAggs(), res: w.newAggs(), lo: math.MinInt64, upto: math.MinInt64}
}

func (s *stackedSums) move(end int64) {
	lo := end - s.t.size
	s.leave(lo)
	s.keys = resized(s.keys, s.w.keys.Cap())
	s.back.grow(s.w.keys.Cap())
	p := s.w.panes
	p.between(max(lo, s.upto), end, func(entries []int32) {
		var kids, in []int32
		for _, e := range entries {
			if k := &s.keys[p.kid[e]]; k.ok {
				k.back = true
				kids, in = append(kids, p.kid[e]), append(in, e)
			}
		}
		s.back.merge(kids, p.aggs.partial(in))
	})
	s.lo, s.upto = max(lo, s.lo), end
}

func (s *stackedSums) leave(lo int64) {
	p := s.w.panes
	s.keys = resized(s.keys, s.w.keys.Cap())
	p.between(s.lo, min(lo, s.upto), func(entries []int32) {
		for _, e := range entries {
			switch k := &s.keys[p.kid[e]]; {
			case !k.ok:
			case k.front == e && e != k.last:
				k.front = p.newer[e]
			case k.front == e && k.back:
				k.front = -1
			case k.front == e || k.front < 0: // the stacks are empty, or back has what leaves
				s.forget(p.kid[e])
			}
		}
	})
	s.lo = max(lo, s.lo)
}

// forget makes the stacks of a key anew when they are wanted.
func (s *stackedSums) forget(kid int32) {
	k := &s.keys[kid]
	if k.ok && k.back {
		s.back.reset([]int32{kid})
	}
	*k = keyStacks{}
}

// turn makes all entries of keys front.
func (s *stackedSums) turn(kids []int32) {
	p := s.w.panes
	s.suffix.grow(len(p.kid))
	s.back.reset(kids)
	at := make([]int32, len(kids)) // the entry whose turn it is
	for j, kid := range kids {
		at[j] = p.last(kid, s.lo, s.upto)
		s.keys[kid] = keyStacks{ok: true, front: at[j], last: at[j]}
	}
	s.suffix.reset(at)
	s.suffix.merge(at, p.aggs.partial(at))
	for len(at) > 0 {
		older, from := at[:0:0], at[:0:0]
		for _, e := range at {
			if o := p.older[e]; o >= 0 && p.end[o] > s.lo {
				older, from = append(older, o), append(from, e)
				s.keys[p.kid[e]].front = o
			}
		}
		s.suffix.reset(older)
		s.suffix.merge(older, p.aggs.partial(older))
		s.suffix.merge(older, s.suffix.partial(from))
		at = older
	}
}

func (s *stackedSums) has(kid int32) bool { return s.w.panes.has(kid, s.upto-s.t.size, s.upto) }

func (s *stackedSums) result(kids []int32) (*aggSet, []int32) {
	s.turned = s.turned[:0]
	for _, kid := range kids {
		if k := s.keys[kid]; (!k.ok || k.front < 0 && k.back) && s.w.panes.last(kid, s.lo, s.upto) >= 0 {
			s.turned = append(s.turned, kid)
		}
	}
	if len(s.turned) > 0 {
		s.turn(s.turned)
	}
	rows := iota32(len(kids))
	s.res.grow(len(kids))
	s.res.reset(rows)
	front, withFront := make([]int32, 0, len(kids)), make([]int32, 0, len(kids))
	var withBack, back []int32
	for j, kid := range kids {
		k := s.keys[kid]
		if !k.ok { // it has no rows in the window
			continue
		}
		front, withFront = append(front, k.front), append(withFront, int32(j))
		if k.back {
			withBack, back = append(withBack, int32(j)), append(back, kid)
		}
	}
	s.res.merge(withFront, s.suffix.partial(front))
	s.res.merge(withBack, s.back.partial(back))
	return s.res, rows
}

func (s *stackedSums) change(entries []int32, after bool) {
	if after {
		s.keys = resized(s.keys, s.w.keys.Cap())
		for _, e := range entries {
			s.forget(s.w.panes.kid[e])
		}
	}
}

// kidsOf gives the keys of entries.
func (w *windowAggShared) kidsOf(entries []int32) []int32 {
	w.entryKids = scratch(w.entryKids, len(entries))
	for j, e := range entries {
		w.entryKids[j] = w.panes.kid[e]
	}
	return w.entryKids
}
