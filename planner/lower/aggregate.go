package lower

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

// aggregate makes a GroupAgg, in two phases where that pays: a local one folds rows
// before they travel.
func (b *builder) aggregate(n *logical.Aggregate) *op {
	from := b.lower(n.Input)
	spec := &physical.GroupAgg{Out: physical.Out{Fields: n.Fields}, In: physical.FieldTypes(from.schema()), Keys: n.Groups, Aggs: n.Aggs,
		Retract: from.made.Updating(), TTL: b.hintTTL(n.Hints)}
	if b.miniBatch() {
		spec.MiniBatchSize, spec.MiniBatchWait = b.int("table.exec.mini-batch.size", -1), b.duration("table.exec.mini-batch.allow-latency", 0)
	}
	o := &op{kind: topology.KindGroupAgg, spec: spec, fields: n.Fields, bounded: from.bounded, ttl: ttls(spec.TTL)}
	b.describeAgg(o, from, n.Groups, n.Aggs, nil)
	o.identity = "group by " + strings.Join(pick(from.origins, n.Groups), ", ")
	o.meaning = o.identity + ": " + strings.Join(o.origins[len(n.Groups):], "; ")

	if partials := b.partials(from, n.Groups, n.Aggs, spec.Retract); partials != nil && (b.batch || b.miniBatch()) {
		local := *spec
		local.Phase, local.TTL = physical.Local, 0
		local.Fields = localFields(from, n.Groups, partials)
		if spec.Retract {
			local.Fields = append(local.Fields, types.Field{Name: "$rows", Type: types.Int64.NotNull()})
		}
		l := b.localOp(o, topology.KindLocalAgg, &local, local.Fields, from)
		spec.Phase, spec.LocalIn = physical.Global, spec.In
		spec.In, spec.Keys = physical.FieldTypes(local.Fields), upTo(len(n.Groups))
		o.kind = topology.KindGlobalAgg
		b.feed(o, l, hashed(spec.Keys))
		return b.add(o, n)
	}
	b.feed(o, from, hashed(n.Groups))
	return b.add(o, n)
}

// localOp makes the first of two phases.
func (b *builder) localOp(global *op, kind topology.Kind, spec physical.Spec, fields []types.Field, from *op) *op {
	l := &op{kind: kind, spec: spec, fields: fields, name: slug("local", global.name), label: "Local" + global.label,
		meaning: "local " + global.meaning, span: global.span, bounded: from.bounded, made: topology.InsertOnly}
	for i, f := range fields {
		if i < len(global.keyed) {
			l.origins = append(l.origins, global.origins[i])
		} else {
			l.origins = append(l.origins, "partial "+f.Name)
		}
	}
	b.feed(l, from, anywhere)
	return b.add(l, nil)
}

// partials gives the columns of every call's partial if an aggregation is to be split:
// all calls can be, rows have to travel, and the strategy does not forbid it.
func (b *builder) partials(from *op, keys []int, calls []rex.AggCall, retract bool) [][]types.Type {
	strategy := b.upper("table.optimizer.agg-phase-strategy", "AUTO")
	if b.Partials == nil || strategy == "ONE_PHASE" || strategy == "AUTO" && from.parallelism <= 1 || len(calls) == 0 && !b.batch {
		return nil
	}
	if b.satisfied(from, hashed(keys)) {
		return nil
	}
	in := physical.FieldTypes(from.schema())
	out := make([][]types.Type, len(calls))
	for i, c := range calls {
		if c.Distinct {
			return nil
		}
		if out[i] = b.Partials(c, in, retract); out[i] == nil {
			return nil
		}
	}
	return out
}

func localFields(from *op, keys []int, partials [][]types.Type) []types.Field {
	fields := pick(from.schema(), keys)
	for i := range fields {
		fields[i].Type = fields[i].Type.WithAttr(types.NoTimeAttr)
	}
	for _, p := range partials {
		for _, t := range p {
			fields = append(fields, types.Field{Name: "$" + itoa(len(fields)), Type: t})
		}
	}
	return fields
}

