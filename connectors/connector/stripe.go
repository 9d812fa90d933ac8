package connector

import (
	"encoding/binary"
	"fmt"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
)

// Stripe is one part of a sequence of numbered rows that is made up, not read. Its parts
// share the rows in blocks of vec.BatchSize: of S parts, part k has the blocks k, k+S,
// k+2S, …, so that all of them are at about the same number.
type Stripe struct {
	k, of int64
	done  int64 // rows given, in all runs
}

// Stripes makes the splits of n parts (at least 1) of a sequence of rows, < 0 = endless.
// An id ends with the number of the part, by which parts are shared out to subtasks.
func Stripes(n int, rows int64) []exec.Split {
	n = max(n, 1)
	out := make([]exec.Split, n)
	for k := range out {
		out[k] = exec.Split{ID: fmt.Sprintf("%d:%d", n, k), Spec: binary.AppendUvarint(binary.AppendUvarint(nil, uint64(k)), uint64(n))}
		if rows >= 0 {
			out[k].Size = rows / int64(n)
		}
	}
	return out
}

// ResumeStripes gives the parts to which some ids belong, which are as many as when they
// were made, however many a run that begins would have.
func ResumeStripes(ids []string, now int, rows int64) []exec.Split {
	for _, id := range ids {
		var n, k int
		if got, err := fmt.Sscanf(id, "%d:%d", &n, &k); got == 2 && err == nil && k < n {
			now = n
		}
	}
	return Stripes(now, rows)
}

// OpenStripe reads a split, and the position in it; nil = its beginning. name is what
// messages call the connector.
func OpenStripe(name string, split exec.Split, position []byte) (Stripe, error) {
	k, n := binary.Uvarint(split.Spec)
	of, m := binary.Uvarint(split.Spec[max(n, 0):])
	if n <= 0 || m <= 0 || of == 0 {
		return Stripe{}, fmt.Errorf("%s split %q is damaged", name, split.ID)
	}
	s := Stripe{k: int64(k), of: int64(of)}
	if position != nil {
		done, n := binary.Uvarint(position)
		if n <= 0 {
			return Stripe{}, fmt.Errorf("position of %s split %q is damaged", name, split.ID)
		}
		s.done = int64(done)
	}
	return s, nil
}

// Parts is the number of parts of the sequence.
func (s *Stripe) Parts() int64 { return s.of }

// Next gives the number of the next row and how many follow in its block: row d of the
// part is row d%B of its block d/B.
func (s *Stripe) Next() (from, n int64) {
	block, within := s.done/vec.BatchSize, s.done%vec.BatchSize
	return (block*s.of+s.k)*vec.BatchSize + within, vec.BatchSize - within
}

// Give counts rows that were given.
func (s *Stripe) Give(n int64) { s.done += n }

// Position is the number of rows given.
func (s *Stripe) Position() []byte { return binary.AppendUvarint(nil, uint64(s.done)) }
