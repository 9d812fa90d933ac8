// Package agg holds SQL's aggregate functions as columnar accumulators: each
// function is one entry (what the binder, help and completion know, and how its
// accumulator is made), each family one file.
//
// Accumulators work on whole batches for many groups; loops over fixed-width
// values are typed and do not allocate. NULL arguments are not counted, a group
// without values is NULL (0 for COUNT and $SUM0), integers wrap around on overflow
// and a DECIMAL that overflows is NULL: as in Flink.
//
// Clauses that are no accumulator's business: FILTER, IGNORE NULLS and ABSENT ON
// NULL all choose rows, so the planner makes them filters of the call.
package agg

import (
	"slices"
	"strings"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// Entry is one aggregate function.
//
// Infer gives the result for a group with at least one row: SUM of a NOT NULL
// argument is NOT NULL. Where a group can be without rows (no GROUP BY, or a FILTER)
// the result is what Infer gives over nullable arguments.
type Entry struct {
	catalog.Function
	// KeepsNulls says that rows with a NULL argument count.
	KeepsNulls bool
	// OwnDistinct says that New minds Config.Distinct itself; else DISTINCT is done
	// around the accumulator.
	OwnDistinct bool
	// New makes an accumulator.
	New func(Config) (Acc, error)
}

// entries lists every aggregate function.
var entries = slices.Concat(countEntries, sumEntries, minMaxEntries, firstLastEntries, listEntries, collectEntries,
	varianceEntries, jsonEntries, approxEntries, percentileEntries, bitmapEntries)

var byName = index(entries)

func index(es []*Entry) map[string]*Entry {
	m := map[string]*Entry{}
	for _, e := range es {
		m[e.Name] = e
		for _, a := range e.Aliases {
			m[a] = e
		}
	}
	return m
}

// Entries gives every aggregate function, sorted by name.
func Entries() []*Entry {
	out := slices.Clone(entries)
	slices.SortFunc(out, func(a, b *Entry) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Lookup gives the function of a name or alias in any case, nil if there is none.
func Lookup(name string) *Entry { return byName[strings.ToUpper(name)] }

// Library holds aggregate functions beside the built-in ones, which it hides: those that a
// script creates. nil holds none.
type Library map[string]*Entry

// New makes the accumulator of a call of a built-in function. See Library.New.
func New(call rex.AggCall, in []types.Type, retract bool) (Acc, error) {
	return Library(nil).New(call, in, retract)
}

// New makes the accumulator of a call over input columns of types in. retract says
// that rows may be taken back. Errors are *diag.Diagnostic.
func (l Library) New(call rex.AggCall, in []types.Type, retract bool) (Acc, error) {
	e := l[call.Fn]
	if e == nil {
		e = Lookup(call.Fn)
	}
	switch {
	case e == nil:
		return nil, diag.Errorf("W0520", call.Span, "aggregate function %q not found", call.Fn)
	case len(call.OrderBy) > 0:
		return nil, diag.Errorf("W0521", call.Span, "%s does not take an order of its rows", call.Fn)
	case retract && e.InsertOnly:
		return nil, diag.Errorf("W0522", call.Span, "%s cannot take rows back", call.Fn).
			WithHint("Its input is updated or deleted from; use it over an insert-only table.")
	}
	c := Config{Result: call.T, Distinct: call.Distinct, Retract: retract}
	for _, a := range call.Args {
		c.Args = append(c.Args, in[a])
	}
	inner, err := e.New(c)
	if err != nil || !call.Distinct || e.OwnDistinct || len(c.Args) == 0 {
		return inner, err
	}
	return newDistinct(inner, c, e.KeepsNulls), nil
}
