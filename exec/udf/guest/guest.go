// Package guest says what a language of user functions gives to exec/udf: how code is
// made ready, and how it is called, always a batch at a time.
package guest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
)

// The codes of errors of user functions.
const (
	CodeFunction diag.Code = "W0560" // the function's code failed
	CodeDeadline diag.Code = "W0561" // it took too long and was ended
	CodeCrash    diag.Code = "W0562" // it ended, or ran out of memory
	CodeAnswer   diag.Code = "W0563" // it answered what is none of its result type
	CodeMissing  diag.Code = "W0564" // something it needs is not there: a file, an interpreter
)

// Code is one function to make ready.
type Code struct {
	*catalog.UserFunction
	Source   []byte        // the body, or what the file holds
	Deadline time.Duration // of making ready, and of one call
	Memory   int64         // bytes that its code may use
}

// Errorf is a diagnostic of the function.
func (c *Code) Errorf(code diag.Code, format string, args ...any) *diag.Diagnostic {
	return diag.Errorf(code, diag.Span{}, "function %q: %s", c.Path.Name, fmt.Sprintf(format, args...))
}

// Late is the diagnostic of a call that took too long.
func (c *Code) Late() *diag.Diagnostic {
	return c.Errorf(CodeDeadline, "no answer within %v; it was ended", c.Deadline).
		WithHint("it may loop for ever; if it only needs more time, WITH ('deadline' = '10 s')")
}

// Exhausted is the diagnostic of code that wanted more memory than it may have.
func (c *Code) Exhausted() *diag.Diagnostic {
	return c.Errorf(CodeCrash, "it ran out of the %d MB that it may use", c.Memory>>20).WithHint("WITH ('memory' = '1 gb') gives it more")
}

// Lines shortens an error text of foreign code to its last lines, for a diagnostic.
func Lines(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	const most, wide = 6, 400
	if len(lines) > most {
		lines = lines[len(lines)-most:]
	}
	for i, l := range lines {
		if len(l) > wide {
			lines[i] = strings.ToValidUTF8(l[:wide], "") + "…"
		}
	}
	return strings.ToValidUTF8(strings.Join(lines, "\n"), "?")
}

// Language runs functions written in one language. Open runs nothing that could outlast
// the deadline; it is called by a run, never by a plan.
type Language interface {
	Name() string // as behind LANGUAGE
	// Scalar makes a scalar or table function ready.
	Scalar(ctx context.Context, c *Code) (Scalar, error)
	// Aggregate makes an aggregate function ready.
	Aggregate(ctx context.Context, c *Code) (Aggregate, error)
}

// Scalar is a scalar or table function made ready. One goroutine uses it.
type Scalar interface {
	// Call computes n rows. The result has the type CallType of the function and shares no
	// memory with the arguments. Errors are diagnostics.
	Call(args []*vec.Vec, n int) (*vec.Vec, error)
	Close() error
}

// Change is what rows do to an accumulator.
type Change byte

// The changes.
const (
	Accumulate Change = 'A'
	Retract    Change = 'T'
)

// Aggregate is an aggregate function made ready, with the accumulators of many groups,
// numbered from 0. A group that was not mentioned yet is new. One goroutine uses it.
type Aggregate interface {
	// Change lets row j of args change group ids[j].
	Change(what Change, ids []int32, args []*vec.Vec) error
	// Merge takes the states of other accumulators into groups; row j into ids[j]. Into a
	// new group a state goes as it is, without the function's merge.
	Merge(ids []int32, states *vec.Vec) error
	// State gives the accumulators of groups as BYTES, empty for a new group.
	State(ids []int32) (*vec.Vec, error)
	// Value gives the values of groups, of the function's result type.
	Value(ids []int32) (*vec.Vec, error)
	// Reset makes groups new.
	Reset(ids []int32) error
	Close() error
}
