package op

import "time"

// expiry forgets ids (groups or slots) that were not written for the state's time
// to live: an entry written at t is gone from t + ttl on, as Flink's
// OnCreateAndWrite, NeverReturnExpired. A nil expiry keeps everything.
//
// Every live id has one entry in a heap; its time may be older than the last
// write, which is found out when it comes to the top. An id that is no longer held
// keeps its entry until then, and passes it on to the id's next holder.
type expiry struct {
	ttl     int64   // milliseconds
	written []int64 // by id: time of the last write, noWrite = not held
	queued  []bool  // by id: the heap has its entry
	heap    []expiryEntry
}

type expiryEntry struct {
	at int64 // a time the id was written at; the last one is not earlier
	id int32
}

const noWrite = -1 << 63

func newExpiry(ttl time.Duration) *expiry {
	if ttl <= 0 {
		return nil
	}
	return &expiry{ttl: ttl.Milliseconds()}
}

// touch notes that id was written.
func (x *expiry) touch(id int32, now int64) {
	if x == nil {
		return
	}
	for int(id) >= len(x.written) {
		x.written, x.queued = append(x.written, noWrite), append(x.queued, false)
	}
	if !x.queued[id] {
		x.queued[id] = true
		x.push(expiryEntry{now, id})
	}
	x.written[id] = now
}

// forget notes that id is held no more. Its heap entry stays until it is due.
func (x *expiry) forget(id int32) {
	if x != nil && int(id) < len(x.written) {
		x.written[id] = noWrite
	}
}

// unnoted is what last gives of state without a time to live.
const unnoted = -1

// last gives when id was last written, for a snapshot.
func (x *expiry) last(id int32) int64 {
	if x == nil {
		return unnoted
	}
	return x.written[id]
}

// restore notes the time that last gave to a snapshot. State that had no time to live
// until now gets all of it.
func (x *expiry) restore(id int32, written, now int64) {
	x.touch(id, sinceRestore(written, now))
}

func sinceRestore(written, now int64) int64 {
	if written == unnoted {
		return now
	}
	return written
}

// expire calls drop for every id whose time is over; drop must lead to forget.
func (x *expiry) expire(now int64, drop func(id int32)) {
	if x == nil {
		return
	}
	for len(x.heap) > 0 && x.heap[0].at <= now-x.ttl {
		e := x.pop()
		switch w := x.written[e.id]; {
		case w == noWrite:
			x.queued[e.id] = false
		case w <= now-x.ttl:
			drop(e.id)
			x.written[e.id], x.queued[e.id] = noWrite, false
		default:
			x.push(expiryEntry{w, e.id})
		}
	}
}

func (x *expiry) push(e expiryEntry) {
	h := append(x.heap, e)
	i := len(h) - 1
	for i > 0 && h[(i-1)/2].at > e.at {
		h[i] = h[(i-1)/2]
		i = (i - 1) / 2
	}
	h[i] = e
	x.heap = h
}

func (x *expiry) pop() expiryEntry {
	h := x.heap
	top, e := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	i := 0
	for {
		k := 2*i + 1
		if k >= len(h) {
			break
		}
		if k+1 < len(h) && h[k+1].at < h[k].at {
			k++
		}
		if h[k].at >= e.at {
			break
		}
		h[i] = h[k]
		i = k
	}
	if len(h) > 0 {
		h[i] = e
	}
	x.heap = h
	return top
}
