package bind

import (
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/apache/arrow/go/v15/arrow/decimal128"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
)

func boolLit(v bool) *rex.Lit {
	return &rex.Lit{Value: v, T: types.Bool.NotNull()}
}

func int32Lit(v int64) *rex.Lit { return &rex.Lit{Value: v, T: types.Int32.NotNull()} }

func int64Lit(v int64) *rex.Lit { return &rex.Lit{Value: v, T: types.Int64.NotNull()} }

// stringLit is a character literal: CHAR(n) NOT NULL. As in Flink n counts a character
// outside of the first plane twice.
func stringLit(s string) *rex.Lit {
	n := 0
	for _, r := range s {
		n += max(1, utf16.RuneLen(r))
	}
	return &rex.Lit{Value: s, T: types.NewChar(n).NotNull()}
}

// symbol is an option word as an argument.
func symbol(word string) *rex.Lit {
	return &rex.Lit{Value: word, T: types.Type{Kind: types.Symbol}}
}

// nullLit is NULL of a type; types.NullType for a bare NULL.
func nullLit(t types.Type) *rex.Lit { return &rex.Lit{T: t.Null().WithAttr(types.NoTimeAttr)} }

// number reads an unsigned number: INT or BIGINT where it fits, else DECIMAL; with a
// point DECIMAL, with an exponent DOUBLE.
func (b *binder) number(n *syntax.NumberLit) rex.Expr {
	if n.Kind == syntax.Approximate {
		f, err := strconv.ParseFloat(n.Text, 64)
		if err != nil {
			b.errorf(codeLiteral, b.at(n), "number %s is out of the range of DOUBLE", n.Text)
			return invalid()
		}
		return &rex.Lit{Value: f, T: types.Float64.NotNull()}
	}
	whole, frac, _ := strings.Cut(n.Text, ".")
	digits := whole + frac
	v, err := strconv.ParseInt(digits, 10, 64)
	switch {
	case err != nil && digits == "9223372036854775808" && frac == "":
		// Only as -9223372036854775808 is it a BIGINT; see unary.
		return &rex.Lit{Value: int64(math.MinInt64), T: types.Int64.NotNull()}
	case err != nil:
		b.errorf(codeLiteral, b.at(n), "number %s is out of range: its digits must fit BIGINT", n.Text).
			WithHint("write it as %sE0 to have a DOUBLE, or CAST('%s' AS DECIMAL(38, %d))", n.Text, n.Text, len(frac))
		return invalid()
	case frac == "" && v <= math.MaxInt32:
		return int32Lit(v)
	case frac == "":
		return int64Lit(v)
	}
	// The digits as written count, leading zeros too: 0.05 is DECIMAL(3, 2).
	precision := len(digits)
	if precision > types.MaxDecimalPrecision {
		b.errorf(codeLiteral, b.at(n), "number %s has %d digits, DECIMAL has at most %d", n.Text, precision, types.MaxDecimalPrecision)
		return invalid()
	}
	return decimalLit(v, precision, len(frac))
}

// decimalLit is a DECIMAL(p, s) NOT NULL of an unscaled value.
func decimalLit(unscaled int64, precision, scale int) *rex.Lit {
	t := types.NewDecimal(precision, scale).NotNull()
	if precision <= 18 {
		return &rex.Lit{Value: unscaled, T: t}
	}
	return &rex.Lit{Value: decimal128.FromI64(unscaled), T: t}
}

// negate folds the sign into a numeric literal.
func negate(l *rex.Lit) (*rex.Lit, bool) {
	switch v := l.Value.(type) {
	case int64:
		t := l.T
		switch {
		case t.Kind == types.BigInt && v == -math.MinInt32:
			t = types.Int32.WithNull(t.Nullable) // -2147483648 is an INT
		case t.Kind == types.Integer && v == math.MinInt32:
			t = types.Int64.WithNull(t.Nullable) // and -(-2147483648) none
		}
		return &rex.Lit{Value: -v, T: t}, true
	case float64:
		return &rex.Lit{Value: -v + 0, T: l.T}, true // a constant is never -0
	case decimal128.Num:
		return &rex.Lit{Value: v.Negate(), T: l.T}, true
	}
	return l, false
}

func (b *binder) binary(n *syntax.BinaryLit) rex.Expr {
	v, err := hex.DecodeString(n.Hex)
	if err != nil {
		b.errorf(codeLiteral, b.at(n), "binary literal is not an even number of hexadecimal digits")
		return invalid()
	}
	return &rex.Lit{Value: v, T: types.NewBinary(len(v)).NotNull()}
}

