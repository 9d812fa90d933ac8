package bind

import (
	"time"

	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
)

// tvfOwn reads weir's own parameters of a window function: the zone whose local time
// windows follow, and which results of an aggregate come out.
func (b *binder) tvfOwn(w *physical.Window, args map[string]syntax.Expr, name string, q queryEnv) bool {
	x := q.exprsOver(b, emptyRel(b.at(args["TIMECOL"])), name)
	ok := true
	literal := func(param string, kind func(types.Type) bool, wanted string) any {
		e := args[param]
		if e == nil {
			return nil
		}
		v := x.bind(e)
		if bad(v) {
			ok = false
			return nil
		}
		l, isLit := v.(*rex.Lit)
		if !isLit || l.Value == nil || !kind(l.T) {
			b.errorf(codeWindow, b.at(e), "%s of %s is not %s", param, name, wanted)
			ok = false
			return nil
		}
		return l.Value
	}
	if zone, given := literal("ZONE", func(t types.Type) bool { return t.IsCharacter() }, "the name of a time zone such as 'Europe/Berlin'").(string); given {
		if _, err := time.LoadLocation(zone); err != nil || zone == "Local" {
			b.errorf(codeWindow, b.at(args["ZONE"]), "%q is no time zone", zone).WithHint("write a name such as 'Europe/Berlin' or 'UTC'")
			return false
		}
		w.Zone = zone
	}
	boolean := func(t types.Type) bool { return t.Kind == types.Boolean }
	show := physical.WindowShow{}
	show.ZeroRows, _ = literal("ZERO_ROWS", boolean, "TRUE or FALSE").(bool)
	show.OnlyChanges, _ = literal("ONLY_CHANGES", boolean, "TRUE or FALSE").(bool)
	length := func(param string) (ms int64) {
		if e := args[param]; e != nil {
			var good bool
			ms, good = b.windowLength(x.bind(e), b.at(e), name)
			ok = ok && good
		}
		return ms
	}
	show.UpdateEvery, show.AtMostEvery = length("UPDATE_EVERY"), length("AT_MOST_EVERY")
	switch every := args["UPDATE_EVERY"]; {
	case !ok:
		return false
	case every != nil && w.Kind != physical.Session && (w.Size%show.UpdateEvery != 0 || w.Slide%show.UpdateEvery != 0):
		what := "size"
		if w.Size%show.UpdateEvery == 0 {
			what = map[physical.WindowKind]string{physical.Hop: "slide", physical.Cumulate: "step"}[w.Kind]
		}
		b.errorf(codeWindow, b.at(every), "%s of %s is not a whole number of UPDATE_EVERY", what, name)
		return false
	case every != nil && (show.ZeroRows || show.OnlyChanges || show.AtMostEvery > 0):
		b.errorf(codeWindow, b.at(every), "UPDATE_EVERY goes with none of ZERO_ROWS, ONLY_CHANGES and AT_MOST_EVERY").
			WithHint("an update comes only for a result that has changed, and at most that often")
		return false
	case show != physical.WindowShow{}:
		if !w.Rowtime {
			b.errorf(codeWindow, b.at(args["TIMECOL"]), "results of windows in processing time are not held back").WithHint("take a column of event time")
			return false
		}
		w.Show = &show
	}
	return true
}
