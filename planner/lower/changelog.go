package lower

import (
	"slices"

	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/topology"
)

// produce derives the row kinds that an operator gives from those it gets (L1). Where
// updates are possible the result has both −U and +U; whether −U comes is decided
// backward. In batch only sources have changes; they are folded right behind, or go
// through projections to an event-time join that takes them as versions.
func (b *builder) produce(o *op) topology.ChangelogMode {
	if len(o.in) == 0 {
		return o.made
	}
	first := full(o.in[0].from.made)
	if _, isCalc := o.spec.(*physical.Calc); b.batch && !isCalc {
		return topology.InsertOnly
	}
	switch s := o.spec.(type) {
	case *physical.GroupAgg:
		switch {
		case s.Phase == physical.Local:
			return topology.InsertOnly
		case s.Retract:
			return topology.Retract
		default:
			return topology.Retract &^ topology.Delete
		}
	case *physical.WindowAgg:
		if s.Emit != nil && s.Retract {
			return topology.Retract
		}
		if s.Emit != nil {
			return topology.Retract &^ topology.Delete
		}
		return topology.InsertOnly
	case *physical.WindowOutput:
		if s.Window.Show.UpdateEvery > 0 {
			return topology.Retract &^ topology.Delete
		}
		return topology.InsertOnly
	case *physical.WindowTopN, *physical.WindowJoin, *physical.IntervalJoin, *physical.Sort, *physical.Match:
		return topology.InsertOnly
	case *physical.Over:
		if s.Changing {
			return topology.Retract
		}
		return topology.InsertOnly
	case *physical.TopN:
		if len(s.Order) == 0 && !first.Updating() {
			return topology.InsertOnly
		}
		return topology.Retract
	case *physical.Dedup:
		if !s.KeepLast {
			return topology.InsertOnly
		}
		return topology.Retract
	case *physical.Normalize, *physical.Materialize:
		return topology.Retract
	case *physical.Join:
		if s.Kind == physical.Inner || s.Kind == physical.Semi {
			return first | full(o.in[1].from.made)
		}
		return topology.Retract
	case *physical.Union:
		for _, in := range o.in {
			first |= full(in.from.made)
		}
		return first
	}
	return first
}

// full writes updates with both their kinds.
func full(m topology.ChangelogMode) topology.ChangelogMode {
	if m.Has(topology.UpdateAfter) {
		return m | topology.UpdateBefore
	}
	return m
}

// inferChangelog decides, from sinks to sources, which operators give −U (L2, L3), and
// puts in what the decision needs: Materialize in front of sinks, DropUpdateBefore
// behind operators that must give −U for some readers only.
func (b *builder) inferChangelog() {
	if b.batch {
		for _, o := range b.ops {
			o.before = o.made.Has(topology.UpdateBefore)
		}
		return
	}
	for _, o := range slices.Clone(b.ops) {
		if s, ok := o.spec.(*physical.Sink); ok {
			b.settings.values = o.config
			b.materialize(o, s)
		}
	}
	b.settings.values = b.Config
	for i := len(b.ops) - 1; i >= 0; i-- {
		o := b.ops[i]
		if o.kind == topology.KindSource || !o.made.Has(topology.UpdateBefore) {
			o.before = o.made.Has(topology.UpdateBefore)
			continue
		}
		o.before = !b.canLeaveOut(o)
		for _, in := range o.readers {
			o.before = b.needsBefore(in) || o.before
		}
		emitBefore(o.spec, o.before)
	}
	for _, o := range slices.Clone(b.ops) {
		for _, in := range slices.Clone(o.readers) {
			if o.before && !b.needsBefore(in) {
				b.dropBefore(in)
			}
		}
	}
	b.order()
}

