package op

import (
	"slices"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// sessions are the SESSION windows of keys: a row at t opens the session [t, t+gap) of its
// key, and sessions of a key that overlap or touch become one. A session has a slot, by
// which operators keep what belongs to it, and a timer. When a session changes, the timer
// of what it has become is made first and the old ones are removed then, as Flink
// does, because the order of rows depends on it.
type sessions struct {
	time    windowTime
	keys    *vec.GroupTable
	byKey   [][]int32 // by key: its sessions in order of time
	slots   []session
	free    []int32
	timers  timerHeap // id is the slot, ref the number of the timer
	numbers []int32   // of timers that are no more
	gone    []int32   // slots that merged into others and are not freed yet
	empty   []int32   // keys that may have no session
}

// session is [start, end) in local time.
type session struct {
	span
	key   int32
	timer int32 // its number
	into  int32 // the slot it merged into; its own while it lives
}

func newSessions(keyTypes []types.Type) *sessions {
	return &sessions{keys: vec.NewGroupTable(keyTypes), timers: timerHeap{places: []int32{}}}
}

// find gives the ids of keys.
func (s *sessions) find(keys []*vec.Vec, ids []int32) {
	s.keys.Find(keys, nil, ids, true)
	s.byKey = resized(s.byKey, s.keys.Cap())
}

// place gives the slot of the session that a row at a local time becomes a part of, -1 if
// that would have fired when the watermark was mark.
func (s *sessions) place(kid int32, t, mark int64) int32 {
	w := span{t, t + s.time.size}
	list := s.byKey[kid]
	hi := len(list) // sessions from hi on begin after w
	for hi > 0 && s.slots[list[hi-1]].start > w.end {
		hi--
	}
	lo := hi // sessions lo to hi-1 touch w
	for lo > 0 && s.slots[list[lo-1]].end >= w.start {
		lo--
	}
	if lo == hi {
		at := s.time.fires(w.end)
		if at <= mark {
			s.empty = append(s.empty, kid)
			return -1
		}
		slot := s.open(session{span: w, key: kid})
		s.byKey[kid] = slices.Insert(list, lo, slot)
		s.setTimer(slot, at)
		return slot
	}
	slot := list[lo]
	first, last := &s.slots[slot], &s.slots[list[hi-1]]
	merged := span{min(first.start, w.start), max(last.end, w.end)}
	if hi == lo+1 && merged == first.span {
		return slot
	}
	old := make([]int32, 0, hi-lo) // timers
	for _, other := range list[lo:hi] {
		old = append(old, s.slots[other].timer)
		if other != slot {
			s.slots[other].into = slot
			s.gone = append(s.gone, other)
		}
	}
	first.span = merged
	s.setTimer(slot, s.time.fires(merged.end))
	for _, number := range old {
		s.timers.remove(number)
		s.numbers = append(s.numbers, number)
	}
	s.byKey[kid] = slices.Delete(list, lo+1, hi)
	return slot
}

// open gives a slot to a session.
func (s *sessions) open(x session) int32 {
	slot := int32(len(s.slots))
	if n := len(s.free); n > 0 {
		slot, s.free = s.free[n-1], s.free[:n-1]
	} else {
		s.slots = append(s.slots, session{})
	}
	x.into = slot
	s.slots[slot] = x
	return slot
}

// setTimer makes the timer of a session.
func (s *sessions) setTimer(slot int32, at int64) {
	s.timers.push(s.newTimer(slot, at))
}

func (s *sessions) newTimer(slot int32, at int64) timer {
	number := int32(len(s.timers.places))
	if n := len(s.numbers); n > 0 {
		number, s.numbers = s.numbers[n-1], s.numbers[:n-1]
	} else {
		s.timers.places = append(s.timers.places, 0)
	}
	s.slots[slot].timer = number
	return timer{at: at, id: slot, ref: number}
}

// bytes is the memory held, roughly.
func (s *sessions) bytes() int64 {
	return s.keys.Bytes() + int64(cap(s.byKey))*32 + int64(cap(s.slots))*32 + int64(cap(s.timers.heap))*20
}

// root gives the slot that a slot has become.
func (s *sessions) root(slot int32) int32 {
	for s.slots[slot].into != slot {
		slot = s.slots[slot].into
	}
	return slot
}

// freeGone gives back the slots that merged into others.
func (s *sessions) freeGone() {
	s.free = append(s.free, s.gone...)
	s.gone = s.gone[:0]
}

// next gives when the first session fires; there must be one.
func (s *sessions) next() int64 { return s.timers.next() }

// fire appends the sessions that fire up to now. They are forgotten; their slots are the
// caller's to give back.
func (s *sessions) fire(now int64, slots []int32) []int32 {
	for s.timers.len() > 0 && s.timers.next() <= now {
		t := s.timers.pop()
		s.numbers = append(s.numbers, t.ref)
		slots = append(slots, t.id)
		key := s.slots[t.id].key
		at := slices.Index(s.byKey[key], t.id)
		s.byKey[key] = slices.Delete(s.byKey[key], at, at+1)
		s.empty = append(s.empty, key)
	}
	return slots
}

// sweep forgets the keys without sessions.
func (s *sessions) sweep() {
	slices.Sort(s.empty)
	for _, kid := range slices.Compact(s.empty) {
		if len(s.byKey[kid]) == 0 {
			s.keys.Delete(kid)
		}
	}
	s.empty = s.empty[:0]
}

// restored gives the slot of a session of a snapshot; isNew if it was not known yet.
func (s *sessions) restored(kid int32, w span) (slot int32, isNew bool) {
	list := s.byKey[kid]
	pos := 0
	for pos < len(list) && s.slots[list[pos]].start < w.start {
		pos++
	}
	if pos < len(list) && s.slots[list[pos]].span == w {
		return list[pos], false
	}
	slot = s.open(session{span: w, key: kid})
	s.byKey[kid] = slices.Insert(list, pos, slot)
	return slot, true
}
