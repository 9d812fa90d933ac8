package lower

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

// sort orders rows. Without keys it is a limit. With keys and a limit it is a Top-N
// over all rows in a stream; batch sorts, and keeps no more rows than the limit
// asks for. A stream without a limit can be ordered by event time only.
func (b *builder) sort(n *logical.Sort) *op {
	from := b.lower(n.Input)
	if len(n.Keys) == 0 {
		return b.limit(n, from)
	}
	names := fieldNames(from.schema())
	if b.batch {
		return b.batchSort(n, from)
	}
	if n.Fetch >= 0 {
		return b.streamTop(n, from)
	}
	first := from.schema()[n.Keys[0].Col]
	if !first.Type.IsTimeAttr() || n.Keys[0].Desc {
		d := b.errorf("W0206", n.At, "sorting an unbounded stream by %s is not possible", orderText(n.Keys[:1], names))
		switch {
		case first.Type.IsTimeAttr():
			d.WithHint("Order by %s ascending, add LIMIT, or run with --mode batch.", first.Name)
		default:
			d.WithHint("Order by a rowtime column first, add LIMIT to keep a Top-N, or run with --mode batch.")
		}
		return b.nothing(n)
	}
	if from.made.Updating() {
		b.errorf("W0206", n.At, "sorting by time needs rows that are only added, but %s gives %s", from.name, from.made)
		return b.nothing(n)
	}
	spec := &physical.Sort{Out: physical.Out{Fields: n.Fields}, Keys: n.Keys, Offset: n.Offset, Fetch: -1, Rowtime: first.Type.Attr == types.Rowtime}
	o := &op{kind: topology.KindSort, spec: spec, fields: n.Fields}
	b.describeSort(o, from, n.Keys)
	b.feed(o, from, singleton)
	return b.add(o, n)
}

func (b *builder) describeSort(o *op, from *op, keys []rex.SortKey) {
	o.name, o.label = "sort", "Sort by "+orderText(keys, fieldNames(from.schema()))
	o.origins, o.bounded = slices.Clone(from.origins), from.bounded
	o.identity = "sort by " + orderText(keys, from.origins)
	o.meaning = o.identity
}

// batchSort sorts in one task. With a limit, every task of the input first keeps the
// rows that could be within it.
func (b *builder) batchSort(n *logical.Sort, from *op) *op {
	end := int64(-1)
	if n.Fetch >= 0 {
		end = n.Offset + n.Fetch
	}
	if end >= 0 && from.parallelism > 1 {
		l := &op{kind: topology.KindSort, fields: from.fields, span: n.At,
			spec: &physical.Sort{Out: physical.Out{Fields: from.fields}, Keys: n.Keys, Fetch: end}}
		b.describeSort(l, from, n.Keys)
		l.name, l.label, l.identity, l.meaning = "local-sort", "Local top "+fmt.Sprint(end), "", "local "+l.meaning
		b.feed(l, from, anywhere)
		from = b.add(l, nil)
	}
	o := &op{kind: topology.KindSort, fields: n.Fields, spec: &physical.Sort{Out: physical.Out{Fields: n.Fields}, Keys: n.Keys, Offset: n.Offset, Fetch: n.Fetch}}
	b.describeSort(o, from, n.Keys)
	if n.Fetch >= 0 {
		o.label += ", " + limitText(n.Offset, n.Fetch)
		o.meaning += ", " + limitText(n.Offset, n.Fetch)
	}
	b.feed(o, from, singleton)
	return b.add(o, n)
}

func limitText(offset, fetch int64) string {
	var parts []string
	if fetch >= 0 {
		parts = append(parts, fmt.Sprintf("limit %d", fetch))
	}
	if offset > 0 {
		parts = append(parts, fmt.Sprintf("offset %d", offset))
	}
	return strings.Join(parts, " ")
}

func (b *builder) streamTop(n *logical.Sort, from *op) *op {
	spec := &physical.TopN{Out: physical.Out{Fields: n.Fields}, In: physical.FieldTypes(from.schema()), Order: n.Keys,
		Start: n.Offset + 1, End: n.Offset + n.Fetch, InputChanges: from.made.Updating(), TTL: b.hintTTL(n.Hints)}
	if spec.InputChanges {
		spec.UniqueKey = b.betteringKey(&logical.Rank{Base: n.Base, Input: n.Input, Order: n.Keys}, from)
	}
	o := &op{kind: topology.KindTopN, spec: spec, fields: n.Fields, ttl: ttls(spec.TTL)}
	b.describeRank(o, from, nil, n.Keys, rangeText(spec.Start, spec.End))
	o.identity = "top by " + orderText(n.Keys, from.origins)
	b.feed(o, from, singleton)
	return b.add(o, n)
}

// limit keeps some rows, whichever come first. Every task of a bounded input stops at
// that many already.
func (b *builder) limit(n *logical.Sort, from *op) *op {
	if n.Fetch < 0 && n.Offset == 0 {
		return from
	}
	spec := func(offset, fetch int64, fields []types.Field) *physical.TopN {
		end := int64(-1)
		if fetch >= 0 {
			end = offset + fetch
		}
		return &physical.TopN{Out: physical.Out{Fields: fields}, In: physical.FieldTypes(fields), Start: offset + 1, End: end, InputChanges: from.made.Updating()}
	}
	text := limitText(n.Offset, n.Fetch)
	if b.batch && n.Fetch >= 0 && from.parallelism > 1 {
		l := &op{kind: topology.KindLimit, name: "local-limit", label: "Local limit " + itoa(int(n.Offset+n.Fetch)), fields: from.fields, span: n.At,
			spec: spec(0, n.Offset+n.Fetch, from.fields), origins: from.origins, meaning: "local " + text, bounded: from.bounded}
		b.feed(l, from, anywhere)
		from = b.add(l, nil)
	}
	o := &op{kind: topology.KindLimit, name: "limit", label: strings.ToUpper(text[:1]) + text[1:], fields: n.Fields,
		spec: spec(n.Offset, n.Fetch, n.Fields), origins: slices.Clone(from.origins), meaning: text, bounded: from.bounded}
	b.feed(o, from, singleton)
	return b.add(o, n)
}
