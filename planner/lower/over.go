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

// over makes an Over. A stream can only look back along time: the order must be one
// ascending time attribute.
func (b *builder) over(n *logical.Over) *op {
	from := b.lower(n.Input)
	names := fieldNames(from.schema())
	spec := &physical.Over{Out: physical.Out{Fields: n.Fields}, In: physical.FieldTypes(from.schema()), Partition: n.Partition, Order: n.Order,
		Rows: n.Frame.Rows, Preceding: n.Frame.Preceding, Following: n.Frame.Following, Calls: n.Calls, TTL: b.stateTTL()}
	if !b.batch {
		if len(n.Order) != 1 || n.Order[0].Desc || !from.schema()[n.Order[0].Col].Type.IsTimeAttr() {
			d := b.errorf("W0208", n.At, "OVER window of a stream must be ordered by one ascending time attribute")
			if _, isRank := rankCall(n); isRank {
				d.WithHint("A Top-N needs a bound on the number: … WHERE rn <= 10 around this query.")
			} else {
				d.WithHint("ORDER BY a rowtime or processing-time column, or run with --mode batch.")
			}
			return b.nothing(n)
		}
		if from.made.Updating() {
			b.errorf("W0208", n.At, "OVER window of a stream needs rows that are only added, but %s gives %s", from.name, from.made)
			return b.nothing(n)
		}
		spec.Rowtime = from.schema()[n.Order[0].Col].Type.Attr == types.Rowtime
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

func rankCall(n *logical.Over) (string, bool) {
	for _, c := range n.Calls {
		switch c.Fn {
		case "ROW_NUMBER", "RANK", "DENSE_RANK":
			return c.Fn, true
		}
	}
	return "", false
}
