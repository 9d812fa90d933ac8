// Package print is the print connector: a sink that writes every row as a line such
// as "+I[1, abc]" to standard output or standard error.
package print

import (
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/weir-sql/weir/connectors/connector"
	"github.com/weir-sql/weir/connectors/option"
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/topology"
)

var options = []catalog.Option{
	{Name: "print-identifier", Type: catalog.StringOption, Example: "orders", Doc: "Text before every row, followed by > and a space."},
	{Name: "standard-error", Type: catalog.BoolOption, Default: "false", Doc: "Whether rows go to standard error instead of standard output."},
	{Name: "sink.parallelism", Type: catalog.IntOption, Doc: "Writers of the table; by default that of what feeds it."},
}

// Connector is the print connector.
func Connector() connector.Connector {
	return connector.Connector{
		Connector: catalog.Connector{
			Name:    "print",
			Summary: "writes every row to standard output",
			Doc: "Each row is a line with its kind: `+I[1, abc]`, `-U`, `+U`, `-D`. With an identifier `name> ` comes first, " +
				"with several writers the number of the writer: `name:2> +I[1, abc]` or `2> +I[1, abc]`. Rows of one writer stay in order.",
			Example:  "CREATE TABLE out (id BIGINT, name STRING) WITH (\n  'connector' = 'print',\n  'print-identifier' = 'out'\n)",
			Options:  options,
			Sink:     true,
			Describe: describe,
		},
		NewSink: newSink,
	}
}

func describe(t *catalog.Table, _ catalog.Formats) (catalog.Capabilities, diag.List) {
	r := option.Read(options, t.Options)
	caps := catalog.Capabilities{Accepts: topology.Retract, Overwrite: true, Partitioned: true, SinkParallelism: int(r.Int("sink.parallelism"))}
	errs := r.Problems()
	return caps, errs
}

// sink shares one output between its writers, line by line.
type sink struct {
	mu   sync.Mutex
	to   io.Writer
	name string
	env  *connector.Env
}

func newSink(_ context.Context, env *connector.Env, spec *physical.Sink) (exec.Sink, error) {
	r := option.Read(options, spec.Options)
	s := &sink{to: env.Stdout, name: r.String("print-identifier"), env: env}
	if r.Bool("standard-error") {
		s.to = env.Stderr
	}
	if s.to == nil {
		s.to = io.Discard
	}
	return s, r.Err()
}

func (s *sink) Writer(_ context.Context, subtask, parallelism int) (exec.Writer, error) {
	return &writer{sink: s, prefix: prefix(s.name, subtask, parallelism)}, nil
}

func (s *sink) Commit(context.Context, [][]byte) error { return nil }
func (s *sink) Abort(context.Context) error            { return nil }
func (s *sink) Close() error                           { return nil }

// prefix is what Flink puts before a row.
func prefix(name string, subtask, parallelism int) string {
	switch {
	case name != "" && parallelism > 1:
		return fmt.Sprintf("%s:%d> ", name, subtask+1)
	case name != "":
		return name + "> "
	case parallelism > 1:
		return fmt.Sprintf("%d> ", subtask+1)
	default:
		return ""
	}
}

type writer struct {
	*sink
	prefix string
	buf    []byte
}

// Write prints a batch at once.
func (w *writer) Write(_ context.Context, b *vec.Batch) error {
	w.buf = w.buf[:0]
	for i := range b.Len {
		w.buf = append(append(w.buf, w.prefix...), b.Kind(i).String()...)
		w.buf = append(w.buf, '[')
		for c, col := range b.Cols {
			if c > 0 {
				w.buf = append(w.buf, ", "...)
			}
			w.buf = appendValue(w.buf, col, i)
		}
		w.buf = append(w.buf, ']', '\n')
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := w.to.Write(w.buf)
	return err
}

func (w *writer) Prepare(context.Context) ([]byte, error) { return nil, nil }
func (w *writer) Close() error                            { return nil }
