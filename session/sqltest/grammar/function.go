package grammar

import (
	"regexp"
	"strings"
	"sync"

	"github.com/weir-sql/weir/exec/expr/agg"
	"github.com/weir-sql/weir/exec/expr/function"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
)

// signature is a function with kinds of arguments that it takes.
type signature struct {
	name string
	args []Kind
}

// argumentKinds are the types that functions are tried with.
var argumentKinds = []struct {
	kind Kind
	t    types.Type
}{
	{String, types.String}, {Int, types.Int32}, {BigInt, types.Int64}, {TS, types.NewTimestamp(3)}, {Decimal, types.NewDecimal(10, 2)}, {Double, types.Float64},
	{Bool, types.Bool}, {Date, types.DateType}, {Ints, types.NewArray(types.Int32)}, {Map, types.NewMap(types.String, types.Int32)}, {LTZ, types.NewTimestampLTZ(3)},
	{Binary, types.Bytes}, {Strings, types.NewArray(types.String)}, {Time, types.NewTime(0)}, {Days, types.NewInterval(types.DayToSecond, 2, 3)},
	{Row, types.NewRow(types.Field{Name: "x", Type: types.Int32}, types.Field{Name: "y", Type: types.String})},
}

// kindOf is the kind of a type.
func kindOf(t types.Type) Kind {
	switch t.Kind {
	case types.Char, types.VarChar:
		return String
	case types.Decimal:
		return Decimal
	case types.Binary, types.VarBinary:
		return Binary
	case types.TinyInt, types.SmallInt:
		return Int
	case types.Float:
		return Double
	case types.Timestamp:
		return TS
	case types.TimestampLTZ:
		return LTZ
	case types.Time:
		return Time
	}
	for _, k := range argumentKinds {
		if t.Null().Same(k.t) {
			return k.kind
		}
	}
	return Any
}

// calls are the scalar functions by the kind that they give, and aggregates the others.
var calls = sync.OnceValue(func() map[Kind][]signature {
	out := map[Kind][]signature{}
	for _, f := range function.All() {
		learn(&f.Function, func(k Kind, s signature) {
			out[k] = append(out[k], s)
			if k != Any {
				out[Any] = append(out[Any], s)
			}
		})
	}
	return out
})

var aggregates = sync.OnceValue(func() []signature {
	var out []signature
	for _, e := range agg.Entries() {
		learn(&e.Function, func(_ Kind, s signature) { out = append(out, s) })
	}
	return out
})

var word = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

// learn tries a function with arguments of all kinds, up to three, and tells some that it takes.
func learn(f *catalog.Function, found func(Kind, signature)) {
	if !word.MatchString(f.Name) || strings.HasPrefix(f.Name, "JSON_") || f.Infer == nil {
		return
	}
	for n := range 4 {
		if _, list := syntax.Parse("SELECT " + f.Name + "(" + strings.TrimSuffix(strings.Repeat("1, ", n), ", ") + ")"); list.HasErrors() {
			continue // has a spelling of its own
		}
		taken := map[Kind]int{}
		arguments(n, func(kinds []Kind, ts []types.Type) {
			r, err := f.Infer(catalog.Call{Args: ts, Lits: make([]*rex.Lit, n)})
			if err != nil {
				return
			}
			if k := kindOf(r.Result); taken[k] < 4 {
				taken[k]++
				found(k, signature{f.Name, kinds})
			}
		})
	}
}

// arguments gives lists of n kinds; of three some.
func arguments(n int, try func([]Kind, []types.Type)) {
	total := 1
	for range n {
		total *= len(argumentKinds)
	}
	for i := range total {
		if n == 3 && i%7 != 0 && i%16 != 1 {
			continue
		}
		kinds, ts := make([]Kind, n), make([]types.Type, n)
		for a, rest := 0, i; a < n; a, rest = a+1, rest/len(argumentKinds) {
			k := argumentKinds[rest%len(argumentKinds)]
			kinds[a], ts[a] = k.kind, k.t
		}
		try(kinds, ts)
	}
}

// call writes a call of a function that gives a kind.
func (w *writer) call(k Kind) {
	all := calls()[k]
	if len(all) == 0 || w.ends() {
		w.literal(k)
		return
	}
	w.signature(all[w.IntN(len(all))], "")
}

// aggregate writes a call of an aggregate function.
func (w *writer) aggregate() {
	all := aggregates()
	s := all[w.IntN(len(all))]
	distinct := ""
	if len(s.args) > 0 && w.chance(10) {
		distinct = "DISTINCT "
	}
	w.signature(s, distinct)
}

func (w *writer) signature(s signature, head string) {
	w.text(s.name + " ( " + head)
	for i, k := range s.args {
		if i > 0 {
			w.text(" , ")
		}
		if w.chance(4) {
			k = Any
		}
		w.put(string(k))
	}
	w.text(" )")
}
