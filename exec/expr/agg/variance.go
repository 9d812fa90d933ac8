package agg

import (
	"math"
	"math/big"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/types"
)

var varianceEntries = []*Entry{
	varianceEntry("VAR_POP", "the population variance of the numbers", 0),
	varianceEntry("VAR_SAMP", "the sample variance of the numbers; NULL of fewer than two", sample, "VARIANCE"),
	varianceEntry("STDDEV_POP", "the population standard deviation of the numbers", root),
	varianceEntry("STDDEV_SAMP", "the sample standard deviation of the numbers; NULL of fewer than two", sample|root, "STDDEV"),
}

// What a variance is: over n-1 instead of n, and its root.
type varianceKind uint8

const (
	sample varianceKind = 1 << iota
	root
)

func varianceEntry(name, summary string, kind varianceKind, aliases ...string) *Entry {
	shown := map[varianceKind]string{0: "1.25", sample: "1.6666666666666667", root: "1.118033988749895", sample | root: "1.2909944487358056"}[kind]
	return &Entry{
		Function: function(name+"([ALL | DISTINCT] number)", summary,
			[]catalog.Example{{SQL: "SELECT " + name + "(CAST(x AS DOUBLE)) FROM (VALUES (1), (2), (3), (4)) T(x)", Result: shown}},
			func(c catalog.Call) (catalog.Resolved, error) {
				t, err := numericArg(name, c)
				if err != nil {
					return catalog.Resolved{}, err
				}
				return sameArgs(c, averageType(t))
			}, aliases...),
		New: func(c Config) (Acc, error) { return newVariance(c, kind), nil },
	}
}

// newVariance makes a variance the way Flink computes it, so that results agree to
// the last digit: from the sums of the numbers and of their squares and the count,
//
//	(sum(x*x) - sum(x)*sum(x) / n) / (n or n-1)
//
// each step in the type SQL gives it. Products of integers therefore wrap around in
// the argument's type, and divisions of integers cut.
func newVariance(c Config, kind varianceKind) Acc {
	switch c.Args[0].Kind {
	case types.TinyInt:
		return &variance[int8]{t: c.Result, kind: kind, finish: wholeVariance[int8]}
	case types.SmallInt:
		return &variance[int16]{t: c.Result, kind: kind, finish: wholeVariance[int16]}
	case types.Integer:
		return &variance[int32]{t: c.Result, kind: kind, finish: wholeVariance[int32]}
	case types.BigInt:
		return &variance[int64]{t: c.Result, kind: kind, finish: wholeVariance[int64]}
	case types.Float:
		return &variance[float32]{t: c.Result, kind: kind, finish: floatVariance[float32]}
	case types.Double:
		return &variance[float64]{t: c.Result, kind: kind, finish: floatVariance[float64]}
	default:
		return newDecimalVariance(c, kind)
	}
}

// variance is a variance of numbers of Go type T. Its partial is the sum of the
// squares, the sum and the count.
type variance[T number] struct {
	t      types.Type
	kind   varianceKind
	finish func(c varianceCell[T], divisor int64, kind varianceKind) T
	cells  []varianceCell[T]
}

type varianceCell[T number] struct {
	squares, sum T
	n            int64
}

func (a *variance[T]) Grow(n int) { a.cells = growTo(a.cells, n) }

func (a *variance[T]) Add(ids []int32, args []*vec.Vec, rows []int32) { a.add(ids, args[0], rows, 1) }

func (a *variance[T]) Retract(ids []int32, args []*vec.Vec, rows []int32) {
	a.add(ids, args[0], rows, -1)
}

func (a *variance[T]) add(ids []int32, v *vec.Vec, rows []int32, by int64) {
	vals := vec.Slice[T](v)
	for j, id := range ids {
		if r := int(rowAt(rows, j)); !v.IsNull(r) {
			x, c := vals[r], &a.cells[id]
			c.squares += x * x * T(by)
			c.sum += x * T(by)
			c.n += by
		}
	}
}

func (a *variance[T]) Merge(ids []int32, partial []*vec.Vec) {
	squares, sums, ns := vec.Slice[T](partial[0]), vec.Slice[T](partial[1]), partial[2].Int64s()
	for j, id := range ids {
		c := &a.cells[id]
		c.squares += squares[j]
		c.sum += sums[j]
		c.n += ns[j]
	}
}

func (a *variance[T]) PartialTypes() []types.Type {
	t := a.t.NotNull()
	return []types.Type{t, t, countType}
}

