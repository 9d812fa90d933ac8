package lower

import (
	"fmt"
	"strings"

	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

// rank makes a WindowTopN where the partition holds a window, a Dedup where one row
// by a time attribute is kept, else a TopN.
func (b *builder) rank(n *logical.Rank) *op {
	from := b.lower(n.Input)
	if n.First && !b.batch {
		return b.dedup(n, from)
	}
	if !b.batch && !from.made.Updating() && n.Func == physical.RowNumber {
		if w := logical.Windows(n.Input); w != nil && w.Window.Rowtime && within([]int{w.Start, w.End}, n.Partition) {
			return b.windowTopN(n, from, w)
		}
		if n.Start == 1 && n.End == 1 && !n.WithRank && len(n.Order) == 1 && from.schema()[n.Order[0].Col].Type.IsTimeAttr() {
			return b.dedup(n, from)
		}
	}
	if !b.batch && n.Func != physical.RowNumber {
		b.errorf("W0208", n.At, "RANK and DENSE_RANK are not supported on a stream").WithHint("Use ROW_NUMBER, or run with --mode batch.")
	}
	spec := &physical.TopN{Out: physical.Out{Fields: n.Fields}, In: physical.FieldTypes(from.schema()), Partition: n.Partition, Order: n.Order,
		Start: n.Start, End: n.End, WithRank: n.WithRank, Rank: n.Func, InputChanges: from.made.Updating(), TTL: b.hintTTL(n.Hints)}
	if spec.InputChanges {
		spec.UniqueKey = b.betteringKey(n, from)
	}
	o := &op{kind: topology.KindTopN, spec: spec, fields: n.Fields, ttl: ttls(spec.TTL)}
	o.first = n.Func == physical.RowNumber && n.Start == 1 && n.End == 1 && !spec.InputChanges && !(len(n.Order) == 1 && n.Order[0].Desc)
	b.describeRank(o, from, n.Partition, n.Order, rangeText(n.Start, n.End))
	if n.WithRank {
		o.origins = append(o.origins, "rank")
	}
	if n.Func != physical.RowNumber {
		o.meaning += fmt.Sprintf(" rank %d", n.Func)
	}
	b.feed(o, from, hashed(n.Partition))
	return b.add(o, n)
}

func rangeText(start, end int64) string {
	switch {
	case end < 0 && start <= 1:
		return "all"
	case end < 0:
		return fmt.Sprintf("from %d", start)
	case start <= 1:
		return fmt.Sprintf("%d", end)
	}
	return fmt.Sprintf("%d to %d", start, end)
}

func (b *builder) describeRank(o *op, from *op, partition []int, order []rex.SortKey, howMany string) {
	names := fieldNames(from.schema())
	shown := pick(names, partition)
	o.name = slug(append([]string{"top" + strings.ReplaceAll(howMany, " ", "")}, shown...)...)
	o.label = "Top " + howMany
	if len(shown) > 0 {
		o.label += "[" + strings.Join(shown, ", ") + "]"
	}
	if len(order) > 0 {
		o.label += " by " + orderText(order, names)
		o.identity = "top by " + strings.Join(pick(from.origins, partition), ", ")
	}
	o.origins = append([]string(nil), from.origins...)
	o.meaning = fmt.Sprintf("top %s of %s by %s", howMany, strings.Join(pick(from.origins, partition), ", "), orderText(order, from.origins))
	o.keyed, o.bounded = partition, from.bounded
}

func (b *builder) windowTopN(n *logical.Rank, from *op, w *logical.WindowColumns) *op {
	spec := &physical.WindowTopN{Out: physical.Out{Fields: n.Fields}, In: physical.FieldTypes(from.schema()), Partition: n.Partition, Order: n.Order,
		Start: n.Start, End: n.End, WithRank: n.WithRank, WindowEnd: w.End, Local: w.Window.Local, Zone: w.Window.Zone}
	o := &op{kind: topology.KindRank, spec: spec, fields: n.Fields}
	b.describeRank(o, from, n.Partition, n.Order, rangeText(n.Start, n.End))
	o.label = "Window " + strings.ToLower(o.label[:1]) + o.label[1:]
	if n.WithRank {
		o.origins = append(o.origins, "rank")
	}
	// Not by the columns other than the window's alone, although that would bring rows
	// together as well: state is owned by the hash of the whole partition.
	b.feed(o, from, hashed(n.Partition))
	return b.add(o, n)
}

func (b *builder) dedup(n *logical.Rank, from *op) *op {
	key := n.Order[0]
	spec := &physical.Dedup{Out: physical.Out{Fields: n.Fields}, In: physical.FieldTypes(from.schema()), Keys: n.Partition, Time: key.Col,
		Rowtime: from.schema()[key.Col].Type.Attr == types.Rowtime, KeepLast: key.Desc, TTL: b.hintTTL(n.Hints)}
	o := &op{kind: topology.KindDedup, spec: spec, fields: n.Fields, ttl: ttls(spec.TTL)}
	names := fieldNames(from.schema())
	which := map[bool]string{true: "last", false: "first"}[spec.KeepLast]
	shown := pick(names, n.Partition)
	o.name = slug(append([]string{"dedup"}, shown...)...)
	o.label = "Dedup[" + strings.Join(shown, ", ") + "] " + which + " by " + names[key.Col]
	if n.First {
		o.label = "Dedup[" + strings.Join(shown, ", ") + "] across sides"
	}
	o.origins = append([]string(nil), from.origins...)
	o.identity = "dedup by " + strings.Join(pick(from.origins, n.Partition), ", ")
	o.meaning = o.identity + " " + which + " by " + from.origins[key.Col]
	o.keyed, o.bounded = n.Partition, from.bounded
	b.feed(o, from, hashed(n.Partition))
	return b.add(o, n)
}

// betteringKey gives the upsert key of an input whose updates never make a row rank
// lower, so that a Top-N needs no −U (Flink's UpdateFastStrategy); else nil.
func (b *builder) betteringKey(n *logical.Rank, from *op) []int {
	var key []int
	for _, k := range b.facts.UpsertKeys(n.Input) {
		if within(n.Partition, k) && (key == nil || len(k) < len(key)) {
			key = k
		}
	}
	if key == nil || len(n.Order) == 0 || from.made.Has(topology.Delete) {
		return nil
	}
	trends := b.trends(n.Input)
	for _, k := range n.Order {
		switch trends[k.Col] {
		case constant:
		case rising:
			if !k.Desc {
				return nil
			}
		case falling:
			if k.Desc {
				return nil
			}
		default:
			return nil
		}
	}
	return key
}
