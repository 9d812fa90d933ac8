package filesystem_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weir-sql/weir/connectors"
	"github.com/weir-sql/weir/connectors/conformance"
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// values reads a table and joins the values of its single column.
func values(t *testing.T, reg *connectors.Registry, scan physical.Scan) string {
	t.Helper()
	src, err := reg.Source(t.Context(), &physical.Source{Scan: scan, Bounded: true})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var ts []types.Type
	for _, c := range scan.Read {
		ts = append(ts, c.Type)
	}
	rows, err := conformance.ReadAll(t.Context(), src, ts)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range conformance.Sorted(rows) {
		out = append(out, r[1].(string))
	}
	return strings.Join(out, " ")
}

func line(v string) string { return `{"v":"` + v + `"}` + "\n" }

func TestPaths(t *testing.T) {
	reg, dir := project(t, map[string]string{
		"d/a.json": line("a"), "d/b.json": line("b"), "d/sub/c.json": line("c"), "d/sub/deep/e.json": line("e"), "d/x.txt": line("x"),
		"d/_SUCCESS": "nothing", "d/.part-0.tmp": line("hidden"), "d/_tmp/h.json": line("hidden"), "d/empty.json": "",
		"d[1]/lit.json": line("literal"),
	})
	for _, c := range []struct{ path, want string }{
		{"d/a.json", "a"},
		{"d", "a b c e x"},
		{"d/", "a b c e x"},
		{"./d/../d/sub", "c e"},
		{"d/*.json", "a b"},
		{"d/[ab].json", "a b"},
		{"d/?.json", "a b"},
		{"d/*", "a b c e x"},
		{"d/**/*.json", "a b c e"},
		{"**/e.json", "e"},
		{"d/su*", "c e"},
		{"d[1]", "literal"},
		{"file://" + filepath.ToSlash(dir) + "/d/a.json", "a"},
		{"file:" + filepath.ToSlash(dir) + "/d/b.json", "b"},
		{filepath.ToSlash(dir) + "/d/sub/*.json", "c"},
	} {
		table := conformance.Table("v STRING", nil, options("path", c.path, "format", "json"), nil)
		if got := values(t, reg, conformance.Scan(table, nil)); got != c.want {
			t.Errorf("path %q gave %q, want %q", c.path, got, c.want)
		}
	}
	table := conformance.Table("v STRING", nil, options("path", "d", "format", "json", "source.path.regex-pattern", `.*/sub/.*`), nil)
	if got := values(t, reg, conformance.Scan(table, nil)); got != "c e" {
		t.Errorf("source.path.regex-pattern gave %q", got)
	}
}

func TestPartitions(t *testing.T) {
	reg, _ := project(t, map[string]string{
		"t/dt=2026-11-20/h=7/a.json":                     line("a"),
		"t/dt=2026-11-20/h=8/b.json":                     line("b"),
		"t/dt=2026-11-21/h=7/c.json":                     line("c"),
		"t/dt=2026-11-22/h=__DEFAULT_PARTITION__/d.json": line("d"),
	})
	table := conformance.Table("v STRING, dt STRING, h INT", []string{"dt", "h"}, options("path", "t", "format", "json"), nil)
	rows := readTable(t, reg, table, "v STRING, dt STRING, h INT")
	conformance.Same(t, rows, [][]any{{"+I", "a", "2026-11-20", 7.0}, {"+I", "b", "2026-11-20", 8.0}, {"+I", "c", "2026-11-21", 7.0}, {"+I", "d", "2026-11-22", nil}})

	scan := conformance.Scan(table, nil)
	scan.Read = scan.Read[:1]
	scan.Partitions = []map[string]string{{"dt": "2026-11-20", "h": "8"}, {"dt": "2026-11-21", "h": "7"}}
	if got := values(t, reg, scan); got != "b c" {
		t.Errorf("partitions given: %q", got)
	}
	h := &rex.Ref{Index: 2, T: types.Int32}
	call := func(fn string, args ...rex.Expr) rex.Expr { return &rex.Call{Fn: fn, Args: args, T: types.Bool} }
	seven := &rex.Lit{Value: int64(7), T: types.Int32}
	for _, c := range []struct {
		filter rex.Expr
		want   string
	}{
		{call("=", h, seven), "a c"},
		{call(">", h, seven), "b"},
		{call("IS_NULL", h), "d"},
		{call("AND", call("=", &rex.Ref{Index: 1, T: types.String}, &rex.Lit{Value: "2026-11-20", T: types.String}), call("<=", h, seven)), "a"},
	} {
		scan := conformance.Scan(table, nil)
		scan.Filters = []rex.Expr{c.filter}
		src, err := reg.Source(t.Context(), &physical.Source{Scan: scan})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := conformance.ReadAll(t.Context(), src, conformance.Types("v STRING, dt STRING, h INT"))
		if err := errors.Join(err, src.Close()); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range conformance.Sorted(rows) {
			got = append(got, r[1].(string))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("filter %s read %v, want %q", c.filter, got, c.want)
		}
	}
}