// datetime reads DATE '…', TIME '…' and TIMESTAMP '…'.
func (b *binder) datetime(n *syntax.DatetimeLit) rex.Expr {
	text := n.Text
	switch n.Kind {
	case syntax.DatetimeDate:
		if days, ok := parseDate(text); ok {
			return &rex.Lit{Value: days, T: types.DateType.NotNull()}
		}
		return b.badDatetime(n, "DATE", "2026-11-20")
	case syntax.DatetimeTime:
		if ns, _, ok := parseTime(text); ok {
			return &rex.Lit{Value: ns / 1e6, T: types.NewTime(0).NotNull()} // TIME(0) whatever is written
		}
		return b.badDatetime(n, "TIME", "20:49:18")
	case syntax.DatetimeTimestamp:
		if secs, ns, digits, ok := parseTimestamp(text); ok {
			t := types.NewTimestamp(digits).NotNull()
			return &rex.Lit{Value: inUnit(secs, ns, digits), T: t}
		}
		return b.badDatetime(n, "TIMESTAMP", "2026-11-20 20:49:18.722")
	default:
		if secs, ns, digits, ok := parseTimestamp(text); ok {
			secs = localToUTC(secs, b.zone())
			return &rex.Lit{Value: inUnit(secs, ns, digits), T: types.NewTimestampLTZ(digits).NotNull()}
		}
		return b.badDatetime(n, "TIMESTAMP WITH LOCAL TIME ZONE", "2026-11-20 20:49:18.722")
	}
}

func (b *binder) badDatetime(n *syntax.DatetimeLit, kind, example string) rex.Expr {
	b.errorf(codeLiteral, b.at(n), "%q is not a %s", n.Text, kind).WithHint("write it like %s '%s'", kind, example)
	return invalid()
}

// interval reads INTERVAL '…' qualifier: months, or milliseconds.
func (b *binder) interval(n *syntax.IntervalLit) rex.Expr {
	v, isMonths, ok := parseInterval(n.Text, n.Qualifier.From, n.Qualifier.To)
	if !ok {
		b.errorf(codeLiteral, b.at(n), "%q is not an interval of %s", n.Text, qualifierText(n.Qualifier)).
			WithHint("%s", intervalExample(n.Qualifier))
		return invalid()
	}
	digits := n.Qualifier.Precision
	if digits < 0 {
		digits = 2
	}
	if lead := leadingDigits(n.Text); lead > digits {
		b.errorf(codeLiteral, b.at(n), "%q has %d digits before the %s, INTERVAL %s takes %d", n.Text, lead, unitName(n.Qualifier.From), qualifierText(n.Qualifier), digits).
			WithHint("write INTERVAL '%s' %s(%d)", n.Text, unitName(n.Qualifier.From), lead)
		return invalid()
	}
	if n.Negative {
		v = -v
	}
	if n.Qualifier.To == syntax.NoUnit {
		switch n.Qualifier.From { // Flink takes the digits of these literals for hours and for months
		case syntax.Week:
			v /= 7 * 24
		case syntax.Quarter:
			v /= 3
		}
	}
	t := types.IntervalMillis
	if isMonths {
		t = types.IntervalMonths
	}
	return &rex.Lit{Value: v, T: t.NotNull()}
}

// leadingDigits counts the digits of an interval's first field, but for zeros before them.
func leadingDigits(text string) int {
	text = strings.TrimLeft(strings.TrimSpace(text), "+-0")
	n := 0
	for n < len(text) && text[n] >= '0' && text[n] <= '9' {
		n++
	}
	return n
}

// intervalExpr is INTERVAL x unit: x times one unit.
func (x *exprs) intervalExpr(n *syntax.IntervalExpr) rex.Expr {
	v := x.bind(n.X)
	if bad(v) {
		return v
	}
	at := x.b.at(n)
	one, isMonths, ok := parseInterval("1", n.Qualifier.From, syntax.NoUnit)
	if !ok || n.Qualifier.To != syntax.NoUnit || !v.Type().IsInteger() {
		x.b.errorf(codeLiteral, at, "INTERVAL of %s takes a string literal or a whole number with one unit", qualifierText(n.Qualifier))
		return invalid()
	}
	t := types.IntervalMillis
	if isMonths {
		t = types.IntervalMonths
	}
	if l, isLit := v.(*rex.Lit); isLit && l.Value != nil {
		return &rex.Lit{Value: l.Value.(int64) * one, T: t.NotNull()}
	}
	return x.b.arith("*", &rex.Lit{Value: one, T: t.NotNull()}, v, at)
}

func qualifierText(q syntax.IntervalQualifier) string {
	s := unitName(q.From)
	if q.To != syntax.NoUnit {
		s += " TO " + unitName(q.To)
	}
	return s
}

func intervalExample(q syntax.IntervalQualifier) string {
	if q.To == syntax.NoUnit {
		return "write it like INTERVAL '10' " + unitName(q.From)
	}
	switch {
	case q.From == syntax.Year:
		return "write it like INTERVAL '1-6' YEAR TO MONTH"
	case q.From == syntax.Day:
		full := map[syntax.TimeUnit]string{syntax.Hour: "1 12", syntax.Minute: "1 12:30", syntax.Second: "1 12:30:15.5"}
		return "write it like INTERVAL '" + full[q.To] + "' " + qualifierText(q)
	case q.From == syntax.Hour && q.To == syntax.Second:
		return "write it like INTERVAL '12:30:15.5' HOUR TO SECOND"
	default:
		return "write it like INTERVAL '12:30' " + qualifierText(q)
	}
}

// constant gives the literal of an expression without names, or reports.
func (b *binder) constant(e syntax.Expr) (*rex.Lit, bool) {
	x := &exprs{b: b, in: emptyRel(diag.Span{}), clause: "here"}
	l, ok := x.bind(e).(*rex.Lit)
	return l, ok && l.T.Kind != types.Invalid
}
