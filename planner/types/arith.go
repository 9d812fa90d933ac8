package types

// Interval types as all interval expressions have them: the qualifier a literal
// was written with is not part of the type that Flink reports.
var (
	IntervalMonths = NewInterval(Month, 0, 0)
	IntervalMillis = NewInterval(Second, 0, 3)
)

// Arith gives the result of a op b for "+", "-", "*", "/" and "%", and the types to
// which both sides are cast first. ok is false where the operator does not apply.
//
// Whole numbers give the wider of both types and wrap around; "%" gives the type of
// its right side. DECIMAL with a whole number treats that as DECIMAL(3|5|10|19, 0)
// and gives DECIMAL by the rules of SumType, ProductType, QuotientType and
// RemainderType; FLOAT with DOUBLE gives the left one; DECIMAL with FLOAT or DOUBLE
// gives DOUBLE. Dates, times and timestamps take + and - with an interval, intervals
// take + and - with their like and * with a whole number.
func Arith(op string, a, b Type) (res, castA, castB Type, ok bool) {
	nullable := a.Nullable || b.Nullable
	switch {
	case a.Kind == Null && b.Kind == Null:
		return Type{}, Type{}, Type{}, false
	case a.Kind == Null && (b.IsNumeric() || b.IsInterval()):
		a = b.Null()
	case b.Kind == Null && (a.IsNumeric() || a.IsInterval()):
		b = a.Null()
	}
	a, b = a.WithAttr(NoTimeAttr), b.WithAttr(NoTimeAttr)
	if a.IsNumeric() && b.IsNumeric() {
		return arithNumbers(op, a, b, nullable)
	}
	switch op {
	case "+":
		if a.IsInterval() && b.In(Date, Time, Timestamp, TimestampLTZ) {
			return b.WithNull(nullable), a, b, true
		}
		fallthrough
	case "-":
		if a.In(Date, Time, Timestamp, TimestampLTZ) && b.IsInterval() {
			return a.WithNull(nullable), a, b, true
		}
		if a.IsInterval() && a.Kind == b.Kind {
			t, _ := commonOther(a, b, nil)
			return t.WithNull(nullable), a, b, true
		}
	case "*":
		if a.IsInterval() && b.IsInteger() {
			t, _ := commonOther(a, a, nil)
			return t.WithNull(nullable), a, Int64.WithNull(b.Nullable), true
		}
		if b.IsInterval() && a.IsInteger() {
			t, _ := commonOther(b, b, nil)
			return t.WithNull(nullable), Int64.WithNull(a.Nullable), b, true
		}
	}
	return Type{}, Type{}, Type{}, false
}

func arithNumbers(op string, a, b Type, nullable bool) (res, castA, castB Type, ok bool) {
	approxA, approxB := a.In(Float, Double), b.In(Float, Double)
	switch {
	case approxA || approxB:
		if op == "%" {
			return Type{}, Type{}, Type{}, false
		}
		res, _ = commonNumber(a, b)
		work := res
		if approxA && approxB && a.Kind != b.Kind {
			work = Float64 // computed in double precision, then narrowed to res
		}
		return res.WithNull(nullable), work.WithNull(a.Nullable), work.WithNull(b.Nullable), true
	case a.Kind != Decimal && b.Kind != Decimal:
		work, _ := commonNumber(a, b)
		res = work
		if op == "%" {
			res = b
		}
		return res.WithNull(nullable), work.WithNull(a.Nullable), work.WithNull(b.Nullable), true
	}
	castA, castB = AsDecimal(a), AsDecimal(b)
	switch op {
	case "+", "-":
		res = SumType(castA, castB)
	case "*":
		res = ProductType(castA, castB)
	case "/":
		res = QuotientType(castA, castB)
	case "%":
		res = RemainderType(castA, castB)
		if castA.Scale == 0 && castB.Scale == 0 {
			res = b
		}
	default:
		return Type{}, Type{}, Type{}, false
	}
	return res.WithNull(nullable), castA, castB, true
}

// SumType is the type of the sum and of the difference of two DECIMALs.
func SumType(a, b Type) Type {
	scale := max(a.Scale, b.Scale)
	return capDecimal(max(a.Precision-a.Scale, b.Precision-b.Scale)+scale+1, scale)
}

// ProductType is the type of the product of two DECIMALs.
func ProductType(a, b Type) Type {
	return capDecimal(a.Precision+b.Precision+1, a.Scale+b.Scale)
}

// QuotientType is the type of the quotient of two DECIMALs.
func QuotientType(a, b Type) Type {
	scale := max(6, a.Scale+b.Precision+1)
	return capDecimal(a.Precision-a.Scale+b.Scale+scale, scale)
}

// RemainderType is the type of the remainder of two DECIMALs.
func RemainderType(a, b Type) Type {
	scale := max(a.Scale, b.Scale)
	return capDecimal(min(a.Precision-a.Scale, b.Precision-b.Scale)+scale, scale)
}

// capDecimal fits a wanted precision and scale into 38 digits: the whole digits
// are kept, and of the fraction at least 6 digits (or all, if fewer).
func capDecimal(precision, scale int) Type {
	if precision <= MaxDecimalPrecision {
		return NewDecimal(precision, scale)
	}
	whole := precision - scale
	return NewDecimal(MaxDecimalPrecision, max(MaxDecimalPrecision-whole, min(scale, 6)))
}