func TestMetadata(t *testing.T) {
	reg, dir := project(t, map[string]string{"d/a.json": line("a") + line("b")})
	at := time.Date(2026, 11, 20, 20, 49, 18, 722e6, time.UTC)
	if err := os.Chtimes(filepath.Join(dir, "d/a.json"), at, at); err != nil {
		t.Fatal(err)
	}
	const schema = "v STRING, p STRING NOT NULL, n STRING NOT NULL, s BIGINT NOT NULL, m TIMESTAMP_LTZ(3) NOT NULL"
	table := conformance.Table(schema, nil, options("path", "d", "format", "json"),
		map[string]string{"p": "file.path", "n": "file.name", "s": "file.size", "m": "file.modification-time"})
	full := filepath.ToSlash(filepath.Join(dir, "d/a.json"))
	conformance.Same(t, readTable(t, reg, table, schema), [][]any{
		{"+I", "a", full, "a.json", 20.0, "2026-11-20 20:49:18.722Z"}, {"+I", "b", full, "a.json", 20.0, "2026-11-20 20:49:18.722Z"}})
}

func TestErrors(t *testing.T) {
	reg, dir := project(t, map[string]string{
		"data/orders.jsonl": line("a") + `{"v": ` + "\n",
		"data/short.json":   gz(t, "x"),
		"cut/a.json.gz":     gz(t, strings.Repeat(line("a"), 1000))[:60],
		"cut/a.json.zst":    "not zstd",
		"cut/a.parquet":     "PAR1" + strings.Repeat("x", 50),
		"part/a.json":       line("a"),
		"head/a.csv":        "b,a\n1,2\n",
	})
	outside := t.TempDir()
	write(t, filepath.Join(outside, "secret.json"), line("secret"))
	if err := os.Symlink(outside, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(outside, "secret.json"), filepath.Join(dir, "data/link.json")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, want, hint string
		keys, options    []string
	}{
		{"missing", `W0510 path "data/ordres.jsonl" does not exist`, `did you mean "data/orders.jsonl"?`, nil, []string{"path", "data/ordres.jsonl", "format", "json"}},
		{"missing directory", `W0510 path "nowhere/x.json" does not exist`, "", nil, []string{"path", "nowhere/x.json", "format", "json"}},
		{"pattern without match", `W0510 no file matches "data/*.csv"`, "", nil, []string{"path", "data/*.csv", "format", "json"}},
		{"malformed record", `data/orders.jsonl:2 W0501 malformed JSON`, "ignore-parse-errors", nil, []string{"path", "data/orders.jsonl", "format", "json"}},
		{"truncated gzip", `cut/a.json.gz W0512 the file ends too early`, "", nil, []string{"path", "cut/a.json.gz", "format", "json"}},
		{"no zstd", `cut/a.json.zst W0512 `, "", nil, []string{"path", "cut/a.json.zst", "format", "json"}},
		{"truncated parquet", `cut/a.parquet W0512 the Parquet file does not end with PAR1`, "", nil, []string{"path", "cut/a.parquet", "format", "parquet"}},
		{"no partition", `W0513 file "part/a.json" is in no partition`, "PARTITIONED BY (v)", []string{"v"}, []string{"path", "part", "format", "json"}},
		{"header in another order", `head/a.csv:1 W0501 the header names the columns b, a`, "order of the file", nil, []string{"path", "head", "format", "csv", "csv.header", "true"}},
		{"outside", `W0334 path "` + outside + `" lies outside the project`, "--allow-path", nil, []string{"path", outside, "format", "json"}},
		{"outside by dots", `W0334 path "../../../../../../etc/passwd" lies outside the project`, "", nil, []string{"path", "../../../../../../etc/passwd", "format", "json"}},
		{"outside by a link", `W0334 path "link/secret.json" leads outside`, "", nil, []string{"path", "link/secret.json", "format", "json"}},
		{"outside by a file link", `W0334 path "data/link.json" leads outside`, "", nil, []string{"path", "data/link.json", "format", "json"}},
		{"scheme", `W0334 path "s3://bucket/x" has scheme "s3"`, "", nil, []string{"path", "s3://bucket/x", "format", "json"}},
		{"format", `W0335 format "jsn" of table "t" is not known`, `did you mean "json"?`, nil, []string{"path", "data", "format", "jsn"}},
		{"option", `W0332 option 'json.ignore-parse-errors' is "yes", want true or false`, "", nil, []string{"path", "data", "format", "json", "json.ignore-parse-errors", "yes"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			schema := "v STRING"
			if strings.HasPrefix(c.name, "header") {
				schema = "a INT, b INT"
			}
			table := conformance.Table(schema, c.keys, options(c.options...), nil)
			src, err := reg.Source(t.Context(), &physical.Source{Scan: conformance.Scan(table, nil)})
			if err == nil {
				_, err = conformance.ReadAll(t.Context(), src, conformance.Types(schema))
			}
			var list diag.List
			if errors.As(err, &list) {
				err = list[0]
			}
			d := conformance.IsDiagnostic(t, err)
			got := string(d.Code) + " " + d.Primary
			if d.Line > 0 {
				got = d.File + ":" + string(rune('0'+d.Line)) + " " + got
			} else if d.File != "" {
				got = d.File + " " + got
			}
			if !strings.HasPrefix(got, c.want) || !strings.Contains(d.Hint, c.hint) {
				t.Errorf("%s (hint %q)\nwant %s (hint %q)", got, d.Hint, c.want, c.hint)
			}
		})
	}
}

