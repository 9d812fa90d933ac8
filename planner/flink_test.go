package planner_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/weir-sql/weir/planner"
	"github.com/weir-sql/weir/planner/bind"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/topology"
)

// bound parses and binds a script with the test connectors.
func bound(t testing.TB, text string, config map[string]string) (*bind.Bound, diag.List) {
	t.Helper()
	script, list := syntax.Parse(text)
	if list.HasErrors() {
		return nil, list
	}
	c := map[string]string{}
	for k, v := range config {
		c[k] = v
	}
	env := &bind.Env{Catalog: catalog.New(), Functions: testFunctions, Connectors: testConnectors{}, Formats: testConnectors{}, Config: c,
		Batch: config["execution.runtime-mode"] == "batch"}
	b, list := bind.Script(env, diag.Source{Name: "test.sql", Text: text}, script)
	if list.HasErrors() {
		return nil, list
	}
	return b, list
}

// planned binds and plans a script.
func planned(t testing.TB, text string, config map[string]string, change func([]*logical.Sink, *planner.Options)) (*topology.Graph, diag.List) {
	t.Helper()
	b, list := bound(t, text, config)
	if b == nil {
		return nil, list
	}
	o := planner.Options{Script: diag.Source{Name: "test.sql", Text: text}, Config: b.Config, Functions: testFunctions, Fold: testFold, Partials: testPartials}
	if config["execution.runtime-mode"] == "batch" {
		o.Mode = topology.Batch
	}
	if change != nil {
		change(b.Sinks, &o)
	}
	return planner.Plan(b.Sinks, o)
}

// recording is what Flink answered to EXPLAIN CHANGELOG_MODE of one query.
type recording struct {
	ID      string
	Query   string
	Options map[string]string
	Plan    []string // the optimized physical plan, an operator a line
	Error   string
}

// recordings are kept in testdata/flink_changelog.json: the tables all queries use, and
// the queries with Flink 2.2.1's answers.
type recordings struct {
	Setup []string
	Cases []recording
}

// TestChangelogModesAsFlink compares, for every operator that decides something, which
// row kinds flow out of it, and where rows are made unique in front of sinks.
func TestChangelogModesAsFlink(t *testing.T) {
	text, err := os.ReadFile("testdata/flink_changelog.json")
	if err != nil {
		t.Fatal(err)
	}
	var r recordings
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Cases {
		t.Run(c.ID, func(t *testing.T) {
			g, list := planned(t, strings.Join(r.Setup, ";\n")+";\n"+c.Query+";", c.Options, intoVoid)
			if why := deliberate[c.ID]; why != "" {
				t.Logf("differs from Flink: %s", why)
				return
			}
			if c.Error != "" {
				if g != nil {
					t.Errorf("planned, but Flink says %s\n%s", c.Error, compact(g))
				}
				return
			}
			if g == nil {
				t.Fatalf("refused: %v", list)
			}
			want, got := flinkModes(c.Plan), ourModes(g)
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("row kinds, Flink −, weir +:\n%s\n%s\n%s", d, strings.Join(c.Plan, "\n"), compact(g))
			}
		})
	}
}

// deliberate lists where weir does otherwise, and why.
var deliberate = map[string]string{
	"win-tvf-cdc-up": "a TUMBLE function keeps the upsert key of its input, so nothing need be materialized",
	"interval-cdc":   "weir falls back to a regular join, and warns of its state",
	"multi":          "the aggregate is computed once for both sinks; one gets its −U dropped",
	"split-distinct": "distinct aggregates are not split by hash",
	"match":          "not executable yet",

	"over-rows-bounded-nontime": "weir computes ROWS before a row in any order, giving updates",
}

// intoVoid writes the result of a bare query, which Flink's EXPLAIN leaves to nobody,
// into a sink that takes updates without −U and without a key.
func intoVoid(sinks []*logical.Sink, o *planner.Options) {
	for _, s := range sinks {
		if s.Table == nil {
			s.Table = &catalog.Table{Path: catalog.Path{Catalog: catalog.DefaultCatalog, Database: catalog.DefaultDatabase, Name: "void"}}
			s.Caps.Accepts = topology.Upsert
		}
	}
}

var flinkLine = regexp.MustCompile(`^[\s:+|-]*(\w+)\((.*)changelogMode=\[([^\]]*)\]\)$`)

// flinkKinds are Flink's operators that decide about changes, as weir calls them.
var flinkKinds = map[string]string{"GroupAggregate": "agg", "GlobalGroupAggregate": "agg", "WindowAggregate": "window", "GlobalWindowAggregate": "window",
	"GroupWindowAggregate": "window", "Join": "join", "IntervalJoin": "interval-join", "TemporalJoin": "temporal-join", "WindowJoin": "window-join",
	"Rank": "top", "SortLimit": "top", "Limit": "limit", "WindowRank": "window-top", "WindowDeduplicate": "window-top", "TemporalSort": "sort",
	"OverAggregate": "over", "ChangelogNormalize": "normalize", "DropUpdateBefore": "drop", "Union": "union", "TableSourceScan": "source"}

func flinkModes(plan []string) []string {
	var out []string
	for _, line := range plan {
		m := flinkLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		if k, ok := flinkKinds[m[1]]; ok {
			out = append(out, k+" "+m[3])
		}
		if m[1] == "Sink" && strings.Contains(m[2], "upsertMaterialize=[true]") {
			out = append(out, "materialize")
		}
	}
	sort.Strings(out)
	return slices.Compact(out) // shared subtrees are planned once here
}

var ourKinds = map[topology.Kind]string{topology.KindGroupAgg: "agg", topology.KindGlobalAgg: "agg", topology.KindWindowAgg: "window", topology.KindGlobalWindow: "window",
	topology.KindJoin: "join", topology.KindIntervalJoin: "interval-join", topology.KindTemporalJoin: "temporal-join", topology.KindWindowJoin: "window-join",
	topology.KindTopN: "top", topology.KindDedup: "top", topology.KindLimit: "limit", topology.KindRank: "window-top", topology.KindSort: "sort",
	topology.KindOver: "over", topology.KindNormalize: "normalize", "drop-update-before": "drop", topology.KindUnion: "union", topology.KindSource: "source"}

func ourModes(g *topology.Graph) []string {
	var out []string
	for _, n := range g.Nodes {
		if k, ok := ourKinds[n.Kind]; ok {
			out = append(out, k+" "+n.Changelog.Flink())
		}
		if n.Kind == topology.KindMaterializer {
			out = append(out, "materialize")
		}
	}
	sort.Strings(out)
	return slices.Compact(out) // shared subtrees are planned once here
}
