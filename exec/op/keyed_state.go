package op

import (
	"encoding/binary"
	"fmt"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// keyedState writes and reads the entries of an operator whose state is kept by
// key: entries of one part of it, each with a key and bytes of the operator's own.
type keyedState struct {
	ctx  *exec.Context
	part string
	ts   []types.Type // of the key columns
	enc  *vec.KeyEncoder
	own  int // leading key columns by which rows are spread over tasks: they decide the key group
}

func newKeyedState(ctx *exec.Context, part string, ts []types.Type) *keyedState {
	return &keyedState{ctx, part, ts, vec.NewKeyEncoder(ts, nil), len(ts)}
}

// ownedBy says that only the first n key columns spread rows over tasks.
func (s *keyedState) ownedBy(n int) *keyedState {
	s.own = n
	return s
}

func (s *keyedState) name() string { return s.ctx.UID + "/" + s.part }

// write puts an entry for each row of keys. value appends the bytes of row i. With
// several entries a key, seq makes them distinct and keeps their order; else it is nil.
func (s *keyedState) write(w state.Writer, keys []*vec.Vec, n int, seq []uint64, value func(dst []byte, i int) []byte) error {
	hashes := make([]uint64, n)
	vec.HashColumns(keys[:s.own], hashes)
	var key, val []byte
	for i := range n {
		key = s.enc.AppendRow(key[:0], keys, i)
		if seq != nil {
			key = binary.BigEndian.AppendUint64(key, seq[i])
		}
		val = value(val[:0], i)
		if err := w.Put(s.name(), state.KeyGroup(hashes[i], s.ctx.MaxParallelism), key, val); err != nil {
			return err
		}
	}
	return nil
}

// read gives the entries back in portions of up to vec.BatchSize: their keys as
// columns and their values, which are valid during the call only. Keys written with
// seq must be read so.
func (s *keyedState) read(r state.Reader, withSeq bool, fn func(keys []*vec.Vec, values *vec.Rows) error) error {
	keys := vec.NewBatchBuilder(s.ts, 0)
	var values vec.Rows
	flush := func() error {
		cols := make([]*vec.Vec, len(keys.Cols))
		for c, b := range keys.Cols {
			cols[c] = b.Finish()
		}
		err := fn(cols, &values)
		values.Reset()
		return err
	}
	err := r.Each(s.name(), s.ctx.KeyGroups, func(_ int, key, value []byte) error {
		if withSeq {
			if len(key) < 8 {
				return s.corrupt()
			}
			key = key[:len(key)-8]
		}
		if err := s.enc.Decode(key, keys.Cols); err != nil {
			return fmt.Errorf("%s: %w: %w", s.name(), state.ErrCorrupt, err)
		}
		values.Append(value)
		if values.Len() == vec.BatchSize {
			return flush()
		}
		return nil
	})
	if err == nil && values.Len() > 0 {
		err = flush()
	}
	return err
}

func (s *keyedState) corrupt() error {
	return fmt.Errorf("%s: %w: an entry is too short", s.name(), state.ErrCorrupt)
}

// entryReader reads the numbers an operator wrote before a row in an entry's value.
// After a short read bad is set and zeroes come.
type entryReader struct {
	b   []byte
	bad bool
}

func (r *entryReader) int() int64 {
	x, n := binary.Varint(r.b)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return x
}

// bytes reads a byte string written by appendBytes.
func (r *entryReader) bytes() []byte {
	n := r.int()
	if n < 0 || n > int64(len(r.b)) {
		r.bad = true
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func appendInt(dst []byte, x int64) []byte { return binary.AppendVarint(dst, x) }

func appendBytes(dst, b []byte) []byte {
	return append(binary.AppendVarint(dst, int64(len(b))), b...)
}
