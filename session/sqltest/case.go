// Package sqltest runs SQL from end to end in tests: cases with inline rows as
// streams and as batches, in several tasks, and restored from a snapshot taken in
// the middle; and it judges results against those of another system.
//
// A Case is what a test asks, an Answer what came out, in the encoding of
// package session/result. Script is the language of the files in fixtures/sql.
package sqltest

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/runtime"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/session/result"
)

// Case is one query with all it needs.
type Case struct {
	ID    string   `json:"id"`
	Mode  string   `json:"mode"` // streaming or batch
	Setup []string `json:"setup,omitempty"`
	Query string   `json:"query"`
	// Files are the inputs: the statements name them as file://$DIR/NAME.
	Files   map[string]string `json:"files,omitempty"`
	Options map[string]string `json:"options,omitempty"`
	// Strict asks for the same changelog, not only for the same final rows.
	Strict bool `json:"strict,omitempty"`
}

// Answer is the outcome of a case.
type Answer struct {
	ID      string   `json:"id"`
	Columns []Column `json:"columns"`
	Rows    [][]any  `json:"rows"` // kind, then values; numbers as json.Number
	// Final are the rows that the changelog leaves, and UpsertKey the columns that tell
	// which row a +U replaces in a changelog without -U; only of weir's own answers.
	Final      [][]any `json:"final,omitempty"`
	UpsertKey  []int   `json:"upsert_key,omitempty"`
	Error      string  `json:"error,omitempty"`
	ErrorPhase string  `json:"error_phase,omitempty"` // setup, plan, run or timeout
}

// Column is one result column.
type Column struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// In puts a folder in the place of $DIR.
func (c Case) In(dir string) Case {
	at := strings.NewReplacer("$DIR", dir)
	out := c
	out.Setup = nil
	for _, s := range c.Setup {
		out.Setup = append(out.Setup, at.Replace(s))
	}
	out.Query = at.Replace(c.Query)
	return out
}

