package rules

import (
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// filterPush moves every conjunct of every filter and join condition as far down as
// it keeps its meaning, merges filters that meet, and makes outer joins inner where
// a condition above them rejects the padded rows.
//
// A conjunct does not go below a node that others read too (they need the rows),
// but for projections and filters, of which the reader gets its own copy.
func filterPush(c *Context, roots []logical.Node) []logical.Node {
	p := &pusher{Context: c, readers: logical.Readers(roots...), done: map[logical.Node]logical.Node{}}
	out := make([]logical.Node, len(roots))
	for i, r := range roots {
		out[i] = p.push(r, nil, false)
	}
	return out
}

type pusher struct {
	*Context
	readers map[logical.Node]int
	done    map[logical.Node]logical.Node // nodes pushed into with no conditions
}

// conjunct is a condition on its way down; at is the filter it comes from.
type conjunct struct {
	e  rex.Expr
	at diag.Span
}

// push gives n filtered by conds, with all filters below as low as they go. shared
// tells that n is reached through a copied projection or filter, so that others
// need its rows too.
func (p *pusher) push(n logical.Node, conds []conjunct, shared bool) logical.Node {
	if len(conds) == 0 {
		if m, ok := p.done[n]; ok {
			return m
		}
		m := p.into(n, nil, false)
		p.done[n] = m
		return m
	}
	shared = shared || p.readers[n] > 1
	switch n.(type) {
	case *logical.Project, *logical.Filter:
	default:
		if shared {
			return wrap(p.push(n, nil, false), conds)
		}
	}
	return p.into(n, conds, shared)
}

func (p *pusher) into(n logical.Node, conds []conjunct, shared bool) logical.Node {
	switch n := n.(type) {
	case *logical.Filter:
		return p.push(n.Input, append(conjuncts(n), conds...), shared)
	case *logical.Project:
		return p.intoProject(n, conds, shared)
	case *logical.Join:
		return p.intoJoin(n, conds)
	case *logical.TemporalJoin:
		down, stay := p.split(conds, func(e rex.Expr) bool { return only(e, 0, len(n.Left.Schema())) })
		return wrap(n.WithInputs(p.push(n.Left, down, false), p.push(n.Right, nil, false)), stay)
	case *logical.Union:
		down, stay := p.split(conds, func(rex.Expr) bool { return true })
		in := make([]logical.Node, len(n.In))
		for i, x := range n.In {
			in[i] = p.push(x, down, false)
		}
		return wrap(n.WithInputs(in...), stay)
	case *logical.Aggregate:
		if n.Sets != nil {
			break
		}
		return p.through(n, n.Input, conds, n.Groups)
	case *logical.GroupWindow:
		return p.through(n, n.Input, conds, n.Groups)
	case *logical.WindowTVF:
		pass := upTo(len(n.Input.Schema()))
		if n.Window.Kind == physical.Session { // fewer rows make other sessions
			pass = keepOnly(pass, n.Window.Partition)
		}
		return p.through(n, n.Input, conds, pass)
	case *logical.Match:
		return p.through(n, n.Input, conds, n.Partition)
	case *logical.Over:
		return p.through(n, n.Input, conds, keepOnly(upTo(len(n.Input.Schema())), n.Partition))
	case *logical.Rank:
		return p.through(n, n.Input, conds, keepOnly(upTo(len(n.Input.Schema())), n.Partition))
	case *logical.Sort:
		if n.Fetch < 0 && n.Offset == 0 {
			return p.through(n, n.Input, conds, upTo(len(n.Fields)))
		}
	case *logical.Unnest:
		return p.through(n, n.Input, conds, upTo(len(n.Input.Schema())))
	case *logical.Expand:
		pass := upTo(len(n.Input.Schema()))
		for _, i := range n.Cols {
			pass[i] = -1
		}
		return p.through(n, n.Input, conds, pass)
	}
	in := n.Inputs()
	if len(in) == 0 {
		return wrap(n, conds)
	}
	pushed := make([]logical.Node, len(in))
	same := true
	for i, x := range in {
		pushed[i] = p.push(x, nil, false)
		same = same && pushed[i] == x
	}
	if !same {
		n = n.WithInputs(pushed...)
	}
	return wrap(n, conds)
}

// through pushes below a one-input node what is over columns that pass unchanged:
// pass[i] is the input column that output column i shows, -1 or missing = none.
func (p *pusher) through(n, input logical.Node, conds []conjunct, pass []int) logical.Node {
	shows := func(i int) int {
		if i < len(pass) {
			return pass[i]
		}
		return -1
	}
	down, stay := p.split(conds, func(e rex.Expr) bool {
		cols := rex.Refs(e)
		for _, i := range cols {
			if shows(i) < 0 {
				return false
			}
		}
		return len(cols) > 0
	})
	for i := range down {
		down[i].e = rex.Remap(down[i].e, shows)
	}
	in := p.push(input, down, false)
	if in != input {
		n = n.WithInputs(in)
	}
	return wrap(n, stay)
}

func (p *pusher) intoProject(n *logical.Project, conds []conjunct, shared bool) logical.Node {
	down, stay := p.split(conds, func(e rex.Expr) bool {
		for _, i := range rex.Refs(e) {
			if !p.deterministic(n.Exprs[i]) {
				return false
			}
		}
		return size(rex.Inline(e, n.Exprs), maxInlined) < maxInlined
	})
	for i := range down {
		down[i].e = rex.Inline(down[i].e, n.Exprs)
	}
	in := p.push(n.Input, down, shared)
	var out logical.Node = n
	if in != n.Input {
		out = n.WithInputs(in)
	}
	return wrap(out, stay)
}

func (p *pusher) intoJoin(n *logical.Join, conds []conjunct) logical.Node {
	lw, width := len(n.Left.Schema()), len(n.Left.Schema())+len(n.Right.Schema())
	d := *n
	d.Kind = p.innerKind(n, conds, lw, width)

	// What each side may be given depends on which side is padded with NULLs.
	onLeft, onRight := canPush(d.Kind)
	above, aboveRight := onLeft, onRight
	if d.Kind != physical.Inner { // conditions above an outer join: the preserved side only
		above, aboveRight = d.Kind != physical.RightOuter && d.Kind != physical.FullOuter, d.Kind == physical.RightOuter
	}
	var left, right, on, stay []conjunct
	sort := func(list []conjunct, toLeft, toRight bool, rest *[]conjunct) {
		for _, x := range list {
			switch {
			case !p.deterministic(x.e):
				*rest = append(*rest, x)
			case toLeft && only(x.e, 0, lw):
				left = append(left, x)
			case toRight && only(x.e, lw, width):
				right = append(right, conjunct{rex.Shift(x.e, -lw), x.at})
			default:
				*rest = append(*rest, x)
			}
		}
	}
	if d.Kind == physical.Inner {
		sort(conds, above, aboveRight, &on)
		on, stay = p.split(on, func(e rex.Expr) bool { return len(rex.Refs(e)) > 0 })
	} else {
		sort(conds, above, aboveRight, &stay)
	}
	var own []conjunct
	for _, e := range rex.Conjuncts(n.Cond) {
		own = append(own, conjunct{e, n.At})
	}
	var kept []conjunct
	sort(own, onLeft, onRight, &kept)
	var cond []rex.Expr
	for _, x := range append(kept, on...) {
		cond = append(cond, x.e)
	}
	if len(left)+len(right)+len(on) == 0 && d.Kind == n.Kind {
		d.Cond = n.Cond
	} else {
		d.Cond = and(cond...)
	}
	left, right = p.implied(&d, left, right)
	d.Left, d.Right = p.push(n.Left, left, false), p.push(n.Right, right, false)
	var out logical.Node = &d
	if d.Left == n.Left && d.Right == n.Right && d.Kind == n.Kind && d.Cond == n.Cond {
		out = n
	}
	return wrap(out, stay)
}

// implied gives each side what the other side's conditions say of it: with a = b,
// a = 3 means b = 3. Rows that fail it could only have been padded or dropped. Only
// comparisons of one key column with constants are carried over.
func (p *pusher) implied(j *logical.Join, left, right []conjunct) (l, r []conjunct) {
	lk, rk, _, _ := logical.JoinColumns(j)
	carry := func(from []conjunct, keys, others []int) (out []conjunct) {
		for _, x := range from {
			c, ok := x.e.(*rex.Call)
			if !ok || flipped[c.Fn] == "" && c.Fn != "IN" || len(rex.Refs(x.e)) != 1 || !p.infallible(x.e) {
				continue
			}
			for i, k := range keys {
				if k == rex.Refs(x.e)[0] {
					out = append(out, conjunct{rex.Remap(x.e, func(int) int { return others[i] }), x.at})
				}
			}
		}
		return out
	}
	l, r = left, right
	if j.Kind != physical.RightOuter && j.Kind != physical.FullOuter {
		r = append(r, carry(left, lk, rk)...)
	}
	if j.Kind == physical.Inner || j.Kind == physical.Semi || j.Kind == physical.RightOuter {
		l = append(l, carry(right, rk, lk)...)
	}
	return l, r
}

// canPush tells into which sides conjuncts of the ON condition may go.
func canPush(k physical.JoinKind) (left, right bool) {
	switch k {
	case physical.Inner, physical.Semi:
		return true, true
	case physical.LeftOuter, physical.Anti:
		return false, true
	case physical.RightOuter:
		return true, false
	default:
		return false, false
	}
}

// innerKind drops the padding of an outer join whose padded rows a condition rejects.
func (p *pusher) innerKind(n *logical.Join, conds []conjunct, lw, width int) physical.JoinKind {
	rejects := func(from, to int) bool {
		for _, x := range conds {
			if rejectsNull(x.e, from, to) {
				return true
			}
		}
		return false
	}
	kind := n.Kind
	if (kind == physical.LeftOuter || kind == physical.FullOuter) && rejects(lw, width) {
		kind = map[physical.JoinKind]physical.JoinKind{physical.LeftOuter: physical.Inner, physical.FullOuter: physical.RightOuter}[kind]
	}
	if (kind == physical.RightOuter || kind == physical.FullOuter) && rejects(0, lw) {
		kind = map[physical.JoinKind]physical.JoinKind{physical.RightOuter: physical.Inner, physical.FullOuter: physical.LeftOuter}[kind]
	}
	return kind
}

// rejectsNull reports whether e is never true on a row whose columns [from, to) are
// all NULL.
func rejectsNull(e rex.Expr, from, to int) bool {
	c, ok := e.(*rex.Call)
	if !ok {
		r, isRef := e.(*rex.Ref)
		return isRef && r.Index >= from && r.Index < to
	}
	switch c.Fn {
	case "AND":
		for _, a := range c.Args {
			if rejectsNull(a, from, to) {
				return true
			}
		}
		return false
	case "OR":
		for _, a := range c.Args {
			if !rejectsNull(a, from, to) {
				return false
			}
		}
		return true
	case "IS_NOT_NULL", "IS_TRUE", "IS_FALSE", "NOT":
		return nullOn(c.Args[0], from, to)
	}
	return nullOn(e, from, to)
}

// nullOn reports whether e is NULL on a row whose columns [from, to) are all NULL.
func nullOn(e rex.Expr, from, to int) bool {
	switch e := e.(type) {
	case *rex.Ref:
		return e.Index >= from && e.Index < to
	case *rex.Field:
		return nullOn(e.X, from, to)
	case *rex.Call:
		if !strict[e.Fn] {
			return false
		}
		for i, a := range e.Args {
			if nullOn(a, from, to) && (e.Fn != "IN" || i == 0) {
				return true
			}
		}
	}
	return false
}

// strict operators are NULL when an operand is.
var strict = map[string]bool{"=": true, "<>": true, "<": true, "<=": true, ">": true, ">=": true,
	"+": true, "-": true, "*": true, "/": true, "%": true, "NEGATE": true, "NOT": true,
	"CAST": true, "TRY_CAST": true, "LIKE": true, "SIMILAR": true, "IN": true, "ITEM": true}

// maxInlined bounds what an expression may grow to when columns are replaced by what
// computes them.
const maxInlined = 200

// split parts the conjuncts that may move and fit from those that stay.
func (p *pusher) split(conds []conjunct, fits func(rex.Expr) bool) (down, stay []conjunct) {
	for _, x := range conds {
		if p.deterministic(x.e) && fits(x.e) {
			down = append(down, x)
		} else {
			stay = append(stay, x)
		}
	}
	return down, stay
}

func conjuncts(f *logical.Filter) []conjunct {
	var out []conjunct
	for _, e := range rex.Conjuncts(f.Cond) {
		out = append(out, conjunct{e, f.At})
	}
	return out
}

// wrap filters n by conds, each once; a condition that is never true gives no rows.
func wrap(n logical.Node, conds []conjunct) logical.Node {
	if len(conds) == 0 {
		return n
	}
	var at diag.Span
	var es []rex.Expr
	seen := map[string]bool{}
	for _, x := range conds {
		at = at.Join(x.at)
		if s := x.e.String(); !seen[s] {
			seen[s] = true
			es = append(es, x.e)
		}
		if isBool(x.e, false) || isNull(x.e) && x.e.Type().In(types.Boolean, types.Null) {
			return &logical.Values{Base: logical.Base{Fields: n.Schema(), At: x.at}}
		}
	}
	return filter(n, at, es...)
}

// keepOnly gives cols with those outside of keep set to -1.
func keepOnly(cols, keep []int) []int {
	for i, c := range cols {
		if !has(keep, c) {
			cols[i] = -1
		}
	}
	return cols
}
