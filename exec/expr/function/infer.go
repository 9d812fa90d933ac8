package function

import (
	"fmt"
	"strings"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/types"
)

// takes makes Infer from accepted argument lists: the first that fits decides. A
// list names a class per argument, "STRING, INT [, INT]"; what follows "[" may be
// left out, and "..." after the last repeats it. Alternatives of one argument are
// written "STRING|BINARY". The classes:
//
//	STRING BINARY BOOLEAN        as given
//	INT                          a whole number but BIGINT, cast to INT
//	LONG                         any whole number, cast to INT
//	BIGINT                       any whole number, cast to BIGINT
//	DOUBLE FLOAT                 any number, cast to that type
//	WHOLE                        any number, cast to INT
//	NUMERIC                      any number, as given
//	DATE TIME TIMESTAMP LTZ      as given (TIMESTAMP, LTZ of any precision)
//	INTERVAL ARRAY MAP MULTISET ROW    as given
//	ANY                          any value, as given
//	SYMBOL                       an option word
//
// The NULL literal fits every class.
func takes(name string, lists []string, gives result) func(catalog.Call) (catalog.Resolved, error) {
	parsed := make([]argList, len(lists))
	for i, l := range lists {
		parsed[i] = parseArgList(l)
	}
	return func(c catalog.Call) (catalog.Resolved, error) {
		for _, l := range parsed {
			if as, ok := l.match(c.Args); ok {
				return catalog.Resolved{Args: as, Result: gives(as)}, nil
			}
		}
		return catalog.Resolved{}, wrongArgs(name, lists, c.Args)
	}
}

// wrongArgs says what a function takes and what it got.
func wrongArgs(name string, lists []string, got []types.Type) error {
	want := make([]string, len(lists))
	for i, l := range lists {
		want[i] = "(" + strings.ReplaceAll(l, "|", " or ") + ")"
	}
	have := make([]string, len(got))
	for i, t := range got {
		have[i] = plain(t)
	}
	return fmt.Errorf("function %s takes %s, got (%s)", name, strings.Join(want, " or "), strings.Join(have, ", "))
}

// plain is a type's name for messages, without nullability and time attribute.
func plain(t types.Type) string { return t.Null().WithAttr(types.NoTimeAttr).String() }

type argList struct {
	classes  [][]string // alternatives per argument
	required int
	variadic bool // the last class repeats
}

func parseArgList(s string) argList {
	l := argList{required: -1}
	if head, _, ok := strings.Cut(s, "["); ok {
		l.required = 0
		for _, c := range strings.Split(head, ",") {
			if strings.TrimSpace(c) != "" {
				l.required++
			}
		}
	}
	s = strings.NewReplacer("[", "", "]", "").Replace(s)
	if t := strings.TrimSuffix(s, "..."); t != s {
		s, l.variadic = t, true
	}
	for _, c := range strings.Split(s, ",") {
		if c = strings.TrimSpace(c); c != "" {
			l.classes = append(l.classes, strings.Split(c, "|"))
		}
	}
	if l.required < 0 {
		l.required = len(l.classes)
	}
	return l
}

// match casts the arguments to the classes of the list.
func (l argList) match(got []types.Type) ([]types.Type, bool) {
	if len(got) < l.required || len(got) > len(l.classes) && !l.variadic {
		return nil, false
	}
	out := make([]types.Type, len(got))
	for i, t := range got {
		ok := false
		for _, class := range l.classes[min(i, len(l.classes)-1)] {
			if out[i], ok = classed(class, t); ok {
				break
			}
		}
		if !ok {
			return nil, false
		}
	}
	return out, true
}

// classed is the type an argument is cast to for a class; false if it does not fit.
func classed(class string, t types.Type) (types.Type, bool) {
	null := t.Kind == types.Null
	as := func(to types.Type, fits bool) (types.Type, bool) {
		return to.WithNull(t.Nullable || null), fits || null
	}
	keep := func(def types.Type, fits bool) (types.Type, bool) {
		if null {
			return def, true
		}
		return t.WithAttr(types.NoTimeAttr), fits
	}
	switch class {
	case "STRING":
		return keep(types.String, t.IsCharacter())
	case "BINARY":
		return keep(types.Bytes, t.IsBinary())
	case "BOOLEAN":
		return keep(types.Bool, t.Kind == types.Boolean)
	case "INT":
		return as(types.Int32, t.IsInteger() && t.Kind != types.BigInt)
	case "LONG":
		return as(types.Int32, t.IsInteger())
	case "WHOLE":
		return as(types.Int32, t.IsNumeric())
	case "BIGINT":
		return as(types.Int64, t.IsInteger())
	case "FLOAT":
		return as(types.Float32, t.IsNumeric())
	case "DOUBLE":
		return as(types.Float64, t.IsNumeric())
	case "NUMERIC":
		return keep(types.Int32, t.IsNumeric())
	case "DATE":
		return keep(types.DateType, t.Kind == types.Date)
	case "TIME":
		return keep(types.NewTime(0), t.Kind == types.Time)
	case "TIMESTAMP":
		return keep(types.NewTimestamp(3), t.Kind == types.Timestamp)
	case "LTZ":
		return keep(types.NewTimestampLTZ(3), t.Kind == types.TimestampLTZ)
	case "INTERVAL":
		return keep(types.IntervalMillis, t.IsInterval())
	case "ARRAY":
		return keep(types.NewArray(types.NullType), t.Kind == types.Array)
	case "MAP":
		return keep(types.NewMap(types.NullType, types.NullType), t.Kind == types.Map)
	case "MULTISET":
		return keep(types.NewMultiset(types.NullType), t.Kind == types.Multiset)
	case "ROW":
		return keep(types.NewRow(), t.Kind == types.Row)
	case "ANY":
		return keep(types.NullType, !t.In(types.Descriptor, types.Symbol))
	case "SYMBOL":
		return t, t.Kind == types.Symbol
	default:
		panic("function: no argument class " + class)
	}
}

// of gives t, nullable if any argument is.
func of(t types.Type) result {
	return func(as []types.Type) types.Type { return t.WithNull(types.AnyNullable(as...)) }
}

// nullable gives t, always nullable.
func nullable(t types.Type) result {
	return func([]types.Type) types.Type { return t.Null() }
}

// never gives t, never NULL.
func never(t types.Type) result {
	return func([]types.Type) types.Type { return t.NotNull() }
}

// arg gives the type of argument k, nullable if any argument is.
func arg(k int) result {
	return func(as []types.Type) types.Type { return as[k].WithNull(types.AnyNullable(as...)) }
}

// varying gives the type of argument k with CHAR and BINARY made VARCHAR and
// VARBINARY, nullable if any argument is.
func varying(k int) result {
	return func(as []types.Type) types.Type { return varyingOf(as[k]).WithNull(types.AnyNullable(as...)) }
}

func varyingOf(t types.Type) types.Type {
	switch t.Kind {
	case types.Char:
		t.Kind = types.VarChar
	case types.Binary:
		t.Kind = types.VarBinary
	}
	return t
}
