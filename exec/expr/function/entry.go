package function

import (
	"strings"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// entry is how a family file writes down one function.
type entry struct {
	Name    string
	Aliases []string
	// Sigs are the calls as shown to people, one a line: "SUBSTRING(string, from [, length])".
	Sigs string
	Doc  string // one line
	// Ex are tested examples, one a line: "UPPER('flink') → FLINK".
	Ex string

	// Takes are the accepted argument lists, see takes. Gives is the result's type.
	// Infer replaces both where they do not suffice.
	Takes []string
	Gives result
	Infer func(catalog.Call) (catalog.Resolved, error)

	// NullFrom is the first argument, from 1, that may be a NULL without a type: most functions of
	// the reference take none, the younger ones do.
	NullFrom int

	New          maker
	FallibleCall func(call *rex.Call) bool

	Within []string

	NonDeterministic, Dynamic, Fallible bool
}

// result gives a call's type from the types its arguments are cast to.
type result func(args []types.Type) types.Type

// family turns entries into functions of one category.
func family(category string, entries []entry) []*Func {
	out := make([]*Func, len(entries))
	for i, e := range entries {
		infer := e.Infer
		if infer == nil {
			infer = takes(e.Name, e.Takes, e.Gives)
		}
		out[i] = &Func{
			Function: catalog.Function{
				Name: e.Name, Aliases: e.Aliases, Kind: catalog.ScalarFunction, Category: category,
				Signatures: lines(e.Sigs), Summary: e.Doc, Examples: examples(e.Ex), Infer: infer,
				NullFrom: e.NullFrom, NonDeterministic: e.NonDeterministic, Within: e.Within, Dynamic: e.Dynamic,
				Fallible: e.Fallible || e.FallibleCall != nil,
			},
			New: e.New, FallibleCall: e.FallibleCall,
		}
	}
	return out
}

func lines(s string) []string {
	var out []string
	for _, l := range strings.Split(s, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}

func examples(s string) []catalog.Example {
	var out []catalog.Example
	for _, l := range lines(s) {
		sql, res, _ := strings.Cut(l, " → ")
		out = append(out, catalog.Example{SQL: sql, Result: res})
	}
	return out
}
