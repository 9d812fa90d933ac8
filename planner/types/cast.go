package types

// CanCast reports whether CAST(x AS to) exists for an x of type from. It says
// nothing of whether a given value can be cast: a text that is no number fails at
// run time (and gives NULL under TRY_CAST). There is none between numbers and
// timestamps; TO_TIMESTAMP_LTZ and UNIX_TIMESTAMP say which unit is meant.
func CanCast(from, to Type) bool {
	switch {
	case from.Kind == Null:
		return !to.In(Invalid, Descriptor, Symbol)
	case from.Kind == Variant:
		return false // not even to itself
	case to.IsCharacter():
		return !from.In(Invalid, Descriptor, Symbol)
	case from.IsCharacter():
		return to.In(Boolean, TinyInt, SmallInt, Integer, BigInt, Decimal, Float, Double,
			Binary, VarBinary, Date, Time, Timestamp, TimestampLTZ)
	case from.Kind == Boolean:
		return to.Kind == Boolean || to.IsNumeric()
	case from.IsNumeric():
		return to.IsNumeric() || to.Kind == Boolean || to.IsInterval() && from.IsInteger()
	case from.IsBinary():
		return to.IsBinary()
	case from.Kind == Date:
		return to.Kind == Date || to.IsTimestamp()
	case from.Kind == Time:
		return to.Kind == Time || to.IsTimestamp()
	case from.IsTimestamp():
		return to.In(Date, Time, Timestamp, TimestampLTZ)
	case from.IsInterval():
		return from.Kind == to.Kind
	default:
		return castNested(from, to, CanCast)
	}
}

// CanCastImplicitly reports whether a value of type from may stand where one of
// type to is wanted (a function argument, a sink column) without a CAST in the
// text. Nullability is not looked at: who stores into NOT NULL checks that himself.
func CanCastImplicitly(from, to Type) bool {
	switch {
	case from.Kind == Null:
		return !to.In(Invalid, Descriptor, Symbol)
	case from.IsCharacter():
		return to.Kind == VarChar || to.Kind == Char && from.Kind == Char
	case from.IsBinary():
		return to.Kind == VarBinary || to.Kind == Binary && from.Kind == Binary
	case from.IsNumeric():
		return widens(from.Kind, to.Kind)
	case from.Kind == Timestamp:
		return to.In(Date, Time, Timestamp, TimestampLTZ)
	case from.Kind == TimestampLTZ:
		return to.IsTimestamp()
	case from.In(Boolean, Date, Time, IntervalYearMonth, IntervalDayTime):
		return from.Kind == to.Kind
	default:
		return castNested(from, to, CanCastImplicitly)
	}
}

// widens reports the implicit casts among numbers: up the whole numbers, from these
// and DECIMAL to FLOAT and DOUBLE, and from any number to DECIMAL.
func widens(from, to Kind) bool {
	switch to {
	case Decimal, Double:
		return true
	case Float:
		return from != Double
	case TinyInt, SmallInt, Integer, BigInt:
		return from <= to
	default:
		return false
	}
}

// castNested applies a cast rule to the parts of ARRAY, MULTISET, MAP and ROW.
func castNested(from, to Type, can func(from, to Type) bool) bool {
	if from.Kind != to.Kind {
		return false
	}
	switch from.Kind {
	case Array, Multiset:
		return can(*from.Elem, *to.Elem)
	case Map:
		return can(*from.Key, *to.Key) && can(*from.Elem, *to.Elem)
	case Row:
		if len(from.Fields) != len(to.Fields) {
			return false
		}
		for i, f := range from.Fields {
			if !can(f.Type, to.Fields[i].Type) {
				return false
			}
		}
		return true
	default:
		return from.Same(to)
	}
}
