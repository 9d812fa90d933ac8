package lower

import (
	"fmt"
	"strings"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
)

// warn gives advice on plans that run but will hurt: state that grows for ever, joins
// without a condition, one task doing all the work, updates that cannot be matched.
// Bounded inputs are not warned about: they end.
func (b *builder) warn() {
	if b.batch {
		return
	}
	for _, o := range b.ops {
		switch s := o.spec.(type) {
		case *physical.Join:
			b.warnJoin(o, s)
		case *physical.WindowAgg:
			if len(s.Keys) == 0 && s.Phase == physical.Single {
				b.warnSingle(o, "window aggregate without a group key", "Group by a column too, or allow two phases: SET 'table.optimizer.agg-phase-strategy' = 'TWO_PHASE'.")
			}
		case *physical.Over:
			if len(s.Partition) == 0 {
				b.warnSingle(o, "OVER window without PARTITION BY", "PARTITION BY a column to spread the work.")
			}
		case *physical.Match:
			if len(s.Partition) == 0 {
				b.warnSingle(o, "MATCH_RECOGNIZE without PARTITION BY", "PARTITION BY a column to spread the work.")
			}
		case *physical.Calc:
			b.warnRandom(o, s)
		}
	}
}

func (b *builder) warnJoin(o *op, s *physical.Join) {
	l, r := o.in[0].from, o.in[1].from
	if len(s.LeftKeys) == 0 && !keyContains(l.unique, nil) && !keyContains(r.unique, nil) {
		b.diags.Add(diag.Warnf("W0211", o.span, "this join compares every row with every row, in one task").
			WithHint("Join on an equality of columns: ON a.key = b.key."))
		return
	}
	if s.LeftTTL > 0 && s.RightTTL > 0 || o.bounded {
		return
	}
	ln, _ := sourceOf(l)
	rn, _ := sourceOf(r)
	if n := b.joinNames[o]; n[0] != "" && n[1] != "" {
		ln, rn = n[0], n[1]
	}
	hint := fmt.Sprintf("SELECT /*+ STATE_TTL('%s'='1d', '%s'='1d') */ …, or SET 'table.exec.state.ttl' = '1 d'", ln, rn)
	if lt, rt := b.timeOf(l), b.timeOf(r); lt != "" && rt != "" {
		hint += fmt.Sprintf(", or make it an interval join on %s.%s and %s.%s", ln, lt, rn, rt)
	}
	b.diags.Add(diag.Warnf("W0210", o.span, "this join keeps its state for ever").WithHint("%s.", hint))
}

// timeOf names the time attribute of the table an operator's rows come from.
func (b *builder) timeOf(o *op) string {
	for len(o.in) > 0 {
		o = o.in[0].from
	}
	if s, ok := o.spec.(*physical.Source); ok && s.Table.Watermark != nil {
		return s.Table.Columns[s.Table.Watermark.Column].Name
	}
	return ""
}

func (b *builder) warnSingle(o *op, what, hint string) {
	if b.defaultParallelism() > 1 && !o.bounded {
		b.diags.Add(diag.Warnf("W0214", o.span, "%s runs in one task only", what).WithHint("%s", hint))
	}
}

// warnRandom: a −U or −D whose row is computed anew must come out as the +I did.
func (b *builder) warnRandom(o *op, s *physical.Calc) {
	if !o.in[0].from.made.Updating() {
		return
	}
	for _, e := range append([]rex.Expr{s.Filter}, s.Exprs...) {
		if name := b.varying(e); name != "" {
			b.diags.Add(diag.Warnf("W0212", o.span, "%s gives another value when a row is taken back than when it was added", name).
				WithHint("Compute it before the rows become changes, or leave it out of the key of what follows."))
			return
		}
	}
}

// varying names a function of e that is not the same for equal rows, "" if none is.
func (b *builder) varying(e rex.Expr) (name string) {
	if e == nil || b.Functions == nil {
		return ""
	}
	rex.Walk(e, func(e rex.Expr) bool {
		if c, ok := e.(*rex.Call); ok && name == "" {
			if f := b.Functions.Function(c.Fn); f != nil && (f.NonDeterministic || f.Dynamic) && !strings.HasPrefix(c.Fn, "PROCTIME") {
				name = c.Fn + "()"
			}
		}
		return name == ""
	})
	return name
}
