package lower

import (
	"fmt"
	"slices"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

// Options is what lowering is told beside the tree.
type Options struct {
	Mode   topology.Mode
	Script diag.Source
	// Config holds Flink's options as SET has set them.
	Config map[string]string
	// Functions tells which functions are deterministic; nil = only operators are.
	Functions catalog.Functions
	// Parallelism is used where Config names none; below 1 means 1.
	Parallelism int
	// Partials gives the columns in which a local aggregation hands on the state of one
	// call over columns of these types; nil = the call cannot be split. Nil means that
	// no aggregate is split in two phases.
	Partials func(call rex.AggCall, in []types.Type, retract bool) []types.Type
	// SourceBytes guesses how much a bounded source reads, for the parallelism of
	// batch; 0 = not known. May be nil.
	SourceBytes func(*physical.Source) int64
}

// Group is sinks whose statements have one configuration. They share what they read in
// common; groups share nothing, as SET changes how the same query is run.
type Group struct {
	Sinks  []*logical.Sink
	Config map[string]string
}

// Graph lowers the sinks of a script, rewritten by package rules, to one graph. The
// graph is nil if there is an error in the list.
func Graph(sinks []*logical.Sink, o Options) (*topology.Graph, diag.List) {
	return Groups([]Group{{Sinks: sinks, Config: o.Config}}, o)
}

// Groups lowers sinks of several configurations to one graph.
func Groups(groups []Group, o Options) (*topology.Graph, diag.List) {
	b := &builder{Options: o, facts: logical.NewFacts(), done: map[logical.Node]*op{}, batch: o.Mode == topology.Batch,
		accepts: map[*op]topology.ChangelogMode{}, joinNames: map[*op][2]string{}, sources: map[*logical.Scan]*op{}}
	b.settings = settings{values: o.Config, diags: &b.diags, bad: map[string]bool{}}
	for _, g := range groups {
		b.settings.values = g.Config
		clear(b.done)
		clear(b.sources)
		roots := make([]logical.Node, len(g.Sinks))
		for i, s := range g.Sinks {
			roots[i] = s
		}
		b.readers = logical.Readers(roots...)
		first := len(b.ops)
		for _, s := range g.Sinks {
			b.sink(s)
		}
		for _, made := range b.ops[first:] {
			made.config = g.Config
		}
	}
	b.settings.values = o.Config
	if b.diags.HasErrors() {
		return nil, b.diags.Sorted()
	}
	b.inferChangelog()
	b.distribute()
	b.pruneByJoins()
	b.describeState()
	b.warn()
	g := b.graph()
	if b.diags.HasErrors() {
		return nil, b.diags.Sorted()
	}
	if err := g.AssignUIDs(); err != nil {
		b.diags.Add(diag.Errorf("W0299", diag.Span{}, "plan is not a graph").WithDetail("%v", err))
		return nil, b.diags
	}
	return g, b.diags.Sorted()
}

type builder struct {
	Options
	settings
	batch   bool
	facts   *logical.Facts
	readers map[logical.Node]int
	done    map[logical.Node]*op
	sources map[*logical.Scan]*op
	ops     []*op                          // inputs before what reads them
	accepts map[*op]topology.ChangelogMode // by sink
	// joinNames are the aliases of the sides of regular joins, for advice.
	joinNames map[*op][2]string
	diags     diag.List
}

func (b *builder) errorf(code diag.Code, at diag.Span, format string, args ...any) *diag.Diagnostic {
	d := diag.Errorf(code, at, format, args...)
	b.diags.Add(d)
	return d
}

// lower gives the operator of a node, made once. After an error it gives an operator
// without inputs, so that the rest of the script is still looked at.
func (b *builder) lower(n logical.Node) *op {
	if o, ok := b.done[n]; ok {
		return o
	}
	o := b.make(n)
	b.done[n] = o
	return o
}

func (b *builder) make(n logical.Node) *op {
	switch n := n.(type) {
	case *logical.Scan:
		return b.scan(n)
	case *logical.Values:
		return b.values(n)
	case *logical.Project, *logical.Filter:
		return b.calc(n)
	case *logical.Aggregate:
		return b.aggregate(n)
	case *logical.GroupWindow:
		return b.windowAggregate(n)
	case *logical.WindowTVF:
		return b.windowTVF(n)
	case *logical.Join:
		return b.join(n)
	case *logical.TemporalJoin:
		return b.temporalJoin(n)
	case *logical.Union:
		return b.union(n)
	case *logical.Sort:
		return b.sort(n)
	case *logical.Rank:
		return b.rank(n)
	case *logical.Over:
		return b.over(n)
	case *logical.Match:
		return b.match(n)
	case *logical.Unnest:
		return b.unnest(n)
	case *logical.Expand:
		return b.expand(n)
	case *logical.Replicate:
		return b.replicate(n)
	}
	b.errorf("W0202", n.Span(), "%s cannot be run", fmt.Sprintf("%T", n))
	return b.nothing(n)
}

// nothing stands for a node that was refused.
func (b *builder) nothing(n logical.Node) *op {
	return b.add(&op{kind: topology.KindValues, fields: n.Schema(), spec: &physical.Values{Out: physical.Out{Fields: n.Schema()}},
		origins: make([]string, len(n.Schema())), made: topology.InsertOnly, bounded: true}, n)
}

func (b *builder) values(n *logical.Values) *op {
	o := &op{kind: topology.KindValues, fields: n.Fields, name: "values", bounded: true, made: topology.InsertOnly,
		spec:    &physical.Values{Out: physical.Out{Fields: n.Fields}, Rows: n.Rows},
		label:   fmt.Sprintf("Values %d %s", len(n.Rows), plural(len(n.Rows), "row")),
		meaning: short("values " + logical.Line(n)),
	}
	for i := range n.Fields {
		o.origins = append(o.origins, fmt.Sprintf("values#%d", i))
	}
	return b.add(o, n)
}

// calc makes one operator of a projection over a filter. A filter that others read
// too stays an operator of its own.
func (b *builder) calc(n logical.Node) *op {
	in := n
	if p, ok := in.(*logical.Project); ok {
		in = p.Input
	}
	if f, ok := in.(*logical.Filter); ok && (in == n || b.readers[in] <= 1) {
		in = f.Input
	}
	return b.calcOver(n, b.lower(in))
}

// calcOver makes the Calc of n over from, the operator of what n, or the filter
// right below it, reads.
func (b *builder) calcOver(n logical.Node, from *op) *op {
	var cond rex.Expr
	var exprs []rex.Expr
	at, in := n.Span(), n
	if p, ok := in.(*logical.Project); ok {
		exprs, in = p.Exprs, p.Input
	}
	if f, ok := in.(*logical.Filter); ok && (in == n || b.readers[in] <= 1) {
		cond, at = f.Cond, at.Join(f.At)
		if b.filterInside(from, f) {
			if cond = nil; exprs == nil {
				return from
			}
		}
	}
	kind := topology.KindCalc
	if exprs == nil {
		kind = topology.KindFilter
		for i, f := range from.schema() {
			exprs = append(exprs, &rex.Ref{Index: i, T: f.Type, Name: f.Name})
		}
	}
	o := &op{kind: kind, name: string(kind), fields: n.Schema(), span: at, bounded: from.bounded,
		spec: &physical.Calc{Out: physical.Out{Fields: n.Schema()}, In: physical.FieldTypes(from.schema()), Filter: cond, Exprs: exprs}}
	names := fieldNames(from.schema())
	for i, e := range exprs {
		o.origins = append(o.origins, short(resolve(e, from.origins)))
		if r, isRef := e.(*rex.Ref); !isRef || names[r.Index] != n.Schema()[i].Name {
			o.detail = append(o.detail, n.Schema()[i].Name+" = "+exprText(e, names))
		}
	}
	o.meaning = "project " + fmt.Sprint(o.origins)
	if cond != nil {
		o.label = "Filter " + exprText(cond, names)
		o.selection = "filter " + short(resolve(cond, from.origins))
		o.meaning = o.selection + " " + o.meaning
	} else {
		o.label = "Project " + joinShort(fieldNames(n.Schema()), 6)
	}
	b.feed(o, from, anywhere)
	return b.add(o, n)
}

// filterInside gives a filter right behind a Normalize to it: there a row that fails
// goes with −D and is not kept, while behind it the −U of its old version would have to
// tell. Only if nobody else reads the table.
func (b *builder) filterInside(from *op, f *logical.Filter) bool {
	s, ok := from.spec.(*physical.Normalize)
	if !ok || s.Filter != nil || b.readers[f.Input] > 1 || len(from.readers) > 0 || b.varying(f.Cond) != "" {
		return false
	}
	s.Filter = f.Cond
	from.detail = append(from.detail, "where "+exprText(f.Cond, fieldNames(from.schema())))
	from.meaning += " where " + short(resolve(f.Cond, from.origins))
	return true
}

func (b *builder) union(n *logical.Union) *op {
	o := &op{kind: topology.KindUnion, name: "union", label: "Union", fields: n.Fields, bounded: true,
		spec: &physical.Union{Out: physical.Out{Fields: n.Fields}}, meaning: "union"}
	for _, x := range n.In {
		from := b.lower(x)
		b.feed(o, from, anywhere)
		o.bounded = o.bounded && from.bounded
	}
	for i := range n.Fields {
		var from []string
		for _, in := range o.in {
			from = append(from, in.from.origins[i])
		}
		if slices.Sort(from); len(slices.Compact(from)) == 1 {
			o.origins = append(o.origins, from[0])
		} else {
			o.origins = append(o.origins, short("union"+fmt.Sprint(slices.Compact(from))))
		}
	}
	return b.add(o, n)
}

func (b *builder) unnest(n *logical.Unnest) *op {
	from := b.lower(n.Input)
	o := &op{kind: topology.KindCorrelate, name: "unnest", fields: n.Fields, bounded: from.bounded,
		spec: &physical.Unnest{Out: physical.Out{Fields: n.Fields}, In: physical.FieldTypes(from.schema()),
			Collection: n.Collection, Outer: n.Outer, WithOrdinality: n.WithOrdinality, Cond: n.Cond},
		label:   "Unnest " + exprText(n.Collection, fieldNames(from.schema())),
		origins: slices.Clone(from.origins),
	}
	what := short("unnest " + resolve(n.Collection, from.origins))
	o.meaning = fmt.Sprintf("%s outer=%t ordinality=%t", what, n.Outer, n.WithOrdinality)
	for i := len(from.origins); i < len(n.Fields); i++ {
		o.origins = append(o.origins, fmt.Sprintf("%s#%d", what, i-len(from.origins)))
	}
	if n.Cond != nil {
		o.meaning += " on " + short(resolve(n.Cond, o.origins))
		o.label += " on " + exprText(n.Cond, fieldNames(n.Fields))
	}
	b.feed(o, from, anywhere)
	return b.add(o, n)
}

func (b *builder) expand(n *logical.Expand) *op {
	from := b.lower(n.Input)
	o := &op{kind: topology.KindExpand, name: "expand", fields: n.Fields, bounded: from.bounded,
		spec:    &physical.Expand{Out: physical.Out{Fields: n.Fields}, In: physical.FieldTypes(from.schema()), Sets: n.Sets, Cols: n.Cols},
		label:   fmt.Sprintf("Expand %d grouping sets", len(n.Sets)),
		origins: append(slices.Clone(from.origins), "grouping set"),
	}
	o.meaning = fmt.Sprintf("expand %v of %v over %s", n.Sets, n.Cols, pick(from.origins, n.Cols))
	b.feed(o, from, anywhere)
	return b.add(o, n)
}

func (b *builder) replicate(n *logical.Replicate) *op {
	from := b.lower(n.Input)
	last := len(from.schema()) - 1
	o := &op{kind: "replicate", name: "replicate", label: "Replicate by count", fields: n.Fields, bounded: from.bounded,
		spec:    &physical.Replicate{Out: physical.Out{Fields: n.Fields}, In: physical.FieldTypes(from.schema()), Count: last},
		origins: slices.Clone(from.origins[:last]), meaning: "replicate by " + from.origins[last],
	}
	b.feed(o, from, anywhere)
	return b.add(o, n)
}

func pick[T any](list []T, at []int) []T {
	out := make([]T, len(at))
	for i, a := range at {
		out[i] = list[a]
	}
	return out
}