// WriteFiles writes the inputs of a case into a folder.
func (c Case) WriteFiles(dir string) error {
	for name, text := range c.Files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// script is the case as one text.
func (c Case) script() string {
	var b strings.Builder
	for _, s := range append(append([]string(nil), c.Setup...), c.Query) {
		b.WriteString(strings.TrimRight(strings.TrimSpace(s), ";"))
		b.WriteString(";\n")
	}
	return b.String()
}

// mode is the session's word for the case's mode.
func (c Case) mode() session.Mode {
	if c.Mode == "batch" {
		return session.Batch
	}
	return session.Stream
}

// Limit is how long a case may run.
const Limit = 20 * time.Second

// Prepared is a case that is planned, and can be run several times.
type Prepared struct {
	Session *session.Session
	Plan    *session.Plan
	Source  diag.Source
}

// Prepare opens a session in a folder that holds the case's files and plans the case.
// Watermarks follow every row, so that results do not depend on the clock.
func Prepare(c Case, dir string, parallelism int) (*Prepared, diag.List) {
	config := map[string]string{"pipeline.auto-watermark-interval": "0 ms", "table.local-time-zone": "UTC"}
	maps.Copy(config, c.Options)
	s, err := session.Open(session.Options{Dir: dir, Config: config})
	if err != nil {
		return nil, diag.List{diag.Errorf("W0600", diag.Span{}, "%v", err)}
	}
	if err := s.Tune(max(1, parallelism), ""); err != nil {
		return nil, diag.List{diag.Errorf("W0600", diag.Span{}, "%v", err)}
	}
	p := &Prepared{Session: s, Source: diag.Source{Name: "case.sql", Text: c.In(dir).script()}}
	plan, list := s.Plan(p.Source, c.mode())
	if plan == nil {
		_ = s.Close() // nothing was started
		return nil, list
	}
	p.Plan = plan
	return p, list
}

// Close closes the session.
func (p *Prepared) Close() error { return p.Session.Close() }

// Rows collects the changelog of one output. It is a result.Writer.
type Rows struct {
	Output  session.Output
	Batches []*vec.Batch
	Count   int

	mu   sync.Mutex
	from []int       // Batches[i] was written by the sink's subtask from[i]; empty if nobody asked
	cuts map[int]int // subtask → batches it had written at its first barrier
}

// Write keeps a batch.
func (r *Rows) Write(b *vec.Batch) error {
	r.Batches = append(r.Batches, b)
	r.Count += b.Len
	return nil
}

// Flush does nothing.
func (r *Rows) Flush() error { return nil }

// Close does nothing.
func (r *Rows) Close() error { return nil }

// written notes which subtask wrote a batch.
func (r *Rows) written(subtask int, write func() error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := write(); err != nil {
		return err
	}
	if len(r.from) < len(r.Batches) { // the writer may drop an empty batch
		r.from = append(r.from, subtask)
	}
	return nil
}

// barrier notes that the first barrier has come to a subtask.
func (r *Rows) barrier(subtask int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.cuts[subtask]; ok {
		return
	}
	if r.cuts == nil {
		r.cuts = map[int]int{}
	}
	n := 0
	for _, s := range r.from {
		if s == subtask {
			n++
		}
	}
	r.cuts[subtask] = n
}

// Cut drops what each subtask wrote after its barrier.
func (r *Rows) Cut() {
	var kept []*vec.Batch
	r.Count = 0
	seen := map[int]int{}
	for i, b := range r.Batches {
		s := r.from[i]
		if seen[s]++; seen[s] <= r.cuts[s] {
			kept = append(kept, b)
			r.Count += b.Len
		}
	}
	r.Batches = kept
}

// Each calls fn for every row.
func (r *Rows) Each(fn func(b *vec.Batch, i int)) {
	for _, b := range r.Batches {
		for i := range b.Len {
			fn(b, i)
		}
	}
}

// Fold materialises the changelogs of one output, which follow each other.
func Fold(parts ...*Rows) (*result.Fold, error) {
	f := result.NewFold(parts[0].Output.Schema, parts[0].Output.UpsertKey, nil)
	for _, r := range parts {
		for _, b := range r.Batches {
			if err := f.Write(b); err != nil {
				return nil, err
			}
		}
	}
	return f, nil
}

// Start runs a prepared case; rows of the SELECTs come into the collectors it gives.
func (p *Prepared) Start(ctx context.Context, g *gate, from *runtime.Snapshot) (*session.Run, map[string]*Rows, error) {
	all := map[string]*Rows{}
	opts := session.RunOptions{Limit: -1, Restore: from, Result: func(o session.Output) (result.Writer, error) {
		all[o.Name] = &Rows{Output: o}
		return all[o.Name], nil
	}}
	if g != nil {
		opts.Connectors = func(c exec.Connectors) exec.Connectors { return &gated{Connectors: c, gate: g, rows: all} }
	}
	run, err := p.Session.Run(ctx, p.Plan, opts)
	return run, all, err
}

// Request is the case as a request to `weir run --serve`.
func (c Case) Request() *session.Request {
	r := &session.Request{Mode: c.Mode, Setup: c.Setup, Query: c.Query, LimitMS: Limit.Milliseconds(), Options: map[string]json.RawMessage{}}
	for k, v := range c.Options {
		r.Options[k] = vec.AppendJSONString(nil, []byte(v))
	}
	return r
}

// Answer answers a case in a folder that holds its files, as `weir run --serve` does.
func (c Case) Answer(dir string) Answer {
	s, err := session.Open(session.Options{Dir: dir, Config: map[string]string{}})
	if err != nil {
		return Answer{ID: c.ID, Error: err.Error(), ErrorPhase: "request"}
	}
	defer s.Close()
	a, err := Decode(s.Serve(context.Background(), c.In(dir).Request()).AppendJSON(nil))
	if err != nil {
		return Answer{ID: c.ID, Error: err.Error(), ErrorPhase: "request"}
	}
	a.ID = c.ID
	return a
}
