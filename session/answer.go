package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/session/result"
)

// Status says how a script ended.
type Status string

// The statuses.
const (
	StatusOK       Status = "ok"
	StatusRejected Status = "rejected" // it was not run: it does not parse, bind or plan, or is not supported
	StatusError    Status = "error"    // it failed while it ran
)

// Answer is what a script gives, for programs: the object of `weir run -o json`, and a line of
// `weir run --serve`. The rows are those of the last query of the script.
type Answer struct {
	ID      json.RawMessage // of the request; nil = none
	Status  Status
	Message string // "" = ok
	Phase   Phase  // in which it ended; "" = ok
	// ErrorPhase is the phase as the Flink oracle names it: request, setup, plan, run or timeout. "" = ok
	ErrorPhase string
	Class      string     // the diagnostic's code
	Answered              // of the last query
	Outputs    []Answered // of all queries, if there are several
	Truncated  bool       // there were more rows than were asked for
	Planned    time.Duration
	Took       time.Duration

	list diag.List // what planning says
	src  diag.Source
	err  error
}

// Answered is what one query gives.
type Answered struct {
	Name      string
	Columns   []types.Field
	UpsertKey []int // columns that identify a row in a changelog without -U; nil = none needed
	Rows      *vec.Batch
	Final     *vec.Batch // the rows that are left once the changelog is folded
}

// Diagnostics are what planning says, with the text they are about.
func (a *Answer) Diagnostics() (diag.Source, diag.List) { return a.src, a.list }

// Err is what ended the run; nil if it did not begin, or went well.
func (a *Answer) Err() error { return a.err }

// AppendJSON appends the answer as one JSON object in the value encoding of result.AppendAnswer.
func (a *Answer) AppendJSON(dst []byte) []byte {
	text := func(name, value string) {
		dst = append(append(append(dst, '"'), name...), `":`...)
		if value == "" {
			dst = append(dst, "null,"...)
			return
		}
		dst = append(vec.AppendJSONString(dst, []byte(value)), ',')
	}
	dst = append(dst, '{')
	if a.ID != nil {
		dst = append(append(append(dst, `"id":`...), a.ID...), ',')
	}
	text("status", string(a.Status))
	text("phase", string(a.Phase))
	text("message", a.Message)
	dst = append(a.Answered.appendJSON(dst), ',')
	if len(a.Outputs) > 0 {
		dst = append(dst, `"outputs":[`...)
		for i, o := range a.Outputs {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(vec.AppendJSONString(append(dst, `{"name":`...), []byte(o.Name)), ',')
			dst = append(o.appendJSON(dst), '}')
		}
		dst = append(dst, "],"...)
	}
	text("error", a.Message)
	text("error_phase", a.ErrorPhase)
	text("error_class", a.Class)
	return fmt.Appendf(dst, `"truncated":%t,"plan_ms":%.3f,"ms":%.3f}`, a.Truncated, a.Planned.Seconds()*1e3, a.Took.Seconds()*1e3)
}

// appendJSON appends the members of an object.
func (a *Answered) appendJSON(dst []byte) []byte {
	dst = append(dst, `"columns":[`...)
	for i, f := range a.Columns {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(vec.AppendJSONString(append(dst, `{"name":`...), []byte(f.Name)), `,"type":`...)
		dst = append(vec.AppendJSONString(dst, []byte(result.TypeText(f.Type))), '}')
	}
	dst = append(dst, `],"upsert_key":`...)
	if a.UpsertKey == nil {
		dst = append(dst, "null"...)
	} else {
		key, _ := json.Marshal(a.UpsertKey) // a list of numbers
		dst = append(dst, key...)
	}
	dst = appendAnswerRows(append(dst, `,"rows":`...), a.Rows, true)
	dst = appendAnswerRows(append(dst, `,"final":`...), a.Final, false)
	return dst
}

// appendAnswerRows appends rows as arrays, with their kinds first if asked for.
func appendAnswerRows(dst []byte, b *vec.Batch, kinds bool) []byte {
	dst = append(dst, '[')
	for i := 0; b != nil && i < b.Len; i++ {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '[')
		if kinds {
			dst = append(append(append(dst, '"'), b.Kind(i).String()...), `",`...)
		}
		for c, v := range b.Cols {
			if c > 0 {
				dst = append(dst, ',')
			}
			dst = result.AppendAnswer(dst, v, i)
		}
		dst = append(dst, ']')
	}
	return append(dst, ']')
}

// AnswerOptions say how a script is answered.
type AnswerOptions struct {
	Capture bool  // tables that are written are not opened: the rows they would get are the answer
	Limit   int64 // rows that are answered; < 0 = all
	setup   int   // bytes of the text before the query
}

