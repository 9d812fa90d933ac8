package lower

import (
	"slices"
	"strings"

	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/topology"
)

// sink ends one output of the script, if the table takes the changes that come.
func (b *builder) sink(n *logical.Sink) {
	from := b.lower(n.Input)
	spec := &physical.Sink{Out: physical.Out{Fields: from.fields}, Name: n.Name, Table: n.Table, Options: n.Options, Columns: n.Columns,
		PrimaryKey: sinkKey(n), Overwrite: n.Overwrite, Partition: n.Partition, Changes: from.made.Updating()}
	spec.Fields = n.Fields
	if len(n.Fields) == 0 {
		spec.Fields = n.Input.Schema()
	}
	if n.Table == nil { // a result's types are a promise to whoever reads it
		for i, f := range spec.Fields {
			if !f.Type.Nullable {
				spec.NotNull = append(spec.NotNull, i)
			}
		}
	}
	for i, c := range n.Columns {
		if n.Table != nil && !c.Type.Nullable && n.Input.Schema()[i].Type.Nullable {
			spec.NotNull = append(spec.NotNull, i)
		}
	}
	o := &op{kind: topology.KindSink, spec: spec, fields: spec.Fields, name: slug(n.Name), label: n.Name, span: n.At, bounded: from.bounded,
		origins: from.origins, wanted: n.Caps.SinkParallelism}
	accepts := topology.Retract
	if n.Table != nil {
		o.label, o.identity = tableText(n.Table.Path), tableText(n.Table.Path)
		o.props = standingProps(n.For, n.Options)
		if accepts = n.Caps.Accepts; accepts == 0 {
			accepts = topology.InsertOnly
		}
		b.checkSink(n, from, accepts)
	} else {
		o.identity, o.label = "select", "Result"
	}
	b.accepts[o] = accepts
	o.meaning = "write " + o.identity + ": " + strings.Join(from.origins, ", ")
	in := b.feed(o, from, anywhere)
	if len(spec.PrimaryKey) > 0 && o.wanted > 0 && o.wanted != from.parallelism && from.made.Updating() {
		in.required = hashed(spec.PrimaryKey) // changes of one key to one writer
	}
	b.add(o, n)
}

// sinkKey gives the table's primary key as columns written; nil if one is not written.
func sinkKey(n *logical.Sink) []int {
	if n.Table == nil {
		return nil
	}
	var key []int
	for _, c := range n.Table.PrimaryKey {
		at := slices.IndexFunc(n.Columns, func(s physical.SinkColumn) bool { return s.Metadata == "" && s.Name == n.Table.Columns[c].Name })
		if at < 0 {
			return nil
		}
		key = append(key, at)
	}
	return key
}

// checkSink refuses changes that the table cannot take, naming the operator they come from.
func (b *builder) checkSink(n *logical.Sink, from *op, accepts topology.ChangelogMode) {
	made := from.made
	if !made.Updating() {
		return
	}
	maker := changer(from)
	refused := accepts == topology.InsertOnly || made.Has(topology.UpdateAfter) && !accepts.Has(topology.UpdateAfter) ||
		made.Has(topology.Delete) && !accepts.Has(topology.Delete)
	if !refused {
		return
	}
	d := b.errorf("W0209", n.At, "sink %q accepts only %s, but %s produces %s", n.Table.Path.Name, accepts, maker.name, made)
	switch {
	case n.Options["connector"] == "kafka":
		d.WithHint("Use 'connector' = 'upsert-kafka' with a PRIMARY KEY, or a format for changes such as 'debezium-json'; in batch mode only final rows are written.")
	case accepts != topology.InsertOnly:
		d.WithHint("Write to a table that takes deletions, or make the query one that only adds rows.")
	default:
		d.WithHint("Write to a table that takes changes (upsert-kafka, print), aggregate by window so that results are final, or run with --mode batch.")
	}
}

// changer finds the operator upstream that makes insertions into changes.
func changer(o *op) *op {
	for {
		next := -1
		for i, in := range o.in {
			if in.from.made.Updating() {
				next = i
			}
		}
		if next < 0 {
			return o
		}
		switch o.kind {
		case topology.KindCalc, topology.KindFilter, topology.KindUnion, topology.KindLookupJoin, topology.KindCorrelate, topology.KindExpand:
			o = o.in[next].from
		default:
			return o
		}
	}
}
