package function

import (
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// decimalOp computes one row; false for NULL (the result does not fit).
type (
	longOp func(x, y int64) (int64, bool)
	wideOp func(x, y vec.Decimal) (vec.Decimal, bool)
)

// newDecimalArith makes a kernel on DECIMALs: in 64 bits where both sides and the
// result have at most 18 digits, else in 128.
func newDecimalArith(op string, call *rex.Call) (Kernel, error) {
	a, b, t := call.Args[0].Type(), call.Args[1].Type(), call.T
	if t.Kind != types.Decimal { // % of scale 0 has the type of its right side
		t = types.AsDecimal(t)
	}
	divide := op == "/" || op == "%"
	var long longOp
	if isLong(a) && isLong(b) && isLong(t) {
		long = longDecimal(op, a, b, t)
	}
	wide := wideDecimal(op, a, b, t)
	narrow := call.T.Kind != types.Decimal
	var bufA, bufB []vec.Decimal
	return Kernel{Owned: true, Eval: func(f *Frame, as []*vec.Vec, n int) (*vec.Vec, error) {
		out := f.New(t, n)
		ok := valid(as, n)
		out.Valid = ok
		shared := ok != nil
		zero := func(i int) error {
			return fail(call, CodeDivision, "division of %s by zero", quote(as[0], i))
		}
		if long != nil {
			dst, x, y := out.Int64s(), as[0].Int64s(), as[1].Int64s()
			for i := range dst {
				if ok != nil && !ok.Get(i) {
					continue
				}
				if divide && y[i] == 0 {
					return nil, zero(i)
				}
				r, fits := long(x[i], y[i])
				if dst[i] = r; !fits {
					setNull(out, i, &shared)
				}
			}
		} else {
			x, y := wides(as[0], &bufA), wides(as[1], &bufB)
			put := putter(out)
			for i := range x {
				if ok != nil && !ok.Get(i) {
					continue
				}
				if divide && y[i].Sign() == 0 {
					return nil, zero(i)
				}
				if r, fits := wide(x[i], y[i]); fits {
					put(i, r)
				} else {
					setNull(out, i, &shared)
				}
			}
		}
		if narrow {
			return convertNumber(f.Fresh(), out, call.T), nil
		}
		out.Type = call.T
		return out, nil
	}}, nil
}

// longDecimal is op in 64 bits, or nil if an intermediate value may not fit.
func longDecimal(op string, a, b, t types.Type) longOp {
	as, bs, ts := a.Scale, b.Scale, t.Scale
	switch op {
	case "+", "-":
		s := max(as, bs)
		ma, mb := pow10[s-as], pow10[s-bs] // the result's whole digits leave room for it
		if s != ts {
			return nil
		}
		if op == "-" {
			mb = -mb
		}
		return func(x, y int64) (int64, bool) {
			r := x*ma + y*mb
			return r, fitsLong(r, t.Precision)
		}
	case "*":
		if ts != as+bs {
			return nil
		}
		return func(x, y int64) (int64, bool) {
			r := x * y
			return r, fitsLong(r, t.Precision)
		}
	case "/":
		// x/10^as / (y/10^bs) at scale ts is x*10^(ts-as+bs) / y.
		k := ts - as + bs
		if k < 0 || k > 18 || a.Precision+k > 18 {
			return nil
		}
		m := pow10[k]
		return func(x, y int64) (int64, bool) {
			num := x * m
			q, r := num/y, num%y
			if r < 0 {
				r = -r
			}
			if d := max(y, -y); r >= d-r {
				if (num < 0) != (y < 0) {
					q--
				} else {
					q++
				}
			}
			return q, fitsLong(q, t.Precision)
		}
	default:
		s := max(as, bs)
		if a.Precision+s-as > 18 || b.Precision+s-bs > 18 {
			return nil
		}
		ma, mb := pow10[s-as], pow10[s-bs]
		return func(x, y int64) (int64, bool) {
			return rescaleLong((x*ma)%(y*mb), s, ts, t.Precision)
		}
	}
}

// wideDecimal is op in 128 bits, falling back to arbitrary precision where an
// intermediate value may not fit.
func wideDecimal(op string, a, b, t types.Type) wideOp {
	as, bs, ts, p := a.Scale, b.Scale, t.Scale, t.Precision
	switch op {
	case "+", "-":
		s := max(as, bs)
		ma, mb := pow10Wide[s-as], pow10Wide[s-bs]
		return func(x, y vec.Decimal) (vec.Decimal, bool) {
			if op == "-" {
				y = y.Negate()
			}
			x1, ok1 := mulWide(x, ma)
			y1, ok2 := mulWide(y, mb)
			if ok1 && ok2 {
				if sum := x1.Add(y1); x1.Sign() != y1.Sign() || sum.Sign() == x1.Sign() {
					return rescaleWide(sum, s, ts, p)
				}
			}
			xb, yb := x.BigInt(), y.BigInt()
			xb.Mul(xb, bigPow10(s-as)).Add(xb, yb.Mul(yb, bigPow10(s-bs)))
			return rescaleBig(xb, s, ts, p)
		}
	case "*":
		return func(x, y vec.Decimal) (vec.Decimal, bool) {
			if r, ok := mulWide(x, y); ok {
				return rescaleWide(r, as+bs, ts, p)
			}
			xb := x.BigInt()
			return rescaleBig(xb.Mul(xb, y.BigInt()), as+bs, ts, p)
		}
	case "/":
		k := ts - as + bs
		return func(x, y vec.Decimal) (vec.Decimal, bool) {
			if q, ok := divShort(x, y, k); ok {
				return q, fitsWide(q, p)
			}
			return divWide(x, as, y, bs, p, ts)
		}
	default:
		s := max(as, bs)
		ma, mb := pow10Wide[s-as], pow10Wide[s-bs]
		return func(x, y vec.Decimal) (vec.Decimal, bool) {
			x1, ok1 := mulWide(x, ma)
			y1, ok2 := mulWide(y, mb)
			if ok1 && ok2 {
				hi, lo, neg := abs128(x1)
				if yh, yl, _ := abs128(y1); yh == 0 {
					_, _, r := divRem64(hi, lo, yl)
					return rescaleWide(from128(0, r, neg), s, ts, p)
				}
			}
			xb, yb := x.BigInt(), y.BigInt()
			xb.Mul(xb, bigPow10(s-as))
			return rescaleBig(xb.Rem(xb, yb.Mul(yb, bigPow10(s-bs))), s, ts, p)
		}
	}
}
