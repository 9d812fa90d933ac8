package function

import (
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/rex"
)

// Codes of run-time errors of expressions.
const (
	CodeCast      diag.Code = "W0530" // a value cannot be cast
	CodeDivision  diag.Code = "W0531" // division by zero
	CodeRange     diag.Code = "W0532" // a result is outside of its type
	CodeArgument  diag.Code = "W0533" // an argument has a value the function does not take
	CodeJSON      diag.Code = "W0534" // a JSON function with ERROR ON ERROR or ERROR ON EMPTY
	CodeUnbuilt   diag.Code = "W0535" // an expression has no kernel: planned but not executable
	CodeElement   diag.Code = "W0536" // ELEMENT of a collection with several values
	CodeSubscript diag.Code = "W0537" // a subscript below 1
)

// fail is a run-time error of a call.
func fail(call *rex.Call, code diag.Code, format string, args ...any) *diag.Diagnostic {
	return diag.Errorf(code, call.Span, format, args...)
}

// quote shows a value in an error: text in quotes, cut after 60 characters.
func quote(v *vec.Vec, i int) string {
	s := string(vec.AppendText(nil, v, i, time.UTC))
	if v.Type.IsCharacter() {
		return quoteText(s)
	}
	return clip(s)
}

func quoteText(s string) string { return strconv.Quote(clip(s)) }

func clip(s string) string {
	const limit = 60
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return fmt.Sprintf("%s…", string([]rune(s)[:limit]))
}
