package lower

import (
	"fmt"
	"strings"

	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

// match makes a Match. Rows that are taken back cannot be taken out of a match again, so
// the input must be insert-only.
func (b *builder) match(n *logical.Match) *op {
	from := b.lower(n.Input)
	if !b.batch && from.made.Updating() {
		b.errorf("W0208", n.At, "MATCH_RECOGNIZE needs rows that are only added, but %s gives %s", changer(from).name, from.made).
			WithHint("Match over a table that is only appended to, or run with --mode batch.")
		return b.nothing(n)
	}
	names := fieldNames(from.schema())
	spec := &physical.Match{Out: physical.Out{Fields: n.Fields}, In: physical.FieldTypes(from.schema()), Partition: n.Partition,
		Order: n.Order, Pattern: n.Pattern}
	spec.Rowtime = spec.In[n.Order[0].Col].Attr != types.Proctime
	o := &op{kind: topology.KindMatch, spec: spec, fields: n.Fields, bounded: from.bounded}
	shown := pick(names, n.Partition)
	o.name = slug(append([]string{"match"}, shown...)...)
	o.label = fmt.Sprintf("Match[%s] %s by %s", strings.Join(shown, ", "), n.Pattern.PatternText(), orderText(n.Order, names))
	o.identity = fmt.Sprintf("match %s order %s %s", strings.Join(pick(from.origins, n.Partition), ", "),
		orderText(n.Order, from.origins), n.Pattern.Text(from.origins, resolve))
	o.meaning = o.identity
	for _, v := range n.Pattern.Vars {
		for _, e := range v.Cond.Exprs {
			o.detail = append(o.detail, v.Name+" as "+exprText(e, n.Pattern.ValueNames(&v.Cond, names, exprText)))
		}
	}
	m := &n.Pattern.Measures
	shownAs, from0 := n.Pattern.ValueNames(m, names, exprText), n.Pattern.ValueNames(m, from.origins, resolve)
	o.origins = pick(from.origins, n.Partition)
	for i, e := range m.Exprs {
		text := resolve(e, from0)
		o.origins = append(o.origins, short(text+" "+o.identity))
		o.meaning += "; " + text
		o.detail = append(o.detail, n.Fields[len(n.Partition)+i].Name+" = "+exprText(e, shownAs))
	}
	o.keyed = upTo(len(n.Partition))
	b.feed(o, from, hashed(n.Partition))
	return b.add(o, n)
}