// windowAggregate makes a WindowAgg. Event-time windows whose rows share slices are
// split in two phases under the same conditions as groups; windows that rows carry already are not, as few rows come of them.
func (b *builder) windowAggregate(n *logical.GroupWindow) *op {
	from := b.lower(n.Input)
	spec := &physical.WindowAgg{Out: physical.Out{Fields: n.Fields}, In: physical.FieldTypes(from.schema()), Window: n.Window,
		Keys: n.Groups, Aggs: n.Aggs, Props: n.Props, Retract: from.made.Updating(), Legacy: !n.FromTVF, Shared: n.Shared, Pivot: n.Pivot}
	o := &op{kind: topology.KindWindowAgg, spec: spec, fields: n.Fields, bounded: from.bounded}
	b.describeAgg(o, from, n.Groups, n.Aggs, &n.Window)
	for i, p := range n.Props {
		o.keyed = append(o.keyed, len(n.Groups)+len(n.Aggs)+i)
		o.origins = append(o.origins, propText[p]+" "+b.windowOrigin(n.Window, from))
	}
	if n.Pivot != nil {
		o.origins = o.origins[:len(n.Groups)]
		for _, c := range n.Pivot {
			w := n.Shared[c.Window]
			o.origins = append(o.origins, resolveCall(n.Aggs[c.Call], from.origins)+" in "+windowText(w, from.origins[w.Time]))
		}
		for i, p := range n.Props {
			o.keyed[len(n.Groups)+i] = len(n.Groups) + len(n.Pivot) + i
			o.origins = append(o.origins, propText[p]+" "+b.windowOrigin(n.Shared[0], from))
		}
	}
	if n.Shared != nil {
		o.detail[0] = strconv.Itoa(len(n.Shared)) + " windows share panes of " + millisText(n.Window.Size)
		for _, w := range n.Shared {
			o.detail = append(o.detail, windowText(w, from.schema()[w.Time].Name))
			o.identity += windowText(w, from.origins[w.Time]) + " "
		}
	}
	o.identity += "window " + b.windowOrigin(n.Window, from) + " by " + strings.Join(pick(from.origins, n.Groups), ", ")
	o.meaning = o.identity + ": " + strings.Join(o.origins[len(n.Groups):len(o.origins)-len(n.Props)], "; ")

	if b.heldBack(n.Window) {
		return b.windowOutput(n, b.windowAgg(n, from, o, spec))
	}
	return b.windowAgg(n, from, o, spec)
}

// heldBack reports whether the results of a window go through a WindowOutput. Of a batch only the final result
// counts; windows that overlap or grow show their updates themselves.
func (b *builder) heldBack(w physical.Window) bool {
	return w.Show != nil && (w.Show.UpdateEvery == 0 || !b.batch && w.Kind == physical.Tumble)
}

// windowAgg finishes a WindowAgg in one phase or two.
func (b *builder) windowAgg(n *logical.GroupWindow, from, o *op, spec *physical.WindowAgg) *op {
	w := n.Window
	if b.heldBack(w) {
		if w.Show.UpdateEvery > 0 {
			w.Kind, w.Slide = physical.Cumulate, w.Show.UpdateEvery
		}
		spec.Window, spec.Props = w, append(slices.Clone(n.Props), physical.WindowLast)
		spec.Fields = append(slices.Clone(n.Fields), types.Field{Name: "$window_end", Type: types.Int64.NotNull()})
		o.fields, o.origins = spec.Fields, append(o.origins, "last of "+b.windowOrigin(w, from))
	}
	if !b.batch {
		spec.Emit = b.windowEmit(n)
		if w.Show != nil && w.Show.UpdateEvery > 0 && !b.heldBack(n.Window) {
			spec.Emit = &physical.WindowEmit{Every: w.Show.UpdateEvery}
			o.detail = append(o.detail, showText(w.Show)...)
			o.identity += " " + strings.Join(showText(w.Show), ", ")
		}
		if n.FromTVF && w.Kind == physical.Hop && w.Size%w.Slide != 0 {
			b.errorf("W0215", n.At, "aggregate of a stream over HOP windows of %s that slide by %s: the size is not a whole number of slides", millisText(w.Size), millisText(w.Slide)).
				WithHint("Take a size that is, or run with --mode batch.")
		}
	}
	partials := b.partials(from, n.Groups, n.Aggs, spec.Retract)
	if partials != nil && spec.Emit == nil && n.FromTVF && w.Kind != physical.Session && w.Kind != physical.Attached && (w.Rowtime || b.batch) {
		local := *spec
		local.Phase, local.Props, local.Shared = physical.Local, nil, nil
		local.Fields = append(localFields(from, n.Groups, partials), types.Field{Name: "$slice_end", Type: types.Int64.NotNull()})
		l := b.localOp(o, topology.KindLocalWindow, &local, local.Fields, from)
		spec.Phase, spec.LocalIn = physical.Global, spec.In
		spec.In, spec.Keys = physical.FieldTypes(local.Fields), upTo(len(n.Groups))
		o.kind = topology.KindGlobalWindow
		b.feed(o, l, hashed(spec.Keys))
		return b.add(o, n)
	}
	b.feed(o, from, hashed(n.Groups))
	return b.add(o, n)
}

