package session

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
)

// Request is a line of `weir run --serve`: one query with all it needs.
type Request struct {
	ID      json.RawMessage              `json:"id"`
	Mode    string                       `json:"mode"`  // streaming (default), batch, or parse
	Setup   []string                     `json:"setup"` // statements before the query
	Query   string                       `json:"query"`
	Tables  map[string][]json.RawMessage `json:"tables"` // rows that stand for what connectors would read
	Options map[string]json.RawMessage   `json:"options"`
	LimitMS int64                        `json:"limit_ms"` // 0 = 20,000
	MaxRows *int64                       `json:"max_rows"` // nil = 100,000
}

// The limits of a request that sets none.
const (
	DefaultLimit   = 20 * time.Second
	DefaultMaxRows = 100_000
)

// ParseRequest reads a line. What it cannot read is a bad request, with the id if it has one.
func ParseRequest(line []byte) (*Request, error) {
	r := &Request{}
	dec := json.NewDecoder(bytes.NewReader(line))
	err := dec.Decode(r)
	if err == nil && dec.InputOffset() < int64(len(bytes.TrimRight(line, " \t\r\n"))) {
		err = errors.New("more than one value")
	}
	if err != nil {
		var head struct {
			ID json.RawMessage `json:"id"`
		}
		_ = json.Unmarshal(line, &head) // the first error is the one to report
		return &Request{ID: head.ID}, err
	}
	return r, nil
}

// Limit is how long the request may take.
func (r *Request) Limit() time.Duration {
	if r.LimitMS <= 0 {
		return DefaultLimit
	}
	return time.Duration(min(r.LimitMS, int64(time.Hour/time.Millisecond))) * time.Millisecond
}

// BadRequest answers a line that is no request.
func BadRequest(id json.RawMessage, err error) *Answer {
	a := &Answer{}
	a.fail(StatusRejected, Parsing, "request", fmt.Errorf("bad request: %w", err))
	return a.to(id)
}

// Lost answers a request whose worker ended or did not answer.
func Lost(id json.RawMessage, timeout bool, err error) *Answer {
	a := &Answer{}
	a.fail(StatusError, Running, "run", err)
	if timeout {
		a.ErrorPhase, a.Class = "timeout", "timeout"
	}
	return a.to(id)
}

func (a *Answer) to(id json.RawMessage) *Answer {
	if a.ID = id; id == nil {
		a.ID = json.RawMessage("null")
	}
	return a
}

// Serve answers a request in a fresh catalog. Tables that it writes are not opened.
func (s *Session) Serve(ctx context.Context, r *Request) *Answer {
	began := time.Now()
	a := s.serve(ctx, r)
	a.Took = time.Since(began)
	return a.to(r.ID)
}

func (s *Session) serve(ctx context.Context, r *Request) *Answer {
	mode := Stream
	switch strings.ToLower(r.Mode) {
	case "", "streaming", "stream":
	case "batch":
		mode = Batch
	case "parse":
		return r.parse()
	default:
		return BadRequest(r.ID, fmt.Errorf("mode is streaming, batch or parse, not %q", r.Mode))
	}
	ctx, cancel := context.WithTimeout(ctx, r.Limit())
	defer cancel()
	c := *s
	c.opts.Config = map[string]string{"parallelism.default": "1", "pipeline.auto-watermark-interval": "0 ms", "table.local-time-zone": "UTC"}
	maps.Copy(c.opts.Config, s.opts.Config)
	for key, raw := range r.Options {
		value := string(raw)
		if raw[0] == '"' {
			_ = json.Unmarshal(raw, &value) // it was valid before
		}
		c.opts.Config[key] = value
	}
	c.opts.Given = map[string]*Given{}
	for name, rows := range r.Tables {
		g, err := newGiven("tables."+name, rows, nil)
		if err != nil {
			a := &Answer{}
			a.fail(StatusRejected, Binding, "setup", err)
			return a
		}
		c.opts.Given[name] = g
	}
	text, query, err := c.prepare(ctx, r, mode)
	if err != nil {
		return err
	}
	o := AnswerOptions{Capture: true, Limit: DefaultMaxRows, setup: query}
	if r.MaxRows != nil {
		o.Limit = max(0, *r.MaxRows)
	}
	a := c.Answer(ctx, diag.Source{Name: "query", Text: text}, mode, o)
	if a.Status == StatusOK && a.Columns == nil && !sets(r.Query) {
		a.acknowledge()
	}
	return a
}

// acknowledge answers a statement that gives no rows as Flink does.
func (a *Answer) acknowledge() {
	row := vec.NewBatchBuilder([]types.Type{types.String}, 1)
	row.Cols[0].String("OK")
	row.EndRow(vec.Insert)
	a.Columns, a.Rows = []types.Field{{Name: "result", Type: types.String}}, row.Finish()
	a.Final = a.Rows
}

// sets tells SET and RESET, which give nothing at all.
func sets(text string) bool {
	script, _ := syntax.Parse(text) // it was planned before
	for _, st := range script.Stmts {
		switch st.(type) {
		case *syntax.Set, *syntax.Reset:
			return true
		}
	}
	return len(script.Stmts) == 0
}

// parse answers a request that only asks whether its statements parse, as Flink's parser would answer: what it takes
// and nothing runs does.
func (r *Request) parse() *Answer {
	a := &Answer{Status: StatusOK}
	for i, text := range append(r.Setup[:len(r.Setup):len(r.Setup)], r.Query) {
		_, list := syntax.Parse(text)
		if list = syntax.Ungrammatical(list); list.HasErrors() {
			a.list, a.src = list.Sorted(), diag.Source{Name: "query", Text: text}
			setup := 0
			if i < len(r.Setup) {
				setup = len(text) + 1
			}
			a.reject(Parsing, setup)
			return a
		}
	}
	return a
}

// prepare joins the statements of a request into one script, in which the query begins at a place. Statements of
// the setup that write or read rows are carried out before.
func (s *Session) prepare(ctx context.Context, r *Request, mode Mode) (text string, query int, failed *Answer) {
	var b strings.Builder
	for _, statement := range r.Setup {
		statement = strings.TrimRight(strings.TrimSpace(statement), ";") + ";\n"
		if !moves(statement) {
			b.WriteString(statement)
			continue
		}
		a := s.Answer(ctx, diag.Source{Name: "setup", Text: b.String() + statement}, mode, AnswerOptions{Limit: 0})
		if a.Status != StatusOK && !errors.Is(a.err, ErrLimit) {
			if a.ErrorPhase != "timeout" {
				a.ErrorPhase = "setup"
			}
			return "", 0, a
		}
	}
	query = b.Len()
	return b.String() + r.Query, query, nil
}

// moves tells statements that run a job.
func moves(text string) bool {
	word := strings.ToUpper(strings.TrimLeft(text, " \t\r\n"))
	for _, w := range []string{"INSERT", "SELECT", "EXECUTE", "WITH", "BEGIN"} {
		if strings.HasPrefix(word, w) {
			return true
		}
	}
	return false
}