// needsBefore reports whether the reader of an input needs −U on it.
func (b *builder) needsBefore(in *input) bool {
	if !in.from.made.Has(topology.UpdateBefore) {
		return false
	}
	switch s := in.to.spec.(type) {
	case *physical.Sink:
		return b.sinkNeedsBefore(in.to, s)
	case *physical.GroupAgg, *physical.WindowAgg, *physical.Replicate, *physical.Over:
		return true
	case *physical.Materialize:
		return !exactKey(in.from, s.SinkKey) || !b.canLeaveOut(in.from)
	case *physical.TopN:
		if s.UniqueKey != nil && !b.canLeaveOut(in.from) {
			s.UniqueKey = nil // its input cannot do without −U: rank by taking rows back
		}
		return s.UniqueKey == nil
	case *physical.Normalize, *physical.DropUpdateBefore:
		return false
	case *physical.TemporalJoin:
		if in.n == 1 {
			return !b.canLeaveOut(in.from)
		}
	}
	return in.to.before
}

// canLeaveOut reports whether an operator can give updates without −U.
func (b *builder) canLeaveOut(o *op) bool {
	if !o.made.Has(topology.UpdateBefore) {
		return true
	}
	switch s := o.spec.(type) {
	case *physical.Join:
		// A +U alone replaces the old row only where the row's key decides which rows it
		// is joined with.
		for i, keys := range [][]int{s.LeftKeys, s.RightKeys} {
			side := o.in[i].from
			if side.made.Has(topology.UpdateBefore) && (!keyContains(side.upsert, keys) || !b.canLeaveOut(side)) {
				return false
			}
		}
		return true
	case *physical.Calc:
		// Behind a condition on other columns a row may vanish by an update; only the −U
		// of its old version tells.
		if s.Filter != nil && !keyContains(o.in[0].from.upsert, rex.Refs(s.Filter)) {
			return false
		}
		return b.canLeaveOut(o.in[0].from)
	case *physical.Union:
		return !slices.ContainsFunc(o.in, func(in *input) bool { return !b.canLeaveOut(in.from) })
	case *physical.Replicate:
		return false
	case *physical.Unnest, *physical.Expand, *physical.WindowTVF, *physical.LookupJoin, *physical.TemporalJoin:
		return b.canLeaveOut(o.in[0].from)
	}
	return true
}

// keyContains reports whether one of the keys has all the columns.
func keyContains(keys [][]int, columns []int) bool {
	return slices.ContainsFunc(keys, func(k []int) bool { return within(columns, k) })
}

func (b *builder) sinkNeedsBefore(o *op, s *physical.Sink) bool {
	accepts := b.accepts[o]
	if s.Table == nil && firstOfKey(o.in[0].from) {
		return false
	}
	if s.Table == nil || accepts.Has(topology.UpdateBefore) {
		return true
	}
	from := o.in[0].from
	return len(s.PrimaryKey) > 0 && !exactKey(from, s.PrimaryKey) || !b.canLeaveOut(from)
}

// firstOfKey reports a Top-1 of insert-only rows whose result is shown as it is. Flink takes
// one for insert-only unless its one key is descending, and gives +U without −U; so is the
// result of a SELECT here, an upsert changelog by the partition. What reads such a Top-1
// inside of a query gets −U all the same, where Flink's later sums are wrong.
func firstOfKey(o *op) bool {
	for {
		calc, ok := o.spec.(*physical.Calc)
		if !ok || calc.Filter != nil || len(o.upsert) == 0 {
			return o.first && len(o.upsert) > 0
		}
		o = o.in[0].from
	}
}

// exactKey reports whether an upsert key of an operator is exactly the key of a sink.
func exactKey(from *op, key []int) bool {
	return slices.ContainsFunc(from.upsert, func(k []int) bool { return sameSet(k, key) })
}