// windowOutput makes the operator that lets results of a window aggregate through.
func (b *builder) windowOutput(n *logical.GroupWindow, agg *op) *op {
	show, first := n.Window.Show, len(n.Groups)
	w := n.Window
	if show.UpdateEvery > 0 {
		w.Kind, w.Slide = physical.Cumulate, show.UpdateEvery
	}
	spec := &physical.WindowOutput{Out: physical.Out{Fields: n.Fields}, Keys: upTo(first), Window: w, Props: n.Props}
	for i, c := range n.Aggs {
		spec.Values = append(spec.Values, first+i)
		zero := c.Fn == "COUNT" || c.Fn == "APPROX_COUNT_DISTINCT" || strings.HasSuffix(c.Fn, "SUM") || strings.HasSuffix(c.Fn, "SUM0")
		spec.Zero = append(spec.Zero, zero || !n.Fields[first+i].Type.Nullable)
	}
	o := &op{kind: topology.KindWindowOutput, name: slug("show", agg.name), label: "Show", spec: spec, fields: n.Fields, bounded: agg.bounded,
		origins: agg.origins[:len(n.Fields)], keyed: upTo(first), detail: showText(show)}
	o.identity = "show " + strings.Join(o.detail, ", ") + " " + agg.identity
	o.meaning = o.identity
	b.feed(o, agg, hashed(spec.Keys))
	return b.add(o, n)
}

func showText(s *physical.WindowShow) []string {
	var out []string
	if s.UpdateEvery > 0 {
		out = append(out, "updates every "+millisText(s.UpdateEvery))
	}
	if s.ZeroRows {
		out = append(out, "a zero row when empty")
	}
	if s.OnlyChanges {
		out = append(out, "only changes")
	}
	if s.AtMostEvery > 0 {
		out = append(out, "at most every "+millisText(s.AtMostEvery))
	}
	return out
}

// windowEmit reads the options of early and late firing, which legacy windows of fixed
// length mind; nil = neither.
func (b *builder) windowEmit(n *logical.GroupWindow) *physical.WindowEmit {
	e := &physical.WindowEmit{Early: b.bool("table.exec.emit.early-fire.enabled", false), Late: b.bool("table.exec.emit.late-fire.enabled", false),
		EarlyDelay: b.duration("table.exec.emit.early-fire.delay", 0), LateDelay: b.duration("table.exec.emit.late-fire.delay", 0),
		AllowLateness: b.duration("table.exec.emit.allow-lateness", 0)}
	switch given := func(key string) bool { return b.text(key, "") != "" }; {
	case !e.Early && !e.Late:
		return nil
	case n.FromTVF:
		b.errorf("W0215", n.At, "windows of a window function do not fire early or late, as %s asks", emitKey(e)).
			WithHint("Write GROUP BY TUMBLE(time, size), or give the window function the parameter UPDATE_EVERY.")
	case n.Window.Kind == physical.Session:
		b.errorf("W0215", n.At, "SESSION windows do not fire early or late, as %s asks", emitKey(e))
	case e.Early && !given("table.exec.emit.early-fire.delay"):
		b.errorf("W0215", n.At, "early firing has no delay").WithHint("SET 'table.exec.emit.early-fire.delay' = '10 s'; '0 s' fires at every row.")
	case e.Late && !given("table.exec.emit.late-fire.delay"):
		b.errorf("W0215", n.At, "late firing has no delay").WithHint("SET 'table.exec.emit.late-fire.delay' = '10 s'; '0 s' fires at every row.")
	case e.Late && !given("table.exec.emit.allow-lateness"):
		if e.AllowLateness = b.stateTTL(); e.AllowLateness == 0 {
			b.errorf("W0215", n.At, "late firing has no end: nothing says how long windows are kept").WithHint("SET 'table.exec.emit.allow-lateness' = '1 h'.")
		}
	}
	return e
}

func emitKey(e *physical.WindowEmit) string {
	if e.Early {
		return "'table.exec.emit.early-fire.enabled'"
	}
	return "'table.exec.emit.late-fire.enabled'"
}

