package types

// AnyNullable reports whether one of ts may be NULL: the nullability of the result
// of an operator that gives NULL for a NULL operand.
func AnyNullable(ts ...Type) bool {
	for _, t := range ts {
		if t.Nullable || t.Kind == Null {
			return true
		}
	}
	return false
}

// AllNullable reports whether every one of ts may be NULL: the nullability of
// COALESCE.
func AllNullable(ts ...Type) bool {
	for _, t := range ts {
		if !t.Nullable && t.Kind != Null {
			return false
		}
	}
	return true
}

// CastResult is the type of CAST(x AS to), or of TRY_CAST, for an x of type from:
// to as written, nullable if x is, and always nullable for TRY_CAST.
func CastResult(from, to Type, try bool) Type {
	return to.WithNull(try || from.Nullable || from.Kind == Null)
}
