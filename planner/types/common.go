package types

// Common is the least type that holds every value of ts: the type of a column
// of UNION, INTERSECT, EXCEPT and VALUES, of CASE and of an IN list. NULL literals
// are ignored but make the result nullable. It reports false where the types
// have nothing in common; implicit conversions between families (text to number,
// DATE to TIMESTAMP) are not made.
//
// Two rules of the reference are kept although they look odd: FLOAT and DOUBLE,
// and TIMESTAMP and TIMESTAMP_LTZ of one precision, give whichever comes first;
// and with different precisions TIMESTAMP and TIMESTAMP_LTZ give the later kind.
func Common(ts ...Type) (Type, bool) { return fold(ts, leastRestrictive) }

// CommonArg is the common type to which functions such as COALESCE, IFNULL,
// GREATEST and LEAST bring their arguments. It differs from Common where that
// depends on the order: FLOAT with DOUBLE is DOUBLE, DECIMAL before FLOAT is FLOAT,
// TIMESTAMP with TIMESTAMP_LTZ is TIMESTAMP_LTZ of the higher precision, and DATE
// or TIME with TIMESTAMP keeps the date or the time.
func CommonArg(ts ...Type) (Type, bool) { return fold(ts, commonArg) }

// fold merges the non-NULL types left to right and settles nullability and the
// time attribute, which survives only if all types share it.
func fold(ts []Type, merge func(a, b Type) (Type, bool)) (Type, bool) {
	var out Type
	nullable := false
	attr, sameAttr := NoTimeAttr, true
	for i, t := range ts {
		nullable = nullable || t.Nullable || t.Kind == Null
		if i == 0 {
			attr = t.Attr
		} else if t.Attr != attr {
			sameAttr = false
		}
		switch {
		case t.Kind == Null:
		case out.Kind == Invalid:
			out = t
		default:
			var ok bool
			if out, ok = merge(out, t); !ok {
				return Type{}, false
			}
		}
	}
	if out.Kind == Invalid {
		if len(ts) == 0 {
			return Type{}, false
		}
		return NullType, true
	}
	out.Attr = NoTimeAttr
	if sameAttr {
		out.Attr = attr
	}
	return out.WithNull(nullable), true
}

func leastRestrictive(a, b Type) (Type, bool) {
	switch {
	case a.IsNumeric() && b.IsNumeric():
		return commonNumber(a, b)
	case a.IsTimestamp() && b.IsTimestamp():
		if a.Precision == b.Precision {
			return a, true
		}
		b.Precision = max(a.Precision, b.Precision)
		return b, true
	default:
		return commonOther(a, b, leastRestrictive)
	}
}

func commonArg(a, b Type) (Type, bool) {
	switch {
	case a.IsNumeric() && b.IsNumeric():
		switch approx := a.In(Float, Double); {
		case a.Kind == Double || b.Kind == Double, approx && b.Kind == Decimal:
			return Float64, true
		case approx || b.Kind == Float:
			return Float32, true
		}
		return commonNumber(a, b)
	case a.IsTimestamp() && b.IsTimestamp():
		if b.Kind == TimestampLTZ {
			a, b = b, a
		}
		a.Precision = max(a.Precision, b.Precision)
		return a, true
	case a.In(Date, Time) && b.Kind == Timestamp:
		return a, true
	case b.In(Date, Time) && a.Kind == Timestamp:
		return b, true
	default:
		return commonOther(a, b, commonArg)
	}
}

// commonNumber is the common type of two numbers where FLOAT and DOUBLE give the
// first of them and an exact number with DECIMAL keeps all its digits up to 38.
func commonNumber(a, b Type) (Type, bool) {
	approxA, approxB := a.In(Float, Double), b.In(Float, Double)
	switch {
	case approxA && approxB:
		return a, true
	case approxA && b.Kind == Decimal, approxB && a.Kind == Decimal:
		return Float64, true
	case approxA:
		return a, true
	case approxB:
		return b, true
	case a.Kind != Decimal && b.Kind != Decimal:
		if a.Kind >= b.Kind {
			return a, true
		}
		return b, true
	}
	a, b = AsDecimal(a), AsDecimal(b)
	whole := min(max(a.Precision-a.Scale, b.Precision-b.Scale), MaxDecimalPrecision)
	scale := min(max(a.Scale, b.Scale), MaxDecimalPrecision-whole)
	return NewDecimal(whole+scale, scale), true
}

// AsDecimal is the DECIMAL that holds every value of an exact number, e.g.
// DECIMAL(10, 0) for INT; nullability is kept. Other types come back unchanged.
func AsDecimal(t Type) Type {
	switch t.Kind {
	case TinyInt:
		return NewDecimal(3, 0).WithNull(t.Nullable)
	case SmallInt:
		return NewDecimal(5, 0).WithNull(t.Nullable)
	case Integer:
		return NewDecimal(10, 0).WithNull(t.Nullable)
	case BigInt:
		return NewDecimal(19, 0).WithNull(t.Nullable)
	default:
		return t
	}
}