// materialize puts the changes of one primary key in order where they may come from
// several upsert keys, that is through several tasks.
func (b *builder) materialize(o *op, s *physical.Sink) {
	from, accepts := o.in[0].from, b.accepts[o]
	if s.Table == nil || len(s.PrimaryKey) == 0 || accepts == topology.InsertOnly {
		return
	}
	inside := slices.ContainsFunc(from.upsert, func(k []int) bool { return within(k, s.PrimaryKey) })
	switch b.upper("table.exec.sink.upsert-materialize", "AUTO") {
	case "NONE":
		return
	case "FORCE":
		if accepts.Has(topology.UpdateBefore) {
			return // such a sink wants the changes as they are
		}
	default:
		if !from.made.Updating() || accepts.Has(topology.UpdateBefore) || inside {
			return
		}
	}
	spec := &physical.Materialize{Out: physical.Out{Fields: from.fields}, SinkKey: s.PrimaryKey, TTL: b.stateTTL()}
	if len(from.upsert) > 0 {
		spec.InputKey = smallest(from.upsert)
	}
	names := fieldNames(pick(s.Fields, s.PrimaryKey))
	m := &op{kind: topology.KindMaterializer, spec: spec, fields: s.Fields, name: slug("materialize", s.Name), span: o.span,
		label: "Materialize[" + joinShort(names, 4) + "]", origins: from.origins, identity: "materialize " + o.identity,
		meaning: "materialize " + o.identity, keyed: s.PrimaryKey, bounded: from.bounded, ttl: ttls(spec.TTL)}
	in := o.in[0]
	from.readers = slices.DeleteFunc(from.readers, func(x *input) bool { return x == in })
	b.feed(m, from, hashed(s.PrimaryKey))
	m.unique, m.upsert = [][]int{s.PrimaryKey}, [][]int{s.PrimaryKey}
	b.place(m)
	in.from = m
	m.readers = append(m.readers, in)
	o.parallelism = b.parallelismOf(o)
	b.order()
}

func smallest(keys [][]int) []int {
	best := keys[0]
	for _, k := range keys {
		if len(k) < len(best) {
			best = k
		}
	}
	return best
}

// dropBefore removes −U for one reader.
func (b *builder) dropBefore(in *input) {
	from := in.from
	for _, r := range from.readers { // one drop serves all readers that want it
		if _, ok := r.to.spec.(*physical.DropUpdateBefore); ok {
			b.redirect(in, r.to)
			return
		}
	}
	d := &op{kind: "drop-update-before", name: slug("drop-before", from.name), label: "Drop −U", fields: from.fields, span: from.span,
		spec: &physical.DropUpdateBefore{Out: physical.Out{Fields: from.fields}}, origins: from.origins, meaning: "drop -U",
		bounded: from.bounded, unique: from.unique, upsert: from.upsert}
	b.feed(d, from, anywhere)
	b.place(d)
	d.made, d.before = from.made&^topology.UpdateBefore, false
	b.redirect(in, d)
}

func (b *builder) redirect(in *input, to *op) {
	in.from.readers = slices.DeleteFunc(in.from.readers, func(x *input) bool { return x == in })
	in.from = to
	to.readers = append(to.readers, in)
}

// order sorts the operators so that inputs come before what reads them, keeping the
// order otherwise.
func (b *builder) order() {
	var out []*op
	seen := map[*op]bool{}
	var visit func(*op)
	visit = func(o *op) {
		if seen[o] {
			return
		}
		seen[o] = true
		for _, in := range o.in {
			visit(in.from)
		}
		out = append(out, o)
	}
	for _, o := range b.ops {
		visit(o)
	}
	b.ops = out
}

// emitBefore writes the decision into the specs that act on it.
func emitBefore(s physical.Spec, before bool) {
	switch s := s.(type) {
	case *physical.GroupAgg:
		s.EmitUpdateBefore = before
	case *physical.WindowAgg:
		s.EmitUpdateBefore = before
	case *physical.WindowOutput:
		s.EmitUpdateBefore = before
	case *physical.Join:
		s.EmitUpdateBefore = before
	case *physical.TopN:
		s.EmitUpdateBefore = before
	case *physical.Dedup:
		s.EmitUpdateBefore = before
	case *physical.Normalize:
		s.EmitUpdateBefore = before
	case *physical.Over:
		s.EmitUpdateBefore = before
	}
}

func sameSet(a, b []int) bool { return within(a, b) && within(b, a) }