func TestNoPermission(t *testing.T) {
	if os.Geteuid() == 0 {
		// The superuser may read everything: check the wording on an error made by hand.
		reg, _ := project(t, map[string]string{"f": "x"})
		table := conformance.Table("v STRING", nil, options("path", "f/below", "format", "json"), nil)
		src := open(t, reg, table, nil)
		_, err := src.Splits(t.Context())
		conformance.IsDiagnostic(t, err)
		return
	}
	reg, dir := project(t, map[string]string{"d/a.json": line("a")})
	if err := os.Chmod(filepath.Join(dir, "d"), 0); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(filepath.Join(dir, "d"), 0o755)
	table := conformance.Table("v STRING", nil, options("path", "d", "format", "json"), nil)
	src := open(t, reg, table, nil)
	_, err := src.Splits(t.Context())
	if d := conformance.IsDiagnostic(t, err); d.Code != "W0511" {
		t.Fatalf("got %v", d)
	}
}

func TestAllowedOutside(t *testing.T) {
	outside := t.TempDir()
	write(t, filepath.Join(outside, "x/a.json"), line("a"))
	dir := t.TempDir()
	reg := connectors.NewRegistry(&connectors.Env{Dir: dir, AllowPath: func(p string) bool { return strings.HasPrefix(p, outside) }}, connectors.All()...)
	for _, path := range []string{filepath.Join(outside, "x"), filepath.Join(outside, "x/a.json"), filepath.Join(outside, "*/a.json"), "file://" + outside} {
		table := conformance.Table("v STRING", nil, options("path", path, "format", "json"), nil)
		if got := values(t, reg, conformance.Scan(table, nil)); got != "a" {
			t.Errorf("path %q gave %q", path, got)
		}
	}
}

// TestWatch finds files that come while the table is read.
func TestWatch(t *testing.T) {
	reg, dir := project(t, map[string]string{"d/a.json": line("a")})
	table := conformance.Table("v STRING", nil, options("path", "d", "format", "json", "source.monitor-interval", "1 s"), nil)
	caps, errs := reg.Connector("filesystem").Describe(table, reg)
	if caps.Bounded || len(errs) > 0 {
		t.Fatalf("a watched table is bounded: %v, %v", caps.Bounded, errs)
	}
	src := open(t, reg, table, nil)
	defer src.Close()
	ids := func(splits []exec.Split, err error) (s []string) {
		if err != nil {
			t.Fatal(err)
		}
		for _, sp := range splits {
			s = append(s, sp.ID)
		}
		return s
	}
	if got := ids(src.Splits(t.Context())); strings.Join(got, " ") != "d/a.json" {
		t.Fatalf("splits are %v", got)
	}
	write(t, filepath.Join(dir, "d/b.json"), line("b"))
	if got := ids(src.(exec.Discoverer).Discover(t.Context())); strings.Join(got, " ") != "d/a.json d/b.json" {
		t.Fatalf("discovered %v", got)
	}
	bounded := open(t, reg, conformance.Table("v STRING", nil, options("path", "d", "format", "json"), nil), nil)
	if _, ok := bounded.(exec.Discoverer); ok {
		t.Fatal("a bounded table looks for new files")
	}
}

func TestDescribe(t *testing.T) {
	reg, _ := project(t, nil)
	describe := func(table *catalog.Table) (catalog.Capabilities, diag.List) {
		return reg.Connector("filesystem").Describe(table, reg)
	}
	caps, errs := describe(conformance.Table("v STRING, m MAP<STRING, STRING>", nil, options("path", "d", "format", "debezium-json", "sink.parallelism", "3"), nil))
	if len(errs) > 0 || !caps.Bounded || caps.Produces.Flink() != "I,UB,UA,D" || caps.SinkParallelism != 3 || !caps.PushProjection || !caps.Lookup {
		t.Errorf("%+v %v", caps, errs)
	}
	if _, errs := describe(conformance.Table("v STRING, m MAP<STRING, STRING>", []string{"m"}, options("path", "d", "format", "json"), nil)); !errs.HasErrors() {
		t.Error("a MAP can be a partition column")
	}
	if _, errs := describe(conformance.Table("v STRING, m MAP<STRING, STRING>", nil, options("path", "d", "format", "csv"), nil)); !errs.HasErrors() {
		t.Error("csv can hold a MAP")
	}
	if _, errs := describe(conformance.Table("m MAP<INT, STRING>", nil, options("path", "d", "format", "json"), nil)); !errs.HasErrors() {
		t.Error("json can hold a MAP with keys that are no text")
	}
	if _, errs := describe(conformance.Table("v STRING", nil, options("path", "d", "format", "json", "source.monitor-interval", "soon"), nil)); !errs.HasErrors() {
		t.Error("'soon' is an interval")
	}
}
