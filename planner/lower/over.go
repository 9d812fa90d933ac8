package lower

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

// over makes an Over. A stream looks back along time, or over rows in another order, and then gives updates.
func (b *builder) over(n *logical.Over) *op {
	from := b.lower(n.Input)
	names := fieldNames(from.schema())
	spec := &physical.Over{Out: physical.Out{Fields: n.Fields}, In: physical.FieldTypes(from.schema()), Partition: n.Partition, Order: n.Order,
		Rows: n.Frame.Rows, Preceding: n.Frame.Preceding, Following: n.Frame.Following, Calls: n.Calls, TTL: b.stateTTL()}
	if !b.batch && !b.streamOver(n, from, spec) {
		return b.nothing(n)
	}
	o := &op{kind: topology.KindOver, spec: spec, fields: n.Fields, bounded: from.bounded, ttl: ttls(spec.TTL)}
	shown := pick(names, n.Partition)
	o.name = slug(append([]string{"over"}, shown...)...)
	o.label = "Over[" + strings.Join(shown, ", ") + "] by " + orderText(n.Order, names)
	o.identity = fmt.Sprintf("over %s order %s", strings.Join(pick(from.origins, n.Partition), ", "), orderText(n.Order, from.origins))
	o.meaning = o.identity + " " + n.Frame.String()
	o.origins = slices.Clone(from.origins)
	for _, c := range n.Calls {
		text := resolveCall(c, from.origins)
		o.origins = append(o.origins, short(text+" "+o.identity))
		o.meaning += "; " + text
		o.detail = append(o.detail, logical.AggText(c, func(i int) string { return names[i] }))
	}
	o.keyed = n.Partition
	b.feed(o, from, hashed(n.Partition))
	return b.add(o, n)
}

// streamOver checks what a stream can do; false if it cannot.
func (b *builder) streamOver(n *logical.Over, from *op, spec *physical.Over) bool {
	names := fieldNames(from.schema())
	if len(n.Order) == 0 {
		b.errorf("W0208", n.At, "OVER window of a stream has no order").WithHint("ORDER BY a rowtime or processing-time column.")
		return false
	}
	first := from.schema()[n.Order[0].Col]
	if first.Type.IsTimeAttr() && len(n.Order) == 1 {
		if n.Order[0].Desc {
			b.errorf("W0208", n.At, "OVER window of a stream is ordered by %q descending", first.Name).
				WithHint("Order by time ascending; to keep the latest rows, number them and filter: … WHERE rn <= 10 around this query.")
			return false
		}
		if from.made.Updating() {
			b.errorf("W0208", n.At, "OVER window ordered by time needs rows that are only added, but %s gives %s", changer(from).name, from.made)
			return false
		}
		spec.Rowtime = first.Type.Attr == types.Rowtime
		return true
	}
	if n.Frame.Preceding >= 0 && !n.Frame.Rows || n.Frame.Following != 0 {
		b.errorf("W0208", n.At, "OVER window of a stream ordered by %s cannot have a frame of a RANGE", orderText(n.Order, names)).
			WithHint("Order by a rowtime or processing-time column, or use ROWS, or … BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW.")
		return false
	}
	spec.Changing = true
	return true
}
