package function

import (
	"fmt"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// casts holds CAST and TRY_CAST. A text that does not read as the target type makes
// CAST fail and TRY_CAST NULL. Among numbers nothing fails: whole numbers wrap
// around, FLOAT and DOUBLE are cut to whole numbers at the limits of BIGINT, and a
// DECIMAL that needs more digits than its type has is NULL. Texts are cut to the
// length of CHAR and VARCHAR and padded to that of CHAR.
var casts = family("type conversion", []entry{
	{
		Name: "CAST", NullFrom: 1, Sigs: "CAST(value AS type)", Doc: "the value as another type; fails where it cannot be",
		Ex:    "CAST('42' AS INT) → 42\nCAST(2.5 AS INT) → 2\nCAST('2024-02-29' AS DATE) → 2024-02-29",
		Infer: inferCast, New: newCast, FallibleCall: castFails,
	},
	{
		Name: "TRY_CAST", NullFrom: 1, Sigs: "TRY_CAST(value AS type)", Doc: "the value as another type; NULL where it cannot be",
		Ex: "TRY_CAST('abc' AS INT) → NULL\nTRY_CAST('42' AS INT) → 42", Infer: inferCast, New: newTryCast,
	},
})

// inferCast leaves the argument alone; the target type is the call's, not inferred.
func inferCast(c catalog.Call) (catalog.Resolved, error) {
	if len(c.Args) != 1 {
		return catalog.Resolved{}, fmt.Errorf("CAST takes one value, got %d", len(c.Args))
	}
	return catalog.Resolved{Args: []types.Type{c.Args[0].WithAttr(types.NoTimeAttr)}, Result: c.Args[0]}, nil
}

// castFails reports whether a value of the source type may not be castable: texts
// into anything but texts and bytes, and times that the target's range lacks.
func castFails(call *rex.Call) bool { return castCanFail(call.Args[0].Type(), call.T) }

func castCanFail(from, to types.Type) bool {
	switch {
	case to.IsCharacter() || to.IsBinary():
		return false
	case from.IsCharacter():
		return true
	case to.IsTimestamp():
		return vec.UnitOf(to.Precision) == vec.Nano
	case from.Elem != nil && to.Elem != nil:
		return castCanFail(*from.Elem, *to.Elem) || from.Key != nil && to.Key != nil && castCanFail(*from.Key, *to.Key)
	}
	for i, f := range from.Fields {
		if castCanFail(f.Type, to.Fields[i].Type) {
			return true
		}
	}
	return false
}

// caster converts n values. Rows that cannot be converted are reported to bad, which
// gives an error (CAST) or nil, and then are NULL in the result (TRY_CAST).
type caster func(f *Frame, v *vec.Vec, n int, bad badRow) (*vec.Vec, error)

// badRow is told of a row of v that cannot be cast and why; why may be empty.
type badRow func(v *vec.Vec, i int, to types.Type, why string) error

func newCast(call *rex.Call) (Kernel, error) {
	return castKernel(call, func(v *vec.Vec, i int, to types.Type, why string) error {
		d := fail(call, CodeCast, "%s cannot be cast from %s to %s", quote(v, i), plain(v.Type), plain(to))
		if why != "" {
			d.Detail = why
		}
		return d.WithHint("TRY_CAST gives NULL instead of failing")
	})
}

func newTryCast(call *rex.Call) (Kernel, error) {
	return castKernel(call, func(*vec.Vec, int, types.Type, string) error { return nil })
}

func castKernel(call *rex.Call, bad badRow) (Kernel, error) {
	from := call.Args[0].Type()
	c := newCaster(from, call.T)
	if c == nil {
		return Kernel{}, diag.Errorf(CodeUnbuilt, call.Span, "there is no cast from %s to %s", plain(from), plain(call.T))
	}
	return Kernel{Owned: !sameLayout(from, call.T), Eval: func(f *Frame, as []*vec.Vec, n int) (*vec.Vec, error) {
		return c(f, as[0], n, bad)
	}}, nil
}

// sameLayout reports whether casting only renames the type, so that the result is
// the argument's memory.
func sameLayout(from, to types.Type) bool {
	switch {
	case from.Null().WithAttr(types.NoTimeAttr).Equal(to.Null().WithAttr(types.NoTimeAttr)):
		return true
	case from.IsCharacter() && to.Kind == types.VarChar, from.IsBinary() && to.Kind == types.VarBinary,
		from.IsBinary() && to.Kind == types.VarChar, from.IsCharacter() && to.Kind == types.VarBinary:
		return to.Precision == types.MaxLength || from.Kind == to.Kind && from.Precision <= to.Precision
	case from.IsInterval():
		return from.Kind == to.Kind
	}
	return false
}

// newCaster finds the cast from one type to another; nil if there is none.
func newCaster(from, to types.Type) caster {
	switch {
	case from.Kind == types.Null:
		return func(_ *Frame, _ *vec.Vec, n int, _ badRow) (*vec.Vec, error) { return nulls(to, n), nil }
	case sameLayout(from, to):
		return func(_ *Frame, v *vec.Vec, _ int, _ badRow) (*vec.Vec, error) { return v.As(to), nil }
	case !types.CanCast(from, to):
		return nil
	case to.IsCharacter():
		return castToText(from, to)
	case from.IsCharacter():
		return castFromText(to)
	case to.IsBinary():
		return castBytes(to)
	case from.Kind == types.Boolean:
		return castBool(to)
	case from.IsNumeric() && to.Kind == types.Boolean:
		return castTruth(from)
	case from.IsNumeric() && to.IsInterval():
		return func(f *Frame, v *vec.Vec, _ int, _ badRow) (*vec.Vec, error) { return convertNumber(f, v, to), nil }
	case from.IsNumeric() && to.Kind == types.Decimal:
		return castToDecimal(from, to)
	case from.IsNumeric():
		return func(f *Frame, v *vec.Vec, _ int, _ badRow) (*vec.Vec, error) { return convertNumber(f, v, to), nil }
	case from.In(types.Date, types.Time, types.Timestamp, types.TimestampLTZ):
		return castTime(from, to)
	default:
		return castNested(from, to)
	}
}

// nulls is a vector of n NULLs.
func nulls(t types.Type, n int) *vec.Vec {
	v := vec.New(t, n)
	v.Valid = vec.NewBitmap(n)
	for i, k := range v.Kids {
		if v.Phys() == vec.PhysRow {
			v.Kids[i] = nulls(k.Type, n)
		}
	}
	return v
}

// setNull makes row i NULL in a result whose bitmap may be another vector's.
func setNull(out *vec.Vec, i int, shared *bool) {
	if *shared {
		out.Valid, *shared = out.Valid.Slice(0, out.Len), false
	}
	out.SetNull(i)
}

// rowCast makes a caster to a fixed-width type from a conversion of single rows,
// which says false where the value cannot be converted.
func rowCast[R vec.Fixed](to types.Type, conv func(f *Frame, v *vec.Vec, i int) (R, bool)) caster {
	return func(f *Frame, v *vec.Vec, n int, bad badRow) (*vec.Vec, error) {
		out := f.New(to, n)
		out.Valid = v.Valid
		shared := v.Valid != nil
		dst := vec.Slice[R](out)
		for i := range dst {
			if v.IsNull(i) {
				continue
			}
			x, ok := conv(f, v, i)
			if !ok {
				if err := bad(v, i, to, ""); err != nil {
					return nil, err
				}
				setNull(out, i, &shared)
				continue
			}
			dst[i] = x
		}
		return out, nil
	}
}
