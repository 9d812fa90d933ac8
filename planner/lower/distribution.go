package lower

import (
	"slices"

	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/topology"
)

// defaultParallelism is what operators get that nothing else is known of.
func (b *builder) defaultParallelism() int {
	if p := b.int("table.exec.resource.default-parallelism", -1); p > 0 {
		return p
	}
	if p := b.int("parallelism.default", -1); p > 0 {
		return p
	}
	return max(1, b.Parallelism)
}

// bytesPerTask is how much of a bounded source one task is given in batch (Flink's
// execution.batch.adaptive.auto-parallelism.avg-data-volume-per-task).
const bytesPerTask = 16 << 20

// place sets an operator's parallelism, how its rows are spread and what it produces,
// which all follow from its inputs, and adds it.
func (b *builder) place(o *op) {
	o.made = b.produce(o)
	o.parallelism = b.parallelismOf(o)
	o.spread = b.spreadOf(o)
	b.ops = append(b.ops, o)
}

func (b *builder) parallelismOf(o *op) int {
	if o.wanted > 0 {
		return o.wanted
	}
	switch s := o.spec.(type) {
	case *physical.Values:
		return 1
	case *physical.Source:
		return b.sourceParallelism(s)
	}
	widest, keyed := 0, false
	for _, in := range o.in {
		switch {
		case in.required.Kind == topology.Singleton:
			return 1
		case in.required.Kind == topology.HashDistributed, in.prefer != nil:
			keyed = true
		}
		widest = max(widest, in.from.parallelism)
	}
	if keyed && !b.batch {
		return b.defaultParallelism()
	}
	return max(1, widest)
}

// sourceParallelism: batch gives a task so many bytes, at most the default.
func (b *builder) sourceParallelism(s *physical.Source) int {
	p := b.defaultParallelism()
	if b.batch && b.SourceBytes != nil {
		if bytes := b.SourceBytes(s); bytes > 0 {
			p = min(p, int((bytes+bytesPerTask-1)/bytesPerTask))
		}
	}
	return max(1, p)
}

// satisfied reports whether rows are where a keyed consumer wants them already.
func (b *builder) satisfied(from *op, d topology.Distribution) bool {
	switch d.Kind {
	case topology.Singleton:
		return from.parallelism == 1
	case topology.HashDistributed:
		to := b.defaultParallelism()
		if b.batch {
			to = from.parallelism
		}
		return from.parallelism == to && (to == 1 || slices.Equal(from.spread, d.Keys))
	}
	return true
}

// spreadOf tells by which of its output columns an operator's rows are spread over
// tasks; nil = not known. State is owned by hash, so the columns and their order count.
func (b *builder) spreadOf(o *op) []int {
	if o.parallelism == 1 || len(o.in) == 0 {
		return nil
	}
	switch s := o.spec.(type) {
	case *physical.GroupAgg:
		if s.Phase == physical.Local {
			return located(o.in[0].from.spread, s.Keys)
		}
		return upTo(len(s.Keys))
	case *physical.WindowAgg:
		if s.Phase == physical.Local {
			return located(o.in[0].from.spread, s.Keys)
		}
		return upTo(len(s.Keys))
	case *physical.Join:
		return joinSpread(s.Kind, s.LeftKeys, s.RightKeys, len(s.Left))
	case *physical.WindowJoin:
		return joinSpread(s.Kind, s.LeftKeys, s.RightKeys, len(s.Left))
	case *physical.IntervalJoin:
		return joinSpread(s.Kind, s.LeftKeys, s.RightKeys, len(s.Left))
	case *physical.Match:
		return upTo(len(s.Partition))
	case *physical.Calc:
		return throughExprs(o.in[0].from.spread, s.Exprs)
	case *physical.Expand:
		if spread := o.in[0].from.spread; !slices.ContainsFunc(spread, func(c int) bool { return slices.Contains(s.Cols, c) }) {
			return spread
		}
		return nil
	case *physical.Union:
		for _, in := range o.in {
			if in.from.parallelism != o.parallelism || !slices.Equal(in.from.spread, o.in[0].from.spread) {
				return nil
			}
		}
		return o.in[0].from.spread
	case *physical.Sink, *physical.Values, *physical.Source:
		return nil
	}
	in := o.in[0] // what is left passes its first input's columns in place
	switch {
	case in.required.Kind == topology.HashDistributed:
		return in.required.Keys
	case in.splitHot:
		return nil
	case in.prefer != nil:
		return in.prefer
	case in.from.parallelism == o.parallelism:
		return in.from.spread
	}
	return nil
}

// joinSpread: unmatched rows of the other side have NULL in a side's key columns and
// are not where NULL would be sent to.
func joinSpread(kind physical.JoinKind, left, right []int, lw int) []int {
	switch kind {
	case physical.FullOuter:
		return nil
	case physical.RightOuter:
		out := make([]int, len(right))
		for i, c := range right {
			out[i] = c + lw
		}
		return out
	}
	return left
}

// located finds columns among others; nil if one is missing.
func located(columns, among []int) []int {
	var out []int
	for _, c := range columns {
		i := slices.Index(among, c)
		if i < 0 {
			return nil
		}
		out = append(out, i)
	}
	return out
}

func throughExprs(columns []int, exprs []rex.Expr) []int {
	var out []int
	for _, c := range columns {
		i := slices.IndexFunc(exprs, func(e rex.Expr) bool {
			r, ok := e.(*rex.Ref)
			return ok && r.Index == c
		})
		if i < 0 {
			return nil
		}
		out = append(out, i)
	}
	return out
}

// distribute chooses the partitioner of every edge.
func (b *builder) distribute() {
	for _, o := range b.ops {
		for _, in := range o.in {
			in.upsert = edgeKey(in)
			in.partitioner, in.hashKeys = b.partitioner(in)
		}
	}
}

// edgeKey is the key that identifies rows on an edge: what the consumer is keyed by if
// that is one, else the smallest.
func edgeKey(in *input) []int {
	keys := in.from.upsert
	if len(keys) == 0 {
		return nil
	}
	for _, k := range keys {
		if in.required.Kind == topology.HashDistributed && sameSet(k, in.required.Keys) {
			return k
		}
	}
	return smallest(keys)
}

func (b *builder) partitioner(in *input) (topology.Partitioner, []int) {
	from, to := in.from, in.to
	p, q := from.parallelism, to.parallelism
	switch in.required.Kind {
	case topology.Singleton:
		if p == 1 {
			return topology.Forward, nil
		}
		return topology.Global, nil
	case topology.HashDistributed:
		if p == q && (q == 1 || slices.Equal(from.spread, in.required.Keys)) {
			return topology.Forward, nil
		}
		return topology.Hash, in.required.Keys
	}
	updating := from.mode().Updating()
	if len(in.prefer) > 0 && q > 1 && (!updating || within(in.prefer, in.upsert)) {
		return topology.Hash, in.prefer
	}
	switch {
	case p == q:
		return topology.Forward, nil
	case !updating:
		return topology.Rebalance, nil
	case len(in.upsert) > 0 && q > 1: // changes of one row must stay in order
		return topology.Hash, in.upsert
	}
	return topology.Global, nil
}
