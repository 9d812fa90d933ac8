package agg

import "github.com/weir-sql/weir/exec/vec"

// Step says what one row does to its group.
type Step uint8

// The steps; a row may reset its group and then be added.
const (
	StepAdd     Step = 1 << iota // take the row in
	StepRetract                  // take the row back
	StepReset                    // empty the group before that
)

// Stepper is an Acc that can go row by row in one loop: what a changelog without
// mini-batch needs, where every row shows its group's value before and after it.
type Stepper interface {
	Acc
	// Step lets row j of args do steps[j] to group ids[j], in order, and writes the
	// group's value before and after it to row j of before and after, which are new
	// vectors of the result type.
	Step(ids []int32, args []*vec.Vec, steps []Step, before, after *vec.Vec)
}

var (
	_ Stepper = (*count)(nil)
	_ Stepper = (*sum[int64, int64])(nil)
	_ Stepper = (*extreme[int64])(nil)
)

// Step is Stepper's.
func (a *count) Step(ids []int32, args []*vec.Vec, steps []Step, before, after *vec.Vec) {
	valid := validOf(args)
	b, f := before.Int64s(), after.Int64s()
	for j, id := range ids {
		s, n := steps[j], a.n[id]
		b[j] = n
		if s&StepReset != 0 {
			n = 0
		}
		if valid == nil || valid.Get(j) {
			switch {
			case s&StepAdd != 0:
				n++
			case s&StepRetract != 0:
				n--
			}
		}
		a.n[id], f[j] = n, n
	}
}

// Step is Stepper's.
func (a *sum[T, S]) Step(ids []int32, args []*vec.Vec, steps []Step, before, after *vec.Vec) {
	v := args[0]
	vals, b, f := vec.Slice[T](v), vec.Slice[T](before), vec.Slice[T](after)
	for j, id := range ids {
		c, s := &a.cells[id], steps[j]
		a.put(before, b, j, *c)
		if s&StepReset != 0 {
			*c = sumCell[S]{}
		}
		if v.Valid == nil || v.Valid.Get(j) {
			switch {
			case s&StepAdd != 0:
				c.sum += S(vals[j])
				c.n++
			case s&StepRetract != 0:
				c.sum -= S(vals[j])
				c.n--
			}
		}
		a.put(after, f, j, *c)
	}
}

// put writes a cell's value to row j of out, whose values are vals.
func (a *sum[T, S]) put(out *vec.Vec, vals []T, j int, c sumCell[S]) {
	switch {
	case c.n == 0 && a.kind != sumOrZero:
		out.SetNull(j)
	case a.kind == average:
		vals[j] = T(c.sum / S(c.n))
	case c.n != 0:
		vals[j] = T(c.sum)
	}
}

// Step is Stepper's. Rows are only added, so a reset comes from state that expired.
func (a *extreme[T]) Step(ids []int32, args []*vec.Vec, steps []Step, before, after *vec.Vec) {
	v := args[0]
	vals, b, f := vec.Slice[T](v), vec.Slice[T](before), vec.Slice[T](after)
	for j, id := range ids {
		c, s := &a.cells[id], steps[j]
		if b[j] = c.v; !c.ok {
			before.SetNull(j)
		}
		if s&StepReset != 0 {
			*c = extremeCell[T]{}
		}
		if s&StepAdd != 0 && (v.Valid == nil || v.Valid.Get(j)) {
			if x := vals[j]; !c.ok || a.max && x > c.v || !a.max && x < c.v {
				*c = extremeCell[T]{x, true}
			}
		}
		if f[j] = c.v; !c.ok {
			after.SetNull(j)
		}
	}
}
