package op

import "math"

// matchRun is a match in the making, or a complete one that waits for its turn: rows
// one behind the other, from start on, the first of them of variable 0 and so on.
type matchRun struct {
	node    int32
	start   int64 // number of its first row among the rows of the key; noStart = none yet
	startAt int64 // time of that row
	counts  []int32
	rows    int32 // sum of counts
}

const noStart = math.MaxInt64

// began reports whether the run has a row.
func (r *matchRun) began() bool { return r.start != noStart }

// last is the number of the last row.
func (r *matchRun) last() int64 { return r.start + int64(r.rows) - 1 }

// with gives the run with one row more.
func (r *matchRun) with(v, node int32, seq, at int64, vars int) matchRun {
	counts := make([]int32, vars)
	copy(counts, r.counts)
	counts[v]++
	next := matchRun{node: node, start: r.start, startAt: r.startAt, counts: counts, rows: r.rows + 1}
	if !r.began() {
		next.start, next.startAt = seq, at
	}
	return next
}

// matchQueue is a heap of runs by their first row. Runs that begin at one row stand in
// the order that java.util.PriorityQueue, with which Flink holds them, would give them:
// the order of the matches of one row depends on it.
type matchQueue []matchRun

func (q *matchQueue) add(r matchRun) {
	h := append(*q, r)
	i := len(h) - 1
	for i > 0 {
		up := (i - 1) / 2
		if r.start >= h[up].start {
			break
		}
		h[i] = h[up]
		i = up
	}
	h[i] = r
	*q = h
}

func (q *matchQueue) poll() matchRun {
	h := *q
	top, last := h[0], h[len(h)-1]
	h[len(h)-1] = matchRun{}
	h = h[:len(h)-1]
	if len(h) > 0 {
		h.down(0, last)
	}
	*q = h
	return top
}

func (q matchQueue) down(i int, r matchRun) {
	for half := len(q) / 2; i < half; {
		k := 2*i + 1
		if k+1 < len(q) && q[k].start > q[k+1].start {
			k++
		}
		if r.start <= q[k].start {
			break
		}
		q[i] = q[k]
		i = k
	}
	q[i] = r
}

// prune gives up the runs that began at or before a row.
func (q *matchQueue) prune(last int64) {
	kept := (*q)[:0]
	for _, r := range *q {
		if !r.began() || r.start > last {
			kept = append(kept, r)
		}
	}
	if len(kept) == len(*q) {
		return
	}
	clear((*q)[len(kept):])
	*q = kept
	for i := len(kept)/2 - 1; i >= 0; i-- {
		kept.down(i, kept[i])
	}
}
