package print_test

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/weir-sql/weir/connectors"
	"github.com/weir-sql/weir/connectors/conformance"
	"github.com/weir-sql/weir/connectors/format/formattest"
)

// write writes rows with each of a number of writers and gives what was printed.
func write(t *testing.T, schema string, rows [][]any, writers int, kv ...string) (stdout, stderr string) {
	t.Helper()
	opts := map[string]string{"connector": "print"}
	for i := 0; i < len(kv); i += 2 {
		opts[kv[i]] = kv[i+1]
	}
	var out, errs bytes.Buffer
	reg := connectors.NewRegistry(&connectors.Env{Stdout: &out, Stderr: &errs}, connectors.All()...)
	spec := conformance.Sink(conformance.Table(schema, nil, opts, nil))
	sink, err := reg.Sink(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	for i := range writers {
		w, err := sink.Writer(t.Context(), i, writers)
		if err != nil {
			t.Fatal(err)
		}
		err = w.Write(t.Context(), formattest.Batch(spec.Fields, rows))
		c, prepareErr := w.Prepare(t.Context())
		if err := errors.Join(err, prepareErr, w.Close(), w.Close()); err != nil || c != nil {
			t.Fatal(c, err)
		}
	}
	if err := errors.Join(sink.Commit(t.Context(), nil), sink.Abort(t.Context()), sink.Close(), sink.Close()); err != nil {
		t.Fatal(err)
	}
	return out.String(), errs.String()
}

func TestKindsAndPrefixes(t *testing.T) {
	rows := [][]any{{"+I", 1.0, "a"}, {"-U", 1.0, "a"}, {"+U", 1.0, nil}, {"-D", 1.0, ""}}
	const lines = "+I[1, a]\n-U[1, a]\n+U[1, null]\n-D[1, ]\n"
	for _, c := range []struct {
		writers  int
		name     string
		prefixes []string
	}{{1, "", []string{""}}, {2, "", []string{"1> ", "2> "}}, {1, "x", []string{"x> "}}, {2, "x", []string{"x:1> ", "x:2> "}}} {
		want := ""
		for _, p := range c.prefixes {
			want += p + strings.ReplaceAll(strings.TrimSuffix(lines, "\n"), "\n", "\n"+p) + "\n"
		}
		if got, _ := write(t, "id INT, name STRING", rows, c.writers, "print-identifier", c.name); got != want {
			t.Errorf("%d writers named %q printed\n%swant\n%s", c.writers, c.name, got, want)
		}
	}
	if out, errs := write(t, "id INT, name STRING", rows, 1, "standard-error", "true"); out != "" || errs != lines {
		t.Errorf("printed %q and %q", out, errs)
	}
}

// TestValues has what Java prints for each type.
func TestValues(t *testing.T) {
	for _, c := range []struct {
		typ   string
		value any
		want  string
	}{
		{"BOOLEAN", true, "true"},
		{"TINYINT", -5.0, "-5"},
		{"BIGINT", 12.0, "12"},
		{"FLOAT", 1.5, "1.5"},
		{"DOUBLE", 1e10, "1.0E10"},
		{"DECIMAL(10, 2)", "12.30", "12.30"},
		{"DECIMAL(38, 2)", "12.30", "12.30"},
		{"BYTES", "0x01ff", "[1, -1]"},
		{"DATE", "2026-11-20", "2026-11-20"},
		{"TIME", "12:34:56", "12:34:56"},
		{"TIME", "12:34:00", "12:34"},
		{"TIMESTAMP(3)", "2026-11-20 20:49:18.722", "2026-11-20T20:49:18.722"},
		{"TIMESTAMP(3)", "2026-11-20 20:49:18.700", "2026-11-20T20:49:18.700"},
		{"TIMESTAMP(6)", "2026-11-20 20:49:18.000010", "2026-11-20T20:49:18.000010"},
		{"TIMESTAMP(3)", "2026-11-20 20:49:00.000", "2026-11-20T20:49"},
		{"TIMESTAMP(3)", "1969-12-31 23:59:59.999", "1969-12-31T23:59:59.999"},
		{"TIMESTAMP_LTZ(3)", "2026-11-20 20:49:00.000Z", "2026-11-20T20:49:00Z"},
		{"TIMESTAMP_LTZ(3)", "2026-11-20 20:49:18.722Z", "2026-11-20T20:49:18.722Z"},
		{"ARRAY<INT>", []any{1.0, nil}, "[1, null]"},
		{"MAP<STRING, INT>", []any{[]any{"a", 1.0}, []any{"b", nil}}, "{a=1, b=null}"},
		{"ROW<x INT, y STRING>", []any{1.0, "q"}, "+I[1, q]"},
	} {
		if got, _ := write(t, "v "+c.typ, [][]any{{"+I", c.value}}, 1); got != "+I["+c.want+"]\n" {
			t.Errorf("%s %v is printed as %swant %s", c.typ, c.value, got, c.want)
		}
	}
}

// TestWriters lets many writers print at once: lines stay whole.
func TestWriters(t *testing.T) {
	var out bytes.Buffer
	reg := connectors.NewRegistry(&connectors.Env{Stdout: &out}, connectors.All()...)
	spec := conformance.Sink(conformance.Table("id INT", nil, map[string]string{"connector": "print"}, nil))
	sink, err := reg.Sink(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			w, err := sink.Writer(t.Context(), i, 4)
			if err != nil {
				t.Error(err)
				return
			}
			for range 50 {
				if err := w.Write(t.Context(), formattest.Batch(spec.Fields, [][]any{{"+I", float64(i)}, {"+I", float64(i)}})); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 400 {
		t.Fatalf("%d lines", len(lines))
	}
	for _, l := range lines {
		if len(l) != len("1> +I[0]") || l[0]-'1' != l[6]-'0' {
			t.Fatalf("line %q", l)
		}
	}
}