func (a *variance[T]) Partial(ids []int32) []*vec.Vec {
	squares, sums, ns := make([]T, len(ids)), make([]T, len(ids)), make([]int64, len(ids))
	for j, id := range ids {
		c := a.cells[id]
		squares[j], sums[j], ns[j] = c.squares, c.sum, c.n
	}
	t := a.t.NotNull()
	return []*vec.Vec{vec.FromSlice(t, squares, nil), vec.FromSlice(t, sums, nil), vec.FromSlice(countType, ns, nil)}
}

func (a *variance[T]) Result(ids []int32) (*vec.Vec, error) {
	out := vec.New(a.t.Null(), len(ids))
	for j, id := range ids {
		divisor, ok := a.kind.divisor(a.cells[id].n)
		if !ok {
			out.SetNull(j)
			continue
		}
		vec.Slice[T](out)[j] = a.finish(a.cells[id], divisor, a.kind)
	}
	return out, nil
}

// divisor gives n or n-1; ok is false where the result is NULL.
func (k varianceKind) divisor(n int64) (int64, bool) {
	if n == 0 || n == 1 && k&sample != 0 {
		return 0, false
	}
	if k&sample != 0 {
		n--
	}
	return n, true
}

// wholeVariance computes with integers: the square of the sum wraps around in T,
// the divisions are BIGINT's.
func wholeVariance[T int8 | int16 | int32 | int64](c varianceCell[T], divisor int64, kind varianceKind) T {
	v := (int64(c.squares) - int64(c.sum*c.sum)/c.n) / divisor
	if kind&root == 0 {
		return T(v)
	}
	// The root of a number that wrapped below zero is NaN, which casts to 0; one
	// beyond INT's range casts to INT's end before it is cut to a smaller type.
	r := math.Sqrt(float64(v))
	switch any(T(0)).(type) {
	case int64:
		if r == r {
			return T(int64(r))
		}
		return 0
	default:
		if r == r {
			return T(int32(min(r, math.MaxInt32)))
		}
		return 0
	}
}

// floatVariance computes with floats.
func floatVariance[T float32 | float64](c varianceCell[T], divisor int64, kind varianceKind) T {
	v := (c.squares - c.sum*c.sum/T(c.n)) / T(divisor)
	if kind&root != 0 {
		v = T(math.Sqrt(float64(v)))
	}
	return v
}

func (a *variance[T]) Reset(ids []int32) {
	for _, id := range ids {
		a.cells[id] = varianceCell[T]{}
	}
}

func (a *variance[T]) Bytes() int64 { return int64(cap(a.cells)) * 24 }

// decimalVariance is a variance of DECIMAL. Every step rounds to the scale that SQL
// gives its type. The sums of the numbers and of the squares are those of SUM.
type decimalVariance struct {
	t            types.Type
	arg, square  types.Type
	kind         varianceKind
	sums, powers *decimalSum
}

func newDecimalVariance(c Config, kind varianceKind) *decimalVariance {
	arg := c.Args[0].NotNull()
	square := types.ProductType(arg, arg)
	part := func(t types.Type) *decimalSum {
		s := types.NewDecimal(types.MaxDecimalPrecision, t.Scale)
		return newDecimalSum(Config{Args: []types.Type{t}, Result: s}, sumOrNull)
	}
	return &decimalVariance{t: c.Result.Null(), arg: arg, square: square, kind: kind, sums: part(arg), powers: part(square)}
}

func (a *decimalVariance) Grow(n int) {
	a.sums.Grow(n)
	a.powers.Grow(n)
}

func (a *decimalVariance) Add(ids []int32, args []*vec.Vec, rows []int32) {
	a.sums.Add(ids, args, rows)
	a.powers.Add(ids, []*vec.Vec{a.squared(args[0])}, rows)
}

func (a *decimalVariance) Retract(ids []int32, args []*vec.Vec, rows []int32) {
	a.sums.Retract(ids, args, rows)
	a.powers.Retract(ids, []*vec.Vec{a.squared(args[0])}, rows)
}

// squared gives x*x; NULL where x is NULL or the product has too many digits.
func (a *decimalVariance) squared(v *vec.Vec) *vec.Vec {
	wide := types.NewDecimal(types.MaxDecimalPrecision, a.square.Scale)
	out := vec.New(wide, v.Len)
	down := pow10(2*a.arg.Scale - a.square.Scale)
	for i := 0; i < v.Len; i++ {
		if v.IsNull(i) {
			out.SetNull(i)
			continue
		}
		x := decimalAt(v, i)
		d, ok := vec.DecimalFromBig(vec.DivideHalfUp(x.Mul(x, x), down))
		if out.Decimals()[i] = d; !ok {
			out.SetNull(i)
		}
	}
	return out
}