// commonOther merges texts, bytes, intervals and nested types; the rest only
// with themselves.
func commonOther(a, b Type, merge func(a, b Type) (Type, bool)) (Type, bool) {
	switch {
	case a.IsCharacter() && b.IsCharacter():
		return commonLength(a, b, Char, VarChar), true
	case a.IsBinary() && b.IsBinary():
		return commonLength(a, b, Binary, VarBinary), true
	case a.Kind != b.Kind:
		return Type{}, false
	}
	switch a.Kind {
	case Boolean, Date, Variant:
		return a, true
	case Time:
		a.Precision = max(a.Precision, b.Precision)
		return a, true
	case IntervalYearMonth:
		return IntervalMonths, true
	case IntervalDayTime:
		return IntervalMillis, true
	case Array, Multiset:
		elem, ok := mergeNested(*a.Elem, *b.Elem, merge)
		return Type{Kind: a.Kind, Elem: &elem}, ok
	case Map:
		key, ok1 := mergeNested(*a.Key, *b.Key, merge)
		val, ok2 := mergeNested(*a.Elem, *b.Elem, merge)
		return Type{Kind: Map, Key: &key, Elem: &val}, ok1 && ok2
	case Row:
		return commonRow(a, b, merge)
	case Raw, Symbol, Descriptor:
		return a, a.Same(b)
	default:
		return Type{}, false
	}
}

// commonLength keeps the fixed kind only if both have it and the same length.
func commonLength(a, b Type, fixed, varying Kind) Type {
	if a.Kind == fixed && b.Kind == fixed && a.Precision == b.Precision {
		return a
	}
	return Type{Kind: varying, Precision: max(a.Precision, b.Precision)}
}

func mergeNested(a, b Type, merge func(a, b Type) (Type, bool)) (Type, bool) {
	return fold([]Type{a, b}, merge)
}

// commonRow merges field by field; the names are those of the first row.
// Structured types have themselves in common only.
func commonRow(a, b Type, merge func(a, b Type) (Type, bool)) (Type, bool) {
	if a.Class != "" || b.Class != "" {
		return a, a.Same(b)
	}
	if len(a.Fields) != len(b.Fields) {
		return Type{}, false
	}
	fields := make([]Field, len(a.Fields))
	for i, f := range a.Fields {
		t, ok := mergeNested(f.Type, b.Fields[i].Type, merge)
		if !ok {
			return Type{}, false
		}
		fields[i] = Field{Name: f.Name, Type: t, Comment: f.Comment}
	}
	return Type{Kind: Row, Fields: fields}, true
}

// Comparable reports whether =, <>, <, <=, > and >= apply to a and b, and the type
// to which both are brought first. Text compares with dates, times and timestamps
// by being read as one. DECIMALs of different scales compare exactly: common then
// is the smallest DECIMAL that holds both, or the cap of DECIMAL(38, s); kernels
// that can compare across scales need no cast at all.
func Comparable(a, b Type) (common Type, ok bool) {
	nullable := a.Nullable || b.Nullable
	switch {
	case a.IsNumeric() && b.IsNumeric():
		switch {
		case a.Kind == Double || b.Kind == Double,
			a.Kind == Decimal && b.Kind == Float, b.Kind == Decimal && a.Kind == Float:
			return Float64.WithNull(nullable), true
		}
		t, _ := commonNumber(a, b)
		return t.WithNull(nullable), true
	case a.IsCharacter() && b.IsCharacter():
		return String.WithNull(nullable), true
	case a.IsBinary() && b.IsBinary():
		return Bytes.WithNull(nullable), true
	case a.IsCharacter() && b.In(Date, Time, Timestamp, TimestampLTZ):
		return textAs(b).WithNull(nullable), true
	case b.IsCharacter() && a.In(Date, Time, Timestamp, TimestampLTZ):
		return textAs(a).WithNull(nullable), true
	case a.Kind == Null:
		return b.WithAttr(NoTimeAttr).Null(), true
	case b.Kind == Null:
		return a.WithAttr(NoTimeAttr).Null(), true
	}
	t, ok := commonArg(a.WithAttr(NoTimeAttr), b.WithAttr(NoTimeAttr))
	if !ok || t.In(Date, Time) && a.Kind != b.Kind || t.In(Descriptor, Symbol) {
		return Type{}, false
	}
	return t.WithNull(nullable), true
}

// textAs is the type as which a text is read when it is compared with a date or time.
func textAs(t Type) Type { return t.WithAttr(NoTimeAttr).Null() }