// Answer plans and runs a script. It never fails: what goes wrong is in the answer.
func (s *Session) Answer(ctx context.Context, src diag.Source, mode Mode, o AnswerOptions) (a *Answer) {
	began := time.Now()
	a = &Answer{Status: StatusOK, src: src}
	defer func() {
		if p := recover(); p != nil { // of planning; tasks mind theirs
			a.fail(StatusError, Planning, "plan", fmt.Errorf("a bug of weir: %v\n%s", p, debug.Stack()))
		}
		a.Took = time.Since(began)
	}()
	plan, list, phase := s.plan(src, mode)
	a.Planned, a.list = time.Since(began), list
	if plan == nil {
		a.reject(phase, o.setup)
		return a
	}
	if plan.Graph == nil {
		a.command(plan)
		return a
	}
	s.run(ctx, plan, o, a)
	return a
}

// reject notes the first error of planning.
func (a *Answer) reject(phase Phase, setup int) {
	err := firstError(a.list)
	a.fail(StatusRejected, phase, "plan", err)
	var d *diag.Diagnostic
	if errors.As(err, &d) && !d.Span.IsZero() && d.Span.Start < setup {
		a.ErrorPhase = "setup"
	}
	a.err = nil
}

// fail notes what ended the script. What was answered before stays.
func (a *Answer) fail(status Status, phase Phase, errorPhase string, err error) {
	a.Status, a.Phase, a.ErrorPhase, a.err, a.Message, a.Class = status, phase, errorPhase, err, err.Error(), ""
	var d *diag.Diagnostic
	if errors.As(err, &d) {
		a.Class, a.Message = string(d.Code), messageOf(d)
	}
}

// messageOf is a diagnostic in one line.
func messageOf(d *diag.Diagnostic) string {
	text := d.Primary
	if d.File != "" {
		text = fmt.Sprintf("%s:%d: %s", d.File, d.Line, text)
	}
	if d.Hint != "" {
		text += " (" + d.Hint + ")"
	}
	return text
}

// command answers a script without a query by what its last statement shows.
func (a *Answer) command(plan *Plan) {
	if n := len(plan.Commands); n > 0 && plan.Commands[n-1].Rows != nil {
		last := plan.Commands[n-1]
		a.Columns, a.Rows, a.Final = last.Schema, last.Rows, last.Rows
	}
}

// run runs a plan and takes the rows of its last output.
func (s *Session) run(ctx context.Context, plan *Plan, o AnswerOptions, a *Answer) {
	all := map[string]*Captured{}
	var order []*Captured
	for _, out := range plan.Outputs {
		if out.Table == "" || o.Capture {
			c := &Captured{Output: out}
			all[out.Name], order = c, append(order, c)
		}
	}
	capture := func(out Output) *Captured { return all[out.Name] }
	opts := RunOptions{Limit: o.Limit, Result: func(out Output) (result.Writer, error) { return capturedRows{capture(out)}, nil }}
	if o.Limit >= 0 {
		opts.Limit++ // to know whether there were more
	}
	if o.Capture {
		opts.Connectors = func(c exec.Connectors) exec.Connectors { return &capturing{c, plan, capture} }
	}
	run, err := s.Run(ctx, plan, opts)
	if err == nil {
		err = run.Wait()
	}
	if errors.Is(err, ErrLimit) {
		err = nil
	}
	for _, c := range order {
		if ferr := a.take(c, o.Limit); err == nil {
			err = ferr
		}
	}
	if len(a.Outputs) == 1 {
		a.Outputs = nil
	}
	switch {
	case err == nil:
	case errors.Is(context.Cause(ctx), context.DeadlineExceeded):
		a.fail(StatusError, Running, "timeout", errors.New("timeout: the time limit was exceeded"))
		a.Class = "timeout"
	case errors.Is(ctx.Err(), context.Canceled):
		a.fail(StatusError, Running, "run", errors.New("interrupted"))
	default:
		a.fail(StatusError, Running, "run", err)
	}
}

// take puts the rows of an output into the answer.
func (a *Answer) take(c *Captured, limit int64) (err error) {
	out := Answered{Name: c.Output.Name, Columns: c.Output.Schema, UpsertKey: c.Output.UpsertKey, Rows: c.Batch()}
	if limit >= 0 && int64(out.Rows.Len) > limit {
		out.Rows, a.Truncated = out.Rows.Slice(0, int(limit)), true
	}
	out.Final, err = final(c.Output, out.Rows)
	a.Answered, a.Outputs = out, append(a.Outputs, out)
	return err
}

// capturedRows writes the rows of a SELECT into what captures them.
type capturedRows struct{ *Captured }

func (w capturedRows) Write(b *vec.Batch) error { w.keep(b); return nil }
func (w capturedRows) Flush() error             { return nil }
func (w capturedRows) Close() error             { return nil }
