package types

// HasJSON reports whether values of a type can be written as JSON, as JSON_STRING, JSON_OBJECT
// and JSON_ARRAY do; part names the type that cannot.
func HasJSON(t Type) (part Type, ok bool) {
	switch t.Kind {
	case Array:
		return HasJSON(*t.Elem)
	case Map, Multiset:
		k, v := t.Key, t.Elem
		if t.Kind == Multiset {
			count := Int32.NotNull()
			k, v = t.Elem, &count
		}
		if !k.IsCharacter() {
			return *k, false
		}
		return HasJSON(*v)
	case Row:
		for _, f := range t.Fields {
			if part, ok = HasJSON(f.Type); !ok {
				return part, false
			}
		}
		return t, true
	case Date, Time, IntervalYearMonth, IntervalDayTime, Raw, Variant:
		return t, false
	}
	return t, true
}
