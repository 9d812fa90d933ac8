package op

import (
	"slices"
)

// panes keeps what the rows of every key in every pane come to. A pane is the longest
// stretch of time that no window of an operator cuts in two, named by its end. What the
// rows of one key in one pane come to is an entry: it is updated once a row, however many
// windows the row belongs to. The entries of a key are chained by time, so that a key with
// few rows costs little however many panes a window has.
type panes struct {
	aggs   *aggSet
	kid    []int32 // by entry: the id of its key
	end    []int64 // by entry: the end of its pane
	older  []int32 // by entry: the key's entry in the pane before, -1 = none
	newer  []int32
	rows   []int64 // by entry: rows added less those taken back; nil if none are taken back
	free   []int32
	newest []int32           // by key id: its last entry, -1 = none
	byEnd  map[int64][]int32 // entries by pane, in the order in which they came
	ends   []int64           // panes with entries, in order of time
}

func newPanes(aggs *aggSet, retract bool) *panes {
	p := &panes{aggs: aggs, byEnd: map[int64][]int32{}}
	if retract {
		p.rows = []int64{}
	}
	return p
}

// grow makes room for key ids below n.
func (p *panes) grow(n int) {
	for len(p.newest) < n {
		p.newest = append(p.newest, -1)
	}
}

// find gives the entries of keys in a pane and calls fresh for every row j that makes one.
func (p *panes) find(kids []int32, end int64, ids []int32, fresh func(j int)) {
	list, known := p.byEnd[end]
	if !known {
		at, _ := slices.BinarySearch(p.ends, end)
		p.ends = slices.Insert(p.ends, at, end)
	}
	before := len(list)
	for j, kid := range kids {
		after, e := int32(-1), p.newest[kid]
		for e >= 0 && p.end[e] > end {
			after, e = e, p.older[e]
		}
		if e < 0 || p.end[e] != end {
			e = p.add(kid, end, e, after)
			list = append(list, e)
			fresh(j)
		}
		ids[j] = e
	}
	if len(list) > before || !known {
		p.byEnd[end] = list
	}
	p.aggs.grow(len(p.kid))
}

// add makes an entry between two others of its key.
func (p *panes) add(kid int32, end int64, older, newer int32) int32 {
	e := int32(len(p.kid))
	if n := len(p.free); n > 0 {
		e, p.free = p.free[n-1], p.free[:n-1]
		p.kid[e], p.end[e], p.older[e], p.newer[e] = kid, end, older, newer
	} else {
		p.kid, p.end = append(p.kid, kid), append(p.end, end)
		p.older, p.newer = append(p.older, older), append(p.newer, newer)
		if p.rows != nil {
			p.rows = append(p.rows, 0)
		}
	}
	if older >= 0 {
		p.newer[older] = e
	}
	if newer >= 0 {
		p.older[newer] = e
	} else {
		p.newest[kid] = e
	}
	return e
}

// between calls fn for the panes with ends in (lo, hi], in order of time.
func (p *panes) between(lo, hi int64, fn func(entries []int32)) {
	if lo >= hi {
		return
	}
	at, _ := slices.BinarySearch(p.ends, lo+1)
	for ; at < len(p.ends) && p.ends[at] <= hi; at++ {
		fn(p.byEnd[p.ends[at]])
	}
}

// after gives the first pane with an end behind t.
func (p *panes) after(t int64) (end int64, ok bool) {
	at, _ := slices.BinarySearch(p.ends, t+1)
	if at == len(p.ends) {
		return 0, false
	}
	return p.ends[at], true
}

// last gives the key's newest entry in (lo, hi], -1 if there is none.
func (p *panes) last(kid int32, lo, hi int64) int32 {
	e := p.newest[kid]
	for e >= 0 && p.end[e] > hi {
		e = p.older[e]
	}
	if e < 0 || p.end[e] <= lo {
		return -1
	}
	return e
}

// has reports whether a key has rows in (lo, hi], those taken back not counted.
func (p *panes) has(kid int32, lo, hi int64) bool {
	e := p.last(kid, lo, hi)
	if p.rows == nil {
		return e >= 0
	}
	n := int64(0)
	for ; e >= 0 && p.end[e] > lo; e = p.older[e] {
		n += p.rows[e]
	}
	return n != 0
}

// drop lets the panes up to an end go and calls gone for the key of every entry.
func (p *panes) drop(upto int64, gone func(kid int32)) {
	n := 0
	for ; n < len(p.ends) && p.ends[n] <= upto; n++ {
		entries := p.byEnd[p.ends[n]]
		delete(p.byEnd, p.ends[n])
		for _, e := range entries {
			if newer := p.newer[e]; newer >= 0 {
				p.older[newer] = -1
			} else {
				p.newest[p.kid[e]] = -1
			}
			if p.rows != nil {
				p.rows[e] = 0
			}
			gone(p.kid[e])
		}
		p.aggs.reset(entries)
		p.free = append(p.free, entries...)
	}
	p.ends = slices.Delete(p.ends, 0, n)
}

// Bytes is the memory held, roughly.
func (p *panes) Bytes() int64 {
	return p.aggs.Bytes() + int64(cap(p.kid)+cap(p.older)+cap(p.newer)+cap(p.free)+cap(p.newest))*4 + int64(cap(p.end)+cap(p.rows))*8
}