var propText = map[physical.WindowProp]string{physical.WindowStart: "start of", physical.WindowEnd: "end of", physical.WindowTime: "time of", physical.WindowIndex: "which"}

// windowOrigin writes a window with its time column resolved.
func (b *builder) windowOrigin(w physical.Window, from *op) string {
	if w.Kind == physical.Attached {
		return short("window of " + from.origins[w.Start])
	}
	return windowText(w, from.origins[w.Time])
}

// describeAgg fills what group and window aggregates say alike.
func (b *builder) describeAgg(o *op, from *op, keys []int, calls []rex.AggCall, w *physical.Window) {
	names := fieldNames(from.schema())
	shown := pick(names, keys)
	o.name = slug(append([]string{"agg"}, shown...)...)
	if w != nil {
		if len(keys) == 0 {
			o.name = "agg-window"
		}
		shown = append(slices.Clone(shown), "window")
		if w.Kind != physical.Attached {
			o.detail = append(o.detail, windowText(*w, names[w.Time]))
		}
	}
	o.label = "Agg"
	if len(shown) > 0 {
		o.label += "[" + strings.Join(shown, ", ") + "]"
	}
	if len(calls) == 0 && w == nil {
		o.name, o.label = slug(append([]string{"distinct"}, pick(names, keys)...)...), "Distinct["+joinShort(shown, 4)+"]"
	}
	o.keyed = upTo(len(keys))
	o.origins = pick(from.origins, keys)
	for _, c := range calls {
		o.origins = append(o.origins, resolveCall(c, from.origins))
		o.detail = append(o.detail, logical.AggText(c, func(i int) string { return names[i] }))
	}
}

func (b *builder) windowTVF(n *logical.WindowTVF) *op {
	from := b.lower(n.Input)
	w := n.Window
	if w.Show != nil {
		b.errorf("W0215", n.At, "this window function says which results come out (%s), but it is not aggregated", strings.Join(showText(w.Show), ", ")).
			WithHint("GROUP BY window_start, window_end and columns of the table; aggregate nothing that is computed from the window.")
	}
	o := &op{kind: topology.KindWindowTVF, name: slug("window", w.Kind.String()), fields: n.Fields, bounded: from.bounded,
		spec:    &physical.WindowTVF{Out: physical.Out{Fields: n.Fields}, In: physical.FieldTypes(from.schema()), Window: w},
		label:   windowText(w, from.schema()[w.Time].Name),
		origins: slices.Clone(from.origins),
	}
	text := b.windowOrigin(w, from)
	o.meaning = text
	for _, p := range []physical.WindowProp{physical.WindowStart, physical.WindowEnd, physical.WindowTime} {
		o.origins = append(o.origins, propText[p]+" "+text)
	}
	if w.Kind == physical.Session { // sessions merge: the operator keeps them by partition
		o.identity = text + " by " + strings.Join(pick(from.origins, w.Partition), ", ")
		o.keyed = w.Partition
		b.feed(o, from, hashed(w.Partition))
	} else {
		b.feed(o, from, anywhere)
	}
	return b.add(o, n)
}

func (b *builder) miniBatch() bool { return !b.batch && b.bool("table.exec.mini-batch.enabled", false) }

// stateTTL is how long state is kept without being touched; 0 = for ever. Batch
// keeps everything to its end.
func (b *builder) stateTTL() time.Duration {
	if b.batch {
		return 0
	}
	return b.duration("table.exec.state.ttl", 0)
}

// hintTTL is stateTTL unless a STATE_TTL hint names one of these inputs; no names
// given means that any hint is meant.
func (b *builder) hintTTL(hints []logical.Hint, names ...string) time.Duration {
	if b.batch {
		return 0
	}
	ttl := b.stateTTL()
	for _, h := range hints {
		if h.Name != "STATE_TTL" {
			continue
		}
		for _, name := range sortedKeys(h.KV) {
			if len(names) > 0 && !slices.ContainsFunc(names, func(s string) bool { return s != "" && strings.EqualFold(s, name) }) {
				continue
			}
			d, ok := catalog.ParseDuration(h.KV[name])
			if !ok {
				b.errorf("W0201", h.Span, "hint STATE_TTL gives %q the time %q, which is not a duration such as '1d'", name, h.KV[name])
				continue
			}
			ttl = d
		}
	}
	return ttl
}

func ttls(ds ...time.Duration) []time.Duration {
	for _, d := range ds {
		if d != 0 {
			return ds
		}
	}
	return nil
}