func decimalAt(v *vec.Vec, i int) *big.Int {
	if v.Phys() == vec.PhysI64 {
		return big.NewInt(v.Int64s()[i])
	}
	return v.Decimals()[i].BigInt()
}

func pow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

func (a *decimalVariance) Merge(ids []int32, partial []*vec.Vec) {
	a.powers.Merge(ids, partial[:2])
	a.sums.Merge(ids, partial[2:])
}

func (a *decimalVariance) PartialTypes() []types.Type {
	return append(a.powers.PartialTypes(), a.sums.PartialTypes()...)
}

func (a *decimalVariance) Partial(ids []int32) []*vec.Vec {
	return append(a.powers.Partial(ids), a.sums.Partial(ids)...)
}

func (a *decimalVariance) Result(ids []int32) (*vec.Vec, error) {
	out := vec.New(a.t, len(ids))
	for j, id := range ids {
		if d, ok := a.value(id); ok {
			out.Decimals()[j] = d
		} else {
			out.SetNull(j)
		}
	}
	return out, nil
}

// number is a DECIMAL value under way, of a type with a scale.
type decimalNumber struct {
	x *big.Int
	t types.Type
}

// to rounds a value to the scale of another type; ok is false if it does not fit.
func (d decimalNumber) to(t types.Type) (decimalNumber, bool) {
	x := new(big.Int).Set(d.x)
	if up := t.Scale - d.t.Scale; up >= 0 {
		x.Mul(x, pow10(up))
	} else {
		vec.DivideHalfUp(x, pow10(-up))
	}
	_, ok := vec.DecimalFromBig(x)
	return decimalNumber{x, t}, ok
}

// over divides by a BIGINT.
func (d decimalNumber) over(n int64) (decimalNumber, bool) {
	t := types.QuotientType(d.t, types.AsDecimal(types.Int64))
	x := new(big.Int).Mul(d.x, pow10(max(0, t.Scale-d.t.Scale)))
	vec.DivideHalfUp(x, new(big.Int).Mul(big.NewInt(n), pow10(max(0, d.t.Scale-t.Scale))))
	_, ok := vec.DecimalFromBig(x)
	return decimalNumber{x, t}, ok
}

func (a *decimalVariance) value(id int32) (d vec.Decimal, ok bool) {
	sum, squares := a.sums.cells[id], a.powers.cells[id]
	divisor, ok := a.kind.divisor(sum.n)
	if !ok || sum.over || squares.over || squares.n == 0 {
		return d, false
	}
	total := decimalNumber{sum.sum.BigInt(), a.sums.sumType()}
	wide := decimalNumber{new(big.Int).Mul(total.x, total.x), types.Type{Scale: 2 * total.t.Scale}}
	product, ok1 := wide.to(types.ProductType(total.t, total.t))
	mean, ok2 := product.over(sum.n)
	t := types.SumType(a.powers.sumType(), mean.t)
	exact := types.Type{Scale: max(a.powers.sumType().Scale, mean.t.Scale)}
	left, _ := decimalNumber{squares.sum.BigInt(), a.powers.sumType()}.to(exact)
	right, _ := mean.to(exact)
	diff, ok3 := decimalNumber{new(big.Int).Sub(left.x, right.x), exact}.to(t)
	v, ok4 := diff.over(divisor)
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return d, false
	}
	if a.kind&root != 0 {
		return rootOf(v, a.t.Scale)
	}
	v, ok = v.to(a.t)
	if !ok {
		return d, false
	}
	return vec.DecimalFromBig(v.x)
}

// rootOf is the root, computed in DOUBLE and rounded to scale.
func rootOf(v decimalNumber, scale int) (d vec.Decimal, ok bool) {
	f, _ := new(big.Rat).SetFrac(v.x, pow10(v.t.Scale)).Float64()
	if f = math.Sqrt(f); math.IsNaN(f) {
		return d, false
	}
	r := new(big.Rat).SetFloat64(f)
	r.Mul(r, new(big.Rat).SetInt(pow10(scale)))
	return vec.DecimalFromBig(vec.DivideHalfUp(new(big.Int).Set(r.Num()), r.Denom()))
}

func (a *decimalVariance) Reset(ids []int32) {
	a.sums.Reset(ids)
	a.powers.Reset(ids)
}

func (a *decimalVariance) Bytes() int64 { return a.sums.Bytes() + a.powers.Bytes() }
