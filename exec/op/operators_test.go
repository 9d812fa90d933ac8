package op_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/weir-sql/weir/exec/build"
	"github.com/weir-sql/weir/exec/expr/agg"
	"github.com/weir-sql/weir/exec/expr/function"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// TestOperators runs testdata/*.test, see testdata/README.md. Every case runs with
// one row a batch, with rows in large batches, with a restart from a snapshot before
// every event, and, where it makes sense, in batch.
func TestOperators(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		if !strings.HasSuffix(path, ".test") {
			return
		}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string { return runCase(t, d) })
	})
}

// opCase is a parsed case.
type opCase struct {
	spec    physical.Spec
	inputs  [][]types.Type
	events  []event
	noBatch bool // the case means nothing in batch
	batch   bool // batch only
	folds   bool // a snapshot makes the operator emit: compare what a changelog leaves
	loose   bool // batches make it emit, too
}

func runCase(t *testing.T, d *datadriven.TestData) string {
	c, err := parseCase(d)
	if err != nil {
		d.Fatalf(t, "%v", err)
	}
	if c.batch {
		return c.runBatch(t, d, nil)
	}
	r, err := play(c.spec, env(false), len(c.inputs), c.events)
	if err != nil {
		return "error: " + err.Error()
	}
	c.check(t, d, r.out, "large batches", joined(c.events, 1<<20))
	c.check(t, d, r.out, "batches of 3", joined(c.events, 3))
	for at := range c.events {
		c.check(t, d, r.out, fmt.Sprintf("restart before event %d", at), c.events, at)
	}
	all := make([]int, len(c.events))
	for i := range all {
		all[i] = i
	}
	c.check(t, d, r.out, "restart before every event", c.events, all...)
	if !c.noBatch && !d.HasArg("noub") && insertOnly(c.events) {
		c.runBatch(t, d, r.out)
	}
	return text(r.out)
}

// env is what operators are made with in tests.
func env(batch bool) build.Env {
	return build.Env{Batch: batch, Functions: function.Builtin(), Connectors: dimension{}}
}

func text(rows []string) string {
	if len(rows) == 0 {
		return "(none)\n"
	}
	return strings.Join(rows, "\n") + "\n"
}

// check plays the events another way, which must emit the same rows.
func (c *opCase) check(t *testing.T, d *datadriven.TestData, want []string, how string, events []event, restartAt ...int) {
	r, err := play(c.spec, env(false), len(c.inputs), events, restartAt...)
	if err != nil {
		d.Fatalf(t, "%s: %v", how, err)
	}
	got := r.out
	if c.loose || c.folds && restartAt != nil {
		got, want = fold(t, got), fold(t, want)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s: %s: emitted\n%swithout it\n%s", d.Pos, how, text(got), text(want))
	}
}

// runBatch plays the rows in batch; the result must be what the stream's changelog leaves.
func (c *opCase) runBatch(t *testing.T, d *datadriven.TestData, stream []string) string {
	var events []event
	for _, e := range joined(c.events, 3) {
		if e.rows != nil {
			events = append(events, e)
		}
	}
	r, err := play(c.spec, env(true), len(c.inputs), events)
	if err != nil {
		if c.batch {
			return "error: " + err.Error()
		}
		d.Fatalf(t, "batch: %v", err)
	}
	if !c.batch {
		if got, want := fold(t, r.out), fold(t, stream); !slices.Equal(got, want) {
			t.Errorf("%s: batch emitted\n%sthe stream leaves\n%s", d.Pos, text(got), text(want))
		}
	}
	return text(r.out)
}

// parseCase reads a case's operator and input.
func parseCase(d *datadriven.TestData) (*opCase, error) {
	a := args{d}
	c := &opCase{noBatch: d.HasArg("nobatch"), batch: d.HasArg("batch"), folds: d.HasArg("folds"), loose: d.HasArg("loose")}
	build, ok := specs[d.Cmd]
	if !ok {
		return nil, fmt.Errorf("no operator %q", d.Cmd)
	}
	for _, side := range []string{"in", "left", "right"} {
		if !d.HasArg(side) {
			continue
		}
		ts, err := a.types(side)
		if err != nil {
			return nil, err
		}
		c.inputs = append(c.inputs, ts)
	}
	var err error
	if c.spec, err = build(a, c.inputs); err != nil {
		return nil, err
	}
	if d.HasArg("zone") {
		zone, err := time.LoadLocation(a.vals("zone")[0])
		if err != nil {
			return nil, err
		}
		c.spec = zoned{c.spec, zone}
	}
	c.events, err = parseEvents(d.Input, c.inputs)
	return c, err
}

