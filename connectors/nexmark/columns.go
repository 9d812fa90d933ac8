package nexmark

import (
	"bytes"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// cut makes a text column of the events of a kind from pieces of data, the k-th of which
// begins at e.start[k] and has e.length[k] bytes. Other rows are empty.
func (e *events) cut(t types.Type, kind int, data []byte) *vec.Vec {
	v := vec.New(t, e.n)
	total, longest, row := int32(0), int32(0), 0
	for k, r := range e.rows[kind] {
		for ; row <= int(r); row++ {
			v.Off[row] = total
		}
		total += e.length[k]
		longest = max(longest, e.length[k])
	}
	for ; row <= e.n; row++ {
		v.Off[row] = total
	}
	c := vec.NewCopier(int(total), int(longest))
	for k, at := range e.start {
		c.Copy(data, at, at+e.length[k])
	}
	v.Data = c.Bytes()
	return v
}

// picked makes a text column of numbered pieces.
func (e *events) picked(t types.Type, kind int, a *arena, picks []int32) *vec.Vec {
	e.start, e.length = e.start[:0], e.length[:0]
	for _, p := range picks {
		at := a.off[p]
		e.start, e.length = append(e.start, at), append(e.length, a.off[p+1]-at)
	}
	return e.cut(t, kind, a.data)
}

// filled makes the column `extra`: letters of an average length that makes the event as
// large as it shall be, a fifth shorter or longer.
func (e *events) filled(t types.Type, kind, average int) *vec.Vec {
	e.start, e.length = e.start[:0], e.length[:0]
	s := newStream(e.seed, saltExtra)
	average = max(average, 0)
	delta := (average + 2) / 5
	least, span := int32(average-delta), uint64(max(2*delta, 1))
	for _, r := range e.rows[kind] {
		x := s.at(e.from + int64(r))
		e.start, e.length = append(e.start, int32(x&(fillerSpan-1))), append(e.length, least+int32(below(x, span)))
	}
	return e.cut(t, kind, e.filler)
}

// words makes a text column of 3 to most-1 characters, less the blanks at their ends.
func (e *events) words(t types.Type, kind int, most, salt uint64) *vec.Vec {
	e.start, e.length = e.start[:0], e.length[:0]
	s := newStream(e.seed, salt)
	for _, r := range e.rows[kind] {
		x := s.at(e.from + int64(r))
		at := int32(belowLow(x, fillerSpan-most))
		text := e.spaced[at : at+3+int32(below(x, most-3))]
		left := bytes.TrimLeft(text, " ")
		e.start = append(e.start, at+int32(len(text)-len(left)))
		e.length = append(e.length, int32(len(bytes.TrimRight(left, " "))))
	}
	return e.cut(t, kind, e.spaced)
}

// appended makes a text column of a few long texts, each written by put.
func (e *events) appended(t types.Type, kind int, put func(dst []byte, event int64) []byte) *vec.Vec {
	v := vec.New(t, e.n)
	row := 0
	for k, r := range e.rows[kind] {
		for ; row <= int(r); row++ {
			v.Off[row] = int32(len(v.Data))
		}
		v.Data = put(v.Data, e.event(kind, k))
	}
	for ; row <= e.n; row++ {
		v.Off[row] = int32(len(v.Data))
	}
	return v
}

// emails are two words around an @.
func (e *events) emails(t types.Type) *vec.Vec {
	s := newStream(e.seed, saltEmail)
	word := func(dst []byte, x, most uint64) []byte {
		at := belowLow(x, fillerSpan-most)
		return append(dst, bytes.Trim(e.spaced[at:at+3+below(x, most-3)], " ")...)
	}
	return e.appended(t, kindPerson, func(dst []byte, event int64) []byte {
		x := s.at(event)
		dst = append(word(dst, x, 7), '@')
		return append(word(dst, mix(x), 5), ".com"...)
	})
}

// cards are four groups of four digits.
func (e *events) cards(t types.Type) *vec.Vec {
	s := newStream(e.seed, saltCard)
	return e.appended(t, kindPerson, func(dst []byte, event int64) []byte {
		x := s.at(event)
		for group := range 4 {
			if group > 0 {
				dst = append(dst, ' ')
			}
			n := (x & 0xFFFF) * 10000 >> 16
			dst = append(dst, '0'+byte(n/1000), '0'+byte(n/100%10), '0'+byte(n/10%10), '0'+byte(n%10))
			x >>= 16
		}
		return dst
	})
}
