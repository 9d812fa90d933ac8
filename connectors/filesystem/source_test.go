package filesystem_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weir-sql/weir/connectors"
	"github.com/weir-sql/weir/connectors/conformance"
	"github.com/weir-sql/weir/connectors/filesystem"
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/physical"
)

// project is a directory with files and a registry that runs in it.
func project(t testing.TB, files map[string]string) (*connectors.Registry, string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		write(t, filepath.Join(dir, name), text)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return connectors.NewRegistry(&connectors.Env{Dir: dir, Root: root}, connectors.All()...), dir
}

func write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, reg *connectors.Registry, table *catalog.Table, columns []string) exec.Source {
	t.Helper()
	src, err := reg.Source(t.Context(), &physical.Source{Scan: conformance.Scan(table, columns), Bounded: true})
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func options(kv ...string) map[string]string {
	o := map[string]string{"connector": "filesystem"}
	for i := 0; i < len(kv); i += 2 {
		o[kv[i]] = kv[i+1]
	}
	return o
}

func gz(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	fmt.Fprint(w, text)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const schema = "id BIGINT, name STRING, price DECIMAL(10, 2), ts TIMESTAMP(3)"

// content makes n rows as text and as values.
func content(n int, line func(i int) string) (text string, rows [][]any) {
	var b strings.Builder
	for i := range n {
		b.WriteString(line(i))
		rows = append(rows, []any{"+I", float64(i), fmt.Sprintf("name-%d", i), fmt.Sprintf("%d.50", i), fmt.Sprintf("2026-11-20 00:%02d:00.000", i%60)})
	}
	return b.String(), rows
}

func jsonLine(i int) string {
	return fmt.Sprintf(`{"id":%d,"name":"name-%d","price":%d.5,"ts":"2026-11-20 00:%02d:00"}`+"\n", i, i, i, i%60)
}

func csvLine(i int) string {
	return fmt.Sprintf("%d,\"name-%d\",%d.5,2026-11-20 00:%02d:00\n", i, i, i, i%60)
}

func TestConformance(t *testing.T) {
	const rows = 10_000
	for _, c := range []struct {
		name, format string
		line         func(int) string
		suffix       string
	}{
		{"json", "json", jsonLine, ".jsonl"},
		{"csv", "csv", csvLine, ".csv"},
		{"json.gz", "json", jsonLine, ".jsonl.gz"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, want := content(rows, c.line)
			broken := strings.Replace(text, "5", "five", 1)
			if strings.HasSuffix(c.suffix, ".gz") {
				text, broken = gz(t, text), gz(t, broken)
			}
			reg, _ := project(t, map[string]string{"data/a" + c.suffix: text, "broken/a" + c.suffix: broken})
			table := conformance.Table(schema, nil, options("path", "data", "format", c.format), nil)
			bad := conformance.Table(schema, nil, options("path", "broken", "format", c.format), nil)
			conformance.SourceTest{
				Open:   func(t *testing.T, columns []string) exec.Source { return open(t, reg, table, columns) },
				Schema: schema, Rows: want, Some: []string{"ts", "id"},
				Broken: func(t *testing.T) exec.Source { return open(t, reg, bad, nil) },
			}.Run(t)
		})
	}
}

// TestParquetConformance reads files that the sink wrote, in several row groups.
func TestParquetConformance(t *testing.T) {
	_, want := content(10_000, jsonLine)
	reg, _ := project(t, nil)
	table := conformance.Table(schema, nil, options("path", "data", "format", "parquet", "parquet.block.size", "20 kb"), nil)
	spec := conformance.Sink(table)
	insert(t, reg, spec, want)
	wrong := conformance.Table(strings.Replace(schema, "name STRING", "name BIGINT", 1), nil, table.Options, nil)
	conformance.SourceTest{
		Open:   func(t *testing.T, columns []string) exec.Source { return open(t, reg, table, columns) },
		Schema: schema, Rows: want, Some: []string{"ts", "id"},
		Broken: func(t *testing.T) exec.Source { return open(t, reg, wrong, nil) },
	}.Run(t)
}

// TestRanges reads a file in ranges of every length, so that they begin and end at
// every place around record ends.
func TestRanges(t *testing.T) {
	text, want := content(12, jsonLine)
	text = "\n" + strings.TrimSuffix(text, "\n") // an empty line first, no line end last
	reg, _ := project(t, map[string]string{"a.jsonl": text})
	table := conformance.Table(schema, nil, options("path", "a.jsonl", "format", "json"), nil)
	for size := 1; size <= len(text); size++ {
		restore := filesystem.SetSplitSize(int64(size))
		src := open(t, reg, table, nil)
		rows, err := conformance.ReadAll(t.Context(), src, conformance.Types(schema))
		restore()
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) != len(want) {
			t.Fatalf("in ranges of %d bytes %d rows were read, want %d", size, len(rows), len(want))
		}
		conformance.Same(t, rows, want)
		if err := src.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLineOfError places an error by its line, wherever the range that meets it begins.
func TestLineOfError(t *testing.T) {
	text, _ := content(50, jsonLine)
	lines := strings.SplitAfter(text, "\n")
	lines[41] = `{"id": oops}` + "\n"
	reg, _ := project(t, map[string]string{"logs/a.jsonl": strings.Join(lines, "")})
	table := conformance.Table(schema, nil, options("path", "logs", "format", "json"), nil)
	for _, size := range []int64{40, 500, 1 << 20} {
		restore := filesystem.SetSplitSize(size)
		src := open(t, reg, table, nil)
		rows, err := conformance.ReadAll(t.Context(), src, conformance.Types(schema))
		restore()
		d := conformance.IsDiagnostic(t, err)
		if d.File != "logs/a.jsonl" || d.Line != 42 {
			t.Fatalf("ranges of %d: the error is at %s:%d: %v", size, d.File, d.Line, d)
		}
		if len(rows) != 41 {
			t.Fatalf("ranges of %d: %d rows came before the error, want 41", size, len(rows))
		}
	}
}
