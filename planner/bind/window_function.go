package bind

import (
	"fmt"
	"sort"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/types"
)

// windowFunctions are the functions that exist only with OVER; operators compute them,
// so they have no kernel in the registry.
var windowFunctions = func() map[string]*catalog.Function {
	m := map[string]*catalog.Function{}
	add := func(name, signature, summary string, infer func(catalog.Call) (catalog.Resolved, error)) {
		m[name] = &catalog.Function{Name: name, Kind: catalog.WindowFunction, Category: "window", Signatures: []string{signature}, Summary: summary, Infer: infer}
	}
	bigint, double := types.Int64.NotNull(), types.Float64.NotNull()
	add("ROW_NUMBER", "ROW_NUMBER()", "the number of the row in its partition, from 1", fixed("ROW_NUMBER", 0, bigint))
	add("RANK", "RANK()", "the rank of the row; equal rows share one and leave a gap behind it", fixed("RANK", 0, bigint))
	add("DENSE_RANK", "DENSE_RANK()", "the rank of the row without gaps", fixed("DENSE_RANK", 0, bigint))
	add("PERCENT_RANK", "PERCENT_RANK()", "the rank as a share from 0 to 1", fixed("PERCENT_RANK", 0, double))
	add("CUME_DIST", "CUME_DIST()", "the share of rows up to and equal to this one", fixed("CUME_DIST", 0, double))
	add("NTILE", "NTILE(n)", "the number of the row's bucket of n about equal ones", ntile)
	add("LAG", "LAG(value [, offset [, default]])", "the value some rows before this one", shifted("LAG"))
	add("LEAD", "LEAD(value [, offset [, default]])", "the value some rows after this one", shifted("LEAD"))
	return m
}()

// WindowFunctions lists the functions that exist only with OVER, by name; the binder
// knows them without a registry.
func WindowFunctions() []*catalog.Function {
	out := make([]*catalog.Function, 0, len(windowFunctions))
	for _, f := range windowFunctions {
		out = append(out, f)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// fixed is a function of n arguments whose result has one type.
func fixed(name string, n int, t types.Type) func(catalog.Call) (catalog.Resolved, error) {
	return func(c catalog.Call) (catalog.Resolved, error) {
		if len(c.Args) != n {
			return catalog.Resolved{}, fmt.Errorf("%s takes %d arguments, not %d", name, n, len(c.Args))
		}
		return catalog.Resolved{Args: c.Args, Result: t}, nil
	}
}

func ntile(c catalog.Call) (catalog.Resolved, error) {
	if len(c.Args) != 1 || !c.Args[0].IsInteger() || c.Lits[0] == nil || c.Lits[0].Value.(int64) < 1 {
		return catalog.Resolved{}, fmt.Errorf("NTILE takes a positive whole number")
	}
	return catalog.Resolved{Args: c.Args, Result: types.Int64.NotNull()}, nil
}

// shifted is LAG or LEAD: without a default the value may be missing.
func shifted(name string) func(catalog.Call) (catalog.Resolved, error) {
	return func(c catalog.Call) (catalog.Resolved, error) {
		if len(c.Args) < 1 || len(c.Args) > 3 {
			return catalog.Resolved{}, fmt.Errorf("%s takes 1 to 3 arguments, not %d", name, len(c.Args))
		}
		if len(c.Args) > 1 && (!c.Args[1].IsInteger() || c.Lits[1] == nil || c.Lits[1].Value == nil) {
			return catalog.Resolved{}, fmt.Errorf("offset of %s is not a constant whole number", name)
		}
		args := append([]types.Type(nil), c.Args...)
		value := c.Args[0].WithAttr(types.NoTimeAttr)
		if len(args) < 3 {
			return catalog.Resolved{Args: args, Result: value.Null()}, nil
		}
		other := c.Args[2].WithAttr(types.NoTimeAttr)
		if _, ok := types.Common(value, other); !ok {
			return catalog.Resolved{}, fmt.Errorf("default of %s is %s, but the value is %s", name, c.Args[2].Null(), value.Null())
		}
		t := value.WithNull(value.Nullable || other.Nullable) // the default is cast to it, but no text is cut
		if args[0] = t; !t.IsCharacter() {
			args[2] = t
		}
		return catalog.Resolved{Args: args, Result: t}, nil
	}
}
