package agg

import (
	"fmt"
	"strings"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/types"
)

// sameArgs is a call that casts no argument.
func sameArgs(c catalog.Call, result types.Type) (catalog.Resolved, error) {
	args := make([]types.Type, len(c.Args))
	for i, a := range c.Args {
		args[i] = a.WithAttr(types.NoTimeAttr)
	}
	return catalog.Resolved{Args: args, Result: result.WithAttr(types.NoTimeAttr)}, nil
}

// arity checks the number of arguments.
func arity(name string, c catalog.Call, low, high int) error {
	n := len(c.Args)
	switch {
	case n >= low && n <= high:
		return nil
	case low == high:
		return fmt.Errorf("%s takes %s, not %d", name, count1(low, "argument"), n)
	default:
		return fmt.Errorf("%s takes %d to %d arguments, not %d", name, low, high, n)
	}
}

func count1(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// refuse says which types a function takes.
func refuse(name string, got types.Type, want string) error {
	return fmt.Errorf("%s takes %s, not %s", name, want, got.Null())
}

// numericArg checks for one numeric argument; a bare NULL counts as INT.
func numericArg(name string, c catalog.Call) (types.Type, error) {
	if err := arity(name, c, 1, 1); err != nil {
		return types.Type{}, err
	}
	if !c.Args[0].IsNumeric() {
		return types.Type{}, refuse(name, c.Args[0], "a number")
	}
	return c.Args[0], nil
}

// orderedArg checks for one argument of a type that has an order.
func orderedArg(name string, c catalog.Call) (types.Type, error) {
	if err := arity(name, c, 1, 1); err != nil {
		return types.Type{}, err
	}
	t := c.Args[0]
	ordered := t.IsNumeric() || t.IsCharacter() || t.IsTimestamp() || t.In(types.Boolean, types.Date, types.Time)
	if !ordered {
		return types.Type{}, refuse(name, t, "a number, text, time or BOOLEAN")
	}
	return t, nil
}

// example makes one tested example over the numbers 1, 2, 2 and NULL.
func example(call, result string) []catalog.Example {
	return []catalog.Example{{SQL: "SELECT " + call + " FROM (VALUES (1), (2), (2), (CAST(NULL AS INT))) T(x)", Result: result}}
}

// function fills the fields all aggregates share.
func function(signatures, summary string, examples []catalog.Example, infer func(catalog.Call) (catalog.Resolved, error), aliases ...string) catalog.Function {
	first, _, _ := strings.Cut(signatures, "\n")
	name, _, _ := strings.Cut(first, "(")
	return catalog.Function{
		Name: name, Aliases: aliases, Kind: catalog.AggregateFunction, Category: "aggregate",
		Signatures: strings.Split(signatures, "\n"), Summary: summary, Examples: examples, Infer: infer,
	}
}