// args reads the arguments of a case.
type args struct{ d *datadriven.TestData }

func (a args) vals(key string) []string {
	for _, arg := range a.d.CmdArgs {
		if arg.Key == key && !slices.Equal(arg.Vals, []string{""}) {
			return arg.Vals
		}
	}
	return nil
}

func (a args) has(key string) bool { return a.d.HasArg(key) }

func (a args) types(key string) ([]types.Type, error) {
	var out []types.Type
	for _, s := range a.vals(key) {
		t, err := shortType(s)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

func (a args) ints(key string) []int {
	var out []int
	for _, s := range a.vals(key) {
		n, err := strconv.Atoi(s)
		if err != nil {
			panic(err)
		}
		out = append(out, n)
	}
	return out
}

func (a args) num(key string, otherwise int64) int64 {
	if v := a.vals(key); len(v) == 1 {
		n, err := strconv.ParseInt(v[0], 10, 64)
		if err != nil {
			panic(err)
		}
		return n
	}
	return otherwise
}

func (a args) ttl(key string) time.Duration { return time.Duration(a.num(key, 0)) * time.Millisecond }

// order reads order=(1,2:desc,3:desc:last).
func (a args) order(key string) []rex.SortKey {
	var out []rex.SortKey
	for _, s := range a.vals(key) {
		p := strings.Split(s, ":")
		col, err := strconv.Atoi(p[0])
		if err != nil {
			panic(err)
		}
		desc := slices.Contains(p, "desc")
		out = append(out, rex.SortKey{Col: col, Desc: desc, NullsLast: desc != slices.Contains(p, "flip")})
	}
	return out
}

// aggs reads aggs=(COUNT,SUM:1,SUM:1:distinct,COUNT:filter=2).
func (a args) aggs(in []types.Type) ([]rex.AggCall, error) { return aggCalls(a.vals("aggs"), in) }

func aggCalls(texts []string, in []types.Type) ([]rex.AggCall, error) {
	var out []rex.AggCall
	for _, s := range texts {
		p := strings.Split(s, ":")
		c := rex.AggCall{Fn: p[0], Filter: -1}
		var ts []types.Type
		for _, x := range p[1:] {
			if x == "distinct" {
				c.Distinct = true
			} else if f, ok := strings.CutPrefix(x, "filter="); ok {
				c.Filter, _ = strconv.Atoi(f)
			} else {
				n, err := strconv.Atoi(x)
				if err != nil {
					return nil, err
				}
				c.Args, ts = append(c.Args, n), append(ts, in[n].Null())
			}
		}
		e := agg.Lookup(c.Fn)
		if e == nil {
			return nil, fmt.Errorf("no aggregate %q", c.Fn)
		}
		r, err := e.Infer(catalog.Call{Args: ts, Lits: make([]*rex.Lit, len(ts)), Distinct: c.Distinct})
		if err != nil {
			return nil, err
		}
		c.T = r.Result
		out = append(out, c)
	}
	return out, nil
}

// overCall reads SUM:1, ROW_NUMBER, LAG:1, LAG:1:2:3.
func (a args) overCall(s string, in []types.Type) (rex.AggCall, error) {
	p := strings.Split(s, ":")
	c := rex.AggCall{Fn: p[0], Filter: -1, T: types.Int64.NotNull()}
	for _, x := range p[1:] {
		n, err := strconv.Atoi(x)
		if err != nil {
			return c, err
		}
		c.Args = append(c.Args, n)
	}
	switch c.Fn {
	case "ROW_NUMBER", "RANK", "DENSE_RANK", "NTILE":
		return c, nil
	case "PERCENT_RANK", "CUME_DIST":
		c.T = types.Float64.NotNull()
		return c, nil
	case "LAG", "LEAD":
		c.T = in[c.Args[0]].Null()
		return c, nil
	}
	cs, err := aggCalls([]string{s}, in)
	if err != nil {
		return c, err
	}
	return cs[0], nil
}

func fields(ts ...types.Type) physical.Out {
	out := physical.Out{}
	for i, t := range ts {
		out.Fields = append(out.Fields, types.Field{Name: fmt.Sprintf("c%d", i), Type: t})
	}
	return out
}

func pickT(ts []types.Type, at []int) []types.Type {
	var out []types.Type
	for _, i := range at {
		out = append(out, ts[i])
	}
	return out
}

// specs makes the spec of each verb.
var specs = map[string]func(args, [][]types.Type) (physical.Spec, error){
	"group-agg": func(a args, in [][]types.Type) (physical.Spec, error) {
		calls, err := a.aggs(in[0])
		s := &physical.GroupAgg{In: in[0], Keys: a.ints("keys"), Aggs: calls, Retract: a.has("retract"),
			EmitUpdateBefore: !a.has("noub"), TTL: a.ttl("ttl"), MiniBatchSize: int(a.num("minibatch", 0)),
			MiniBatchWait: a.ttl("wait")}
		ts := pickT(in[0], s.Keys)
		for _, c := range calls {
			ts = append(ts, c.T)
		}
		s.Out = fields(ts...)
		if err != nil || !a.has("twophase") {
			return s, err
		}
		local, global := *s, *s
		local.Phase, global.Phase = physical.Local, physical.Global
		ts, err = partialTypes(in[0], s.Keys, calls, s.Retract)
		local.Out, global.In, global.LocalIn, global.Keys = fields(ts...), ts, in[0], upTo(len(s.Keys))
		return &twoPhase{&local, &global}, err
	},
	"window-agg": func(a args, in [][]types.Type) (physical.Spec, error) {
		calls, err := a.aggs(in[0])
		s := &physical.WindowAgg{In: in[0], Window: a.window(), Keys: a.ints("keys"), Aggs: calls, Retract: a.has("retract"), EmitUpdateBefore: !a.has("noub")}
		if a.has("every") {
			s.Emit = &physical.WindowEmit{Every: a.num("every", 0)}
		} else if a.has("early") || a.has("late") {
			s.Emit = &physical.WindowEmit{Early: a.has("early"), Late: a.has("late"), EarlyDelay: a.ttl("early"), LateDelay: a.ttl("late"), AllowLateness: a.ttl("lateness")}
		}
		ts := pickT(in[0], s.Keys)
		for _, c := range calls {
			ts = append(ts, c.T)
		}
		for _, p := range a.vals("props") {
			t := types.NewTimestamp(3).NotNull()
			switch p {
			case "start":
				s.Props = append(s.Props, physical.WindowStart)
			case "end":
				s.Props = append(s.Props, physical.WindowEnd)
			default:
				s.Props = append(s.Props, physical.WindowTime)
				if t = t.WithAttr(types.Rowtime); s.Window.Local {
					t = types.NewTimestampLTZ(3).NotNull().WithAttr(types.Rowtime)
				}
			}
			ts = append(ts, t)
		}
		s.Out = fields(ts...)
		if err != nil || !a.has("twophase") {
			return s, err
		}
		local, global := *s, *s
		local.Phase, global.Phase = physical.Local, physical.Global
		ts, err = partialTypes(in[0], s.Keys, calls, s.Retract)
		ts = append(ts, types.Int64.NotNull())
		local.Out, global.In, global.LocalIn, global.Keys = fields(ts...), ts, in[0], upTo(len(s.Keys))
		return &twoPhase{&local, &global}, err
	},
	"top-n": func(a args, in [][]types.Type) (physical.Spec, error) {
		s := &physical.TopN{In: in[0], Partition: a.ints("by"), Order: a.order("order"), Start: a.num("start", 1), End: a.num("end", -1),
			WithRank: a.has("rank"), InputChanges: a.has("changes"), UniqueKey: a.ints("unique"), EmitUpdateBefore: !a.has("noub"), TTL: a.ttl("ttl")}
		switch {
		case a.has("func") && a.vals("func")[0] == "rank":
			s.Rank = physical.Rank
		case a.has("func"):
			s.Rank = physical.DenseRank
		}
		ts := slices.Clone(in[0])
		if s.WithRank {
			ts = append(ts, types.Int64.NotNull())
		}
		s.Out = fields(ts...)
		return s, nil
	},
	"sort": func(a args, in [][]types.Type) (physical.Spec, error) {
		return &physical.Sort{Out: fields(in[0]...), Keys: a.order("order"), Offset: a.num("offset", 0), Fetch: a.num("fetch", -1), Rowtime: a.has("rowtime")}, nil
	},
	"union": func(a args, in [][]types.Type) (physical.Spec, error) {
		return &physical.Union{Out: fields(in[0]...)}, nil
	},
	"drop-update-before": func(a args, in [][]types.Type) (physical.Spec, error) {
		return &physical.DropUpdateBefore{Out: fields(in[0]...)}, nil
	},
	"dedup": func(a args, in [][]types.Type) (physical.Spec, error) {
		return &physical.Dedup{Out: fields(in[0]...), In: in[0], Keys: a.ints("keys"), Time: int(a.num("time", 0)), Rowtime: a.has("rowtime"),
			KeepLast: a.has("last"), EmitUpdateBefore: !a.has("noub"), TTL: a.ttl("ttl")}, nil
	},
	"window-tvf": func(a args, in [][]types.Type) (physical.Spec, error) {
		s := &physical.WindowTVF{In: in[0], Window: a.window()}
		wt := types.NewTimestamp(3).NotNull()
		time := wt.WithAttr(types.Rowtime)
		if s.Window.Local {
			time = types.NewTimestampLTZ(3).NotNull().WithAttr(types.Rowtime)
		}
		s.Out = fields(append(slices.Clone(in[0]), wt, wt, time)...)
		return s, nil
	},
	"window-top-n": func(a args, in [][]types.Type) (physical.Spec, error) {
		s := &physical.WindowTopN{In: in[0], Partition: a.ints("by"), Order: a.order("order"), Start: a.num("start", 1), End: a.num("end", -1),
			WithRank: a.has("rank"), WindowEnd: int(a.num("window", 0))}
		ts := slices.Clone(in[0])
		if s.WithRank {
			ts = append(ts, types.Int64.NotNull())
		}
		s.Out = fields(ts...)
		return s, nil
	},
	"expand": func(a args, in [][]types.Type) (physical.Spec, error) {
		s := &physical.Expand{In: in[0], Cols: a.ints("cols")}
		for _, v := range a.vals("sets") {
			set := []int{}
			for _, c := range v {
				if c != '-' {
					set = append(set, int(c-'0'))
				}
			}
			s.Sets = append(s.Sets, set)
		}
		s.Out = fields(append(slices.Clone(in[0]), types.Int64.NotNull())...)
		return s, nil
	},
	"replicate": func(a args, in [][]types.Type) (physical.Spec, error) {
		n := int(a.num("count", 0))
		return &physical.Replicate{Out: fields(slices.Delete(slices.Clone(in[0]), n, n+1)...), In: in[0], Count: n}, nil
	},
	"unnest": func(a args, in [][]types.Type) (physical.Spec, error) {
		n := int(a.num("col", 0))
		s := &physical.Unnest{In: in[0], Collection: &rex.Ref{Index: n, T: in[0][n]}, Outer: a.has("outer"), WithOrdinality: a.has("ordinality")}
		ts := slices.Clone(in[0])
		switch t := in[0][n]; {
		case t.Kind == types.Map:
			ts = append(ts, *t.Key, *t.Elem)
		case t.Elem.Kind == types.Row:
			for _, f := range t.Elem.Fields {
				ts = append(ts, f.Type)
			}
		default:
			ts = append(ts, *t.Elem)
		}
		if s.WithOrdinality {
			ts = append(ts, types.Int32.NotNull().WithNull(s.Outer))
		}
		s.Out = fields(ts...)
		return s, nil
	},
	"calc": func(a args, in [][]types.Type) (physical.Spec, error) {
		s := &physical.Calc{In: in[0]}
		ts := pickT(in[0], a.ints("cols"))
		for _, c := range a.ints("cols") {
			s.Exprs = append(s.Exprs, &rex.Ref{Index: c, T: in[0][c]})
		}
		if a.has("add") {
			x := a.ints("add")
			s.Exprs = append(s.Exprs, &rex.Call{Fn: "+", T: in[0][x[0]], Args: []rex.Expr{
				&rex.Ref{Index: x[0], T: in[0][x[0]]}, &rex.Ref{Index: x[1], T: in[0][x[1]]}}})
			ts = append(ts, in[0][x[0]])
		}
		if a.has("where") {
			s.Filter = condition(a.vals("where"), in[0])
		}
		s.Out = fields(ts...)
		return s, nil
	},
	"lookup-join": func(a args, in [][]types.Type) (physical.Spec, error) {
		s := &physical.LookupJoin{Left: in[0], Kind: joinKinds[a.vals("kind")[0]], CacheRows: a.num("cache", 0), CacheTTL: a.ttl("cachettl"),
			Async: a.has("async"), BatchSize: int(a.num("size", 0)), BatchLinger: a.ttl("linger")}
		dim := []types.Type{types.Int64, types.String}
		s.Scan.Read = []physical.ReadColumn{{Name: "k", Type: dim[0]}, {Name: "v", Type: dim[1]}}
		key := int(a.num("key", 0))
		s.Keys = []physical.LookupKey{{Column: 0, Value: &rex.Ref{Index: key, T: in[0][key]}}}
		all := append(slices.Clone(in[0]), dim...)
		if a.has("residual") {
			s.Residual = condition(a.vals("residual"), all)
		}
		s.Out = fields(all...)
		return s, nil
	},
	"over": func(a args, in [][]types.Type) (physical.Spec, error) {
		s := &physical.Over{In: in[0], Partition: a.ints("by"), Order: a.order("order"), Rowtime: a.has("rowtime"), Rows: a.has("rows"),
			Preceding: a.num("preceding", -1), Following: a.num("following", 0), Changing: a.has("changing"),
			EmitUpdateBefore: !a.has("noub"), TTL: a.ttl("ttl")}
		ts := slices.Clone(in[0])
		for _, f := range a.vals("calls") {
			c, err := a.overCall(f, in[0])
			if err != nil {
				return nil, err
			}
			s.Calls, ts = append(s.Calls, c), append(ts, c.T)
		}
		s.Out = fields(ts...)
		return s, nil
	},
	"interval-join": func(a args, in [][]types.Type) (physical.Spec, error) {
		s := &physical.IntervalJoin{Kind: joinKinds[a.vals("kind")[0]], Left: in[0], Right: in[1], LeftKeys: a.ints("lkeys"), RightKeys: a.ints("rkeys"),
			Rowtime: a.has("rowtime"), LeftTime: int(a.num("ltime", 0)), RightTime: int(a.num("rtime", 0)), Lower: a.num("lower", 0), Upper: a.num("upper", 0)}
		if a.has("residual") {
			s.Residual = condition(a.vals("residual"), append(slices.Clone(in[0]), in[1]...))
		}
		s.Out = fields(joinTypes(s.Kind, in[0], in[1])...)
		return s, nil
	},
	"temporal-join": func(a args, in [][]types.Type) (physical.Spec, error) {
		s := &physical.TemporalJoin{Kind: joinKinds[a.vals("kind")[0]], Left: in[0], Right: in[1], LeftKeys: a.ints("lkeys"), RightKeys: a.ints("rkeys"),
			Rowtime: a.has("rowtime"), LeftTime: int(a.num("ltime", 0)), RightTime: int(a.num("rtime", 0)), TTL: a.ttl("ttl")}
		if a.has("residual") {
			s.Residual = condition(a.vals("residual"), append(slices.Clone(in[0]), in[1]...))
		}
		s.Out = fields(joinTypes(s.Kind, in[0], in[1])...)
		return s, nil
	},
	"window-join": func(a args, in [][]types.Type) (physical.Spec, error) {
		n := len(in[0]) - 2
		s := &physical.WindowJoin{Kind: joinKinds[a.vals("kind")[0]], Left: in[0], Right: in[1], LeftKeys: a.ints("lkeys"), RightKeys: a.ints("rkeys"),
			LeftStart: n, LeftEnd: n + 1, LeftTime: -1, RightStart: len(in[1]) - 2, RightEnd: len(in[1]) - 1, RightTime: -1, Rowtime: true}
		if a.has("residual") {
			s.Residual = condition(a.vals("residual"), append(slices.Clone(in[0]), in[1]...))
		}
		s.Out = fields(joinTypes(s.Kind, in[0], in[1])...)
		return s, nil
	},
	"normalize": func(a args, in [][]types.Type) (physical.Spec, error) {
		return &physical.Normalize{Out: fields(in[0]...), Keys: a.ints("keys"), EmitUpdateBefore: !a.has("noub"), TTL: a.ttl("ttl")}, nil
	},
	"materialize": func(a args, in [][]types.Type) (physical.Spec, error) {
		return &physical.Materialize{Out: fields(in[0]...), SinkKey: a.ints("sink"), InputKey: a.ints("key"), TTL: a.ttl("ttl")}, nil
	},
	"join": func(a args, in [][]types.Type) (physical.Spec, error) {
		s := &physical.Join{Left: in[0], Right: in[1], LeftKeys: a.ints("lkeys"), RightKeys: a.ints("rkeys"),
			LeftTTL: a.ttl("lttl"), RightTTL: a.ttl("rttl"), EmitUpdateBefore: !a.has("noub"),
			LeftChanges: a.has("lchanges"), RightChanges: a.has("rchanges")}
		s.LeftUnique = uniqueSide(a.ints("lunique"), s.LeftKeys)
		s.RightUnique = uniqueSide(a.ints("runique"), s.RightKeys)
		s.NullEquals = make([]bool, len(s.LeftKeys))
		for i := range s.NullEquals {
			s.NullEquals[i] = a.has("nulls")
		}
		s.Kind = joinKinds[a.vals("kind")[0]]
		s.Out = fields(joinTypes(s.Kind, in[0], in[1])...)
		if a.has("residual") {
			s.Residual = condition(a.vals("residual"), append(slices.Clone(in[0]), in[1]...))
		}
		return s, nil
	},
}

// window reads kind=hop time=1 rowtime size=10 slide=5 offset=1 start=1 end=2.
func (a args) window() physical.Window {
	kinds := map[string]physical.WindowKind{"tumble": physical.Tumble, "hop": physical.Hop, "cumulate": physical.Cumulate,
		"session": physical.Session, "attached": physical.Attached}
	return physical.Window{Kind: kinds[a.vals("kind")[0]], Time: int(a.num("time", 0)), Rowtime: a.has("rowtime"), Size: a.num("size", 0),
		Slide: a.num("slide", 0), Offset: a.num("offset", 0), Partition: a.ints("by"), Start: int(a.num("start", 0)), End: int(a.num("end", 0)),
		Local: a.has("zone")}
}

// partialTypes gives what the local phase puts out.
func partialTypes(in []types.Type, keys []int, calls []rex.AggCall, retract bool) ([]types.Type, error) {
	ts := pickT(in, keys)
	for _, c := range calls {
		acc, err := agg.New(c, in, retract)
		if err != nil {
			return nil, err
		}
		ts = append(ts, acc.PartialTypes()...)
	}
	if retract {
		ts = append(ts, types.Int64.NotNull())
	}
	return ts, nil
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// condition reads residual=(1,<,3).
func condition(v []string, ts []types.Type) rex.Expr {
	ref := func(s string) rex.Expr {
		n, err := strconv.Atoi(s)
		if err != nil {
			panic(err)
		}
		return &rex.Ref{Index: n, T: ts[n]}
	}
	return &rex.Call{Fn: v[1], Args: []rex.Expr{ref(v[0]), ref(v[2])}, T: types.Bool}
}

var joinKinds = map[string]physical.JoinKind{"inner": physical.Inner, "left": physical.LeftOuter, "right": physical.RightOuter,
	"full": physical.FullOuter, "semi": physical.Semi, "anti": physical.Anti}

// uniqueSide says whether the unique key lies in the join key.
func uniqueSide(unique, keys []int) physical.UniqueSide {
	in := len(unique) > 0
	for _, u := range unique {
		in = in && slices.Contains(keys, u)
	}
	return physical.UniqueSide{Key: unique, InJoinKey: in}
}

func joinTypes(kind physical.JoinKind, left, right []types.Type) []types.Type {
	var out []types.Type
	for _, t := range left {
		if kind == physical.RightOuter || kind == physical.FullOuter {
			t = t.Null()
		}
		out = append(out, t)
	}
	if kind == physical.Semi || kind == physical.Anti {
		return out
	}
	for _, t := range right {
		if kind == physical.LeftOuter || kind == physical.FullOuter {
			t = t.Null()
		}
		out = append(out, t)
	}
	return out
}
