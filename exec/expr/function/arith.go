package function

import (
	"fmt"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// arithmetic holds the operators on numbers, dates and intervals. Whole numbers
// wrap around on overflow; division of whole numbers truncates and fails on zero;
// a DECIMAL that does not fit its result type is NULL.
var arithmetic = family("arithmetic", []entry{
	{
		Name: "+", Sigs: "a + b", Doc: "sum; also of a date, time or timestamp and an interval",
		Ex:    "1 + 2 → 3\n1.5 + 2 → 3.5\nDATE '2024-01-31' + INTERVAL '1' MONTH → 2024-02-29",
		Infer: inferArith("+"), New: newArith,
	},
	{
		Name: "-", Sigs: "a - b", Doc: "difference; also of a date, time or timestamp and an interval",
		Ex:    "5 - 7 → -2\nTIMESTAMP '2024-03-01 00:00:00' - INTERVAL '1' HOUR → 2024-02-29 23:00:00",
		Infer: inferArith("-"), New: newArith,
	},
	{
		Name: "*", Sigs: "a * b", Doc: "product; also of an interval and a whole number",
		Ex:    "3 * 4 → 12\n1.5 * 2.25 → 3.375",
		Infer: inferArith("*"), New: newArith,
	},
	{
		Name: "/", Sigs: "a / b", Doc: "quotient; of whole numbers without the fraction",
		Ex:    "7 / 2 → 3\n7.0 / 2 → 3.500000000000",
		Infer: inferArith("/"), New: newArith, FallibleCall: divides,
	},
	{
		Name: "%", Aliases: []string{"MOD"}, Sigs: "a % b\nMOD(a, b)",
		Doc:   "remainder of the division, with the sign of a",
		Ex:    "7 % 3 → 1\n-7 % 3 → -1\nMOD(7.5, 2) → 1.5",
		Infer: inferArith("%"), New: newArith, FallibleCall: divides,
	},
	{
		Name: "NEGATE", Sigs: "-a", Doc: "the number or interval with the other sign",
		Ex: "-(3) → -3", Takes: []string{"NUMERIC|INTERVAL"}, Gives: arg(0), New: newNegate,
	},
})

func inferArith(op string) func(catalog.Call) (catalog.Resolved, error) {
	return func(c catalog.Call) (catalog.Resolved, error) {
		if len(c.Args) != 2 {
			return catalog.Resolved{}, fmt.Errorf("operator %s takes 2 operands, got %d", op, len(c.Args))
		}
		res, a, b, ok := types.Arith(op, c.Args[0], c.Args[1])
		if !ok {
			return catalog.Resolved{}, fmt.Errorf("operator %s does not apply to %s and %s", op, plain(c.Args[0]), plain(c.Args[1]))
		}
		return catalog.Resolved{Args: []types.Type{a, b}, Result: res}, nil
	}
}

// divides reports whether / or % can meet a zero divisor: not with a constant other
// than zero, nor with FLOAT and DOUBLE.
func divides(call *rex.Call) bool {
	b := call.Args[1].Type()
	if b.In(types.Float, types.Double) {
		return false
	}
	if l := constant(call, 1); l != nil {
		switch v := l.Value.(type) {
		case int64:
			return v == 0
		case vec.Decimal:
			return v.Sign() == 0
		}
	}
	return true
}

func newArith(call *rex.Call) (Kernel, error) {
	a, b := call.Args[0].Type(), call.Args[1].Type()
	op := call.Fn
	if op == "MOD" {
		op = "%"
	}
	switch {
	case a.In(types.Date, types.Time, types.Timestamp, types.TimestampLTZ) || b.In(types.Date, types.Time, types.Timestamp, types.TimestampLTZ):
		return newTimeArith(call)
	case a.Kind == types.Decimal:
		return newDecimalArith(op, call)
	}
	switch vec.PhysOf(a) {
	case vec.PhysI8:
		return numberKernel[int8](op, call, true)
	case vec.PhysI16:
		return numberKernel[int16](op, call, true)
	case vec.PhysI32:
		return numberKernel[int32](op, call, true)
	case vec.PhysI64:
		return numberKernel[int64](op, call, true)
	case vec.PhysF32:
		return numberKernel[float32](op, call, false)
	default:
		return numberKernel[float64](op, call, false)
	}
}

// number are the Go types of SQL numbers without a scale.
type number interface {
	int8 | int16 | int32 | int64 | float32 | float64
}

type whole interface{ int8 | int16 | int32 | int64 }

// loop computes out[i] from a[i] and b[i]; all have one length.
type loop[T number] func(out, a, b []T)

// constLoop computes out[i] from a[i] and a constant.
type constLoop[T number] func(out, a []T, c T)

func add[T number](out, a, b []T) {
	a, b = a[:len(out)], b[:len(out)]
	for i := range out {
		out[i] = a[i] + b[i]
	}
}

func sub[T number](out, a, b []T) {
	a, b = a[:len(out)], b[:len(out)]
	for i := range out {
		out[i] = a[i] - b[i]
	}
}

func mul[T number](out, a, b []T) {
	a, b = a[:len(out)], b[:len(out)]
	for i := range out {
		out[i] = a[i] * b[i]
	}
}

func quo[T number](out, a, b []T) {
	a, b = a[:len(out)], b[:len(out)]
	for i := range out {
		out[i] = a[i] / b[i]
	}
}

func addConst[T number](out, a []T, c T) {
	a = a[:len(out)]
	for i := range out {
		out[i] = a[i] + c
	}
}

func subConst[T number](out, a []T, c T) {
	a = a[:len(out)]
	for i := range out {
		out[i] = a[i] - c
	}
}

func mulConst[T number](out, a []T, c T) {
	a = a[:len(out)]
	for i := range out {
		out[i] = a[i] * c
	}
}

func quoConst[T number](out, a []T, c T) {
	a = a[:len(out)]
	for i := range out {
		out[i] = a[i] / c
	}
}

func remConst[T whole](out, a []T, c T) {
	a = a[:len(out)]
	for i := range out {
		out[i] = a[i] % c
	}
}

// intDiv divides whole numbers where the divisor may be zero; row numbers the first
// row that does, else it is -1. NULL rows are skipped.
func intDiv(rem bool, out, a, b *vec.Vec) (row int) {
	switch out.Phys() {
	case vec.PhysI8:
		return divInts[int8](rem, out, a, b)
	case vec.PhysI16:
		return divInts[int16](rem, out, a, b)
	case vec.PhysI32:
		return divInts[int32](rem, out, a, b)
	default:
		return divInts[int64](rem, out, a, b)
	}
}

func divInts[T whole](rem bool, out, a, b *vec.Vec) int {
	dst, x, y := vec.Slice[T](out), vec.Slice[T](a), vec.Slice[T](b)
	for i := range dst {
		if y[i] == 0 {
			if out.IsNull(i) {
				continue
			}
			return i
		}
		if rem {
			dst[i] = x[i] % y[i]
		} else {
			dst[i] = x[i] / y[i]
		}
	}
	return -1
}

// numberKernel is the kernel of op on T. The result is narrowed to the call's type
// if that is another (x % y has the type of y; FLOAT + DOUBLE that of the left side).
func numberKernel[T number](op string, call *rex.Call, isWhole bool) (Kernel, error) {
	work := call.Args[0].Type()
	var both loop[T]
	var withConst constLoop[T]
	swap := false // c op x is x op c
	switch op {
	case "+":
		both, withConst, swap = add[T], addConst[T], true
	case "-":
		both, withConst = sub[T], subConst[T]
	case "*":
		both, withConst, swap = mul[T], mulConst[T], true
	case "/":
		if !isWhole {
			both = quo[T]
		}
		withConst = quoConst[T]
	case "%":
		withConst = remainderLoop[T]()
	}
	ca, cb := constant(call, 0), constant(call, 1)
	if isWhole && (op == "/" || op == "%") && (cb == nil || cb.Value == int64(0)) {
		withConst = nil
	}
	narrow := vec.PhysOf(work) != vec.PhysOf(call.T)
	if !narrow {
		work = call.T
	}
	eval := func(f *Frame, as []*vec.Vec, n int) (*vec.Vec, error) {
		out := f.New(work, n)
		out.Valid = valid(as, n)
		dst := vec.Slice[T](out)
		switch {
		case n == 0:
		case cb != nil && cb.Value != nil && withConst != nil:
			withConst(dst, vec.Slice[T](as[0]), vec.Slice[T](as[1])[0])
		case ca != nil && ca.Value != nil && withConst != nil && swap:
			withConst(dst, vec.Slice[T](as[1]), vec.Slice[T](as[0])[0])
		case both != nil:
			both(dst, vec.Slice[T](as[0]), vec.Slice[T](as[1]))
		default:
			if row := intDiv(op == "%", out, as[0], as[1]); row >= 0 {
				return nil, fail(call, CodeDivision, "division of %s by zero", quote(as[0], row))
			}
		}
		if narrow {
			return convertNumber(f.Fresh(), out, call.T), nil
		}
		return out, nil
	}
	return Kernel{Owned: true, Eval: eval}, nil
}

// remainderLoop is remConst for whole T, nil otherwise (there is no % on FLOAT).
func remainderLoop[T number]() constLoop[T] {
	var z T
	switch any(z).(type) {
	case int8:
		return any(constLoop[int8](remConst[int8])).(constLoop[T])
	case int16:
		return any(constLoop[int16](remConst[int16])).(constLoop[T])
	case int32:
		return any(constLoop[int32](remConst[int32])).(constLoop[T])
	case int64:
		return any(constLoop[int64](remConst[int64])).(constLoop[T])
	}
	return nil
}

func newNegate(call *rex.Call) (Kernel, error) {
	switch vec.PhysOf(call.T) {
	case vec.PhysI8:
		return map1(func(x int8) int8 { return -x })(call)
	case vec.PhysI16:
		return map1(func(x int16) int16 { return -x })(call)
	case vec.PhysI32:
		return map1(func(x int32) int32 { return -x })(call)
	case vec.PhysI64:
		return map1(func(x int64) int64 { return -x })(call)
	case vec.PhysF32:
		return map1(func(x float32) float32 { return -x })(call)
	case vec.PhysDec:
		return map1(func(x vec.Decimal) vec.Decimal { return x.Negate() })(call)
	default:
		return map1(func(x float64) float64 { return -x })(call)
	}
}
