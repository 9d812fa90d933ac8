package op

import (
	"errors"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// spilling runs a keyed operator over bounded input within the memory budget. When the
// operator's state is more than there is, the state goes to disk as in a snapshot, split
// by key group into spillParts runs. An operator whose states can be put together starts
// anew, and its state goes to disk again when need be; the rows that come to another go to
// disk too. At the end each part is restored, gets its rows, and gives its results, so
// that only a part needs to fit. Results come by part then.
type spilling struct {
	spillable
	fresh  func() spillable
	keys   []int // columns of the input that own the state
	merges bool  // states can be put together

	outer    *exec.Context
	ctx      exec.Context // of the operator: with key groups enough to split it
	reserved int64
	batches  int
	spill    *state.Spill
	states   []*state.Run // nil until something was spilled
	rows     []*state.Run
	hashes   []uint64
	part     []int32
	parts    vec.Partitions
}

// spillable is an operator that spilling can run.
type spillable interface {
	exec.Operator
	exec.Opener
	exec.Stateful
	Bytes() int64
}

// spillGroups is the number of key groups of spilled state, a multiple of spillParts.
const spillGroups = 1 << 14

// newSpilling wraps what fresh makes; keys are the columns by which its state is spread.
func newSpilling(keys []int, merges bool, fresh func() spillable) exec.Operator {
	if len(keys) == 0 {
		return fresh() // there is one key, which cannot be split
	}
	return &spilling{spillable: fresh(), fresh: fresh, keys: keys, merges: merges}
}

// Open takes the context.
func (s *spilling) Open(ctx *exec.Context) error {
	s.outer, s.ctx = ctx, *ctx
	s.ctx.MaxParallelism, s.ctx.KeyGroups = spillGroups, state.All(spillGroups)
	return s.spillable.Open(&s.ctx)
}

// Process takes rows in, or to disk.
func (s *spilling) Process(in int, b *vec.Batch, out exec.Out) error {
	if s.states != nil && !s.merges {
		return s.spillRows(b)
	}
	if err := s.spillable.Process(in, b, out); err != nil {
		return err
	}
	if s.batches++; s.batches%8 != 0 { // the size takes a while to tell
		return nil
	}
	return s.account()
}

// account reserves what the state has grown by, or spills it.
func (s *spilling) account() error {
	size := s.Bytes()
	need := size - s.reserved
	switch {
	case need <= 0:
		return nil
	case s.outer.Budget.Reserve(need):
		s.reserved += need
		return nil
	case size < vec.BatchSize: // too small to be worth a spill
		s.outer.Budget.Force(need)
		s.reserved += need
		return nil
	}
	return s.spillState()
}

var stateTypes = []types.Type{types.String.NotNull(), types.Int64.NotNull(), types.Bytes.NotNull(), types.Bytes.NotNull()}

// stateRuns writes entries of a snapshot into the run of their part.
type stateRuns struct {
	s     *spilling
	parts []*vec.BatchBuilder
}

// Put adds an entry.
func (w *stateRuns) Put(name string, keyGroup int, key, value []byte) error {
	p := keyGroup * spillParts / spillGroups
	b := w.parts[p]
	b.Cols[0].String(name)
	b.Cols[1].Int64(int64(keyGroup))
	b.Cols[2].Bytes(key)
	b.Cols[3].Bytes(value)
	b.EndRow(vec.Insert)
	if b.Len() < 256 {
		return nil
	}
	return w.s.states[p].Write(b.Finish())
}

// spillState writes the state to disk and starts anew.
func (s *spilling) spillState() error {
	if s.states == nil {
		s.spill = state.NewSpill(s.outer.TempDir)
		for range spillParts {
			r, err := s.spill.NewRun(stateTypes)
			if err != nil {
				return err
			}
			s.states = append(s.states, r)
		}
	}
	w := &stateRuns{s: s}
	for range spillParts {
		w.parts = append(w.parts, vec.NewBatchBuilder(stateTypes, 0))
	}
	if err := s.Snapshot(w); err != nil {
		return err
	}
	for p, b := range w.parts {
		if err := s.states[p].Write(b.Finish()); err != nil {
			return err
		}
	}
	s.outer.Counters.SpilledBytes.Store(s.spill.Bytes())
	return s.renew()
}

// renew starts with an empty operator.
func (s *spilling) renew() error {
	s.outer.Budget.Release(s.reserved)
	s.reserved = 0
	s.spillable = s.fresh()
	return s.spillable.Open(&s.ctx)
}

// spillRows writes rows into the run of their part.
func (s *spilling) spillRows(b *vec.Batch) error {
	if s.rows == nil {
		for range spillParts {
			r, err := s.spill.NewRun(b.Types())
			if err != nil {
				return err
			}
			s.rows = append(s.rows, r)
		}
	}
	s.hashes, s.part = scratch(s.hashes, b.Len), scratch(s.part, b.Len)
	vec.HashColumns(pick(b.Cols, s.keys), s.hashes)
	state.KeyGroups(s.hashes, spillGroups, s.part)
	for i, g := range s.part {
		s.part[i] = g * spillParts / spillGroups
	}
	s.parts.Split(s.part, spillParts)
	for p, r := range s.rows {
		if rows := s.parts.Part(p); len(rows) > 0 {
			if err := r.Write(b.Take(rows)); err != nil {
				return err
			}
		}
	}
	s.outer.Counters.SpilledBytes.Store(s.spill.Bytes())
	return nil
}

// OnWatermark passes the last watermark on, to every part if something was spilled.
func (s *spilling) OnWatermark(wm int64, out exec.Out) error {
	h, ok := s.spillable.(exec.WatermarkHandler)
	switch {
	case !ok:
		return nil
	case s.states == nil:
		return h.OnWatermark(wm, out)
	case wm != exec.MaxWatermark:
		return nil
	}
	return s.eachPart(out, func() error { return s.spillable.(exec.WatermarkHandler).OnWatermark(wm, out) })
}

// OnEnd ends the input.
func (s *spilling) OnEnd(in int, out exec.Out) error {
	if _, ok := s.spillable.(exec.Ender); !ok {
		return nil
	}
	end := func() error { return s.spillable.(exec.Ender).OnEnd(in, out) }
	if _, fires := s.spillable.(exec.WatermarkHandler); s.states == nil || fires {
		return end()
	}
	return s.eachPart(out, end)
}

// eachPart brings the parts back one by one.
func (s *spilling) eachPart(out exec.Out, then func() error) error {
	if s.merges {
		if err := s.spillState(); err != nil {
			return err
		}
	}
	for p, r := range s.states {
		r.Finish()
		if err := s.Restore(runReader{r}); err != nil {
			return err
		}
		if s.rows != nil {
			s.rows[p].Finish()
			for next := s.rows[p].Reader(); ; {
				b, err := next()
				if err != nil {
					return err
				}
				if b == nil {
					break
				}
				if err := s.spillable.Process(0, b, out); err != nil {
					return err
				}
			}
		}
		if err := then(); err != nil {
			return err
		}
		if err := s.renew(); err != nil {
			return err
		}
	}
	return nil
}

// runReader reads the entries of one part.
type runReader struct{ run *state.Run }

// Each gives the entries of a name in the order in which they were written.
func (r runReader) Each(name string, groups state.Range, fn func(keyGroup int, key, value []byte) error) error {
	for next := r.run.Reader(); ; {
		b, err := next()
		if err != nil || b == nil {
			return err
		}
		kgs := b.Cols[1].Int64s()
		for i := range b.Len {
			if string(b.Cols[0].BytesAt(i)) != name || !groups.Contains(int(kgs[i])) {
				continue
			}
			if err := fn(int(kgs[i]), b.Cols[2].BytesAt(i), b.Cols[3].BytesAt(i)); err != nil {
				return err
			}
		}
	}
}

// NextTimer gives the operator's next timer.
func (s *spilling) NextTimer() int64 {
	if t, ok := s.spillable.(exec.ProcTimer); ok {
		return t.NextTimer()
	}
	return exec.MaxWatermark
}

// OnTimer passes a timer on.
func (s *spilling) OnTimer(now int64, out exec.Out) error {
	return s.spillable.(exec.ProcTimer).OnTimer(now, out)
}

// Close gives memory back and deletes the spill files.
func (s *spilling) Close() error {
	var err error
	if c, ok := s.spillable.(exec.Closer); ok {
		err = c.Close()
	}
	if s.outer != nil {
		s.outer.Budget.Release(s.reserved)
		s.reserved = 0
	}
	if s.spill != nil {
		err = errors.Join(err, s.spill.Close())
	}
	return err
}
