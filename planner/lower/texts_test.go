package lower

import (
	"strings"
	"testing"

	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// A text of an expression takes time by its length: views over views nest hundreds of levels deep.
func TestTextOfDeepExpression(t *testing.T) {
	const depth = 400
	b := &rex.Ref{Index: 1, Name: "b", T: types.Int64}
	var e rex.Expr = &rex.Ref{Index: 0, Name: "a", T: types.Int64}
	for range depth {
		e = &rex.Call{Fn: "*", Args: []rex.Expr{&rex.Call{Fn: "+", Args: []rex.Expr{e, b}, T: types.Int64}, b}, T: types.Int64}
	}
	want := strings.Repeat("(", depth) + "a" + strings.Repeat(" + b) * b", depth)
	if got := exprText(e, []string{"a", "b"}); got != want {
		t.Fatalf("got %s", got)
	}
}

func TestTextPrecedence(t *testing.T) {
	call := func(fn string, args ...rex.Expr) rex.Expr { return &rex.Call{Fn: fn, Args: args, T: types.Int64} }
	a, b := &rex.Ref{Index: 0, Name: "a", T: types.Int64}, &rex.Ref{Index: 1, Name: "b", T: types.Int64}
	for _, c := range []struct {
		e    rex.Expr
		want string
	}{
		{call("-", a, call("-", b, a)), "a - (b - a)"},
		{call("-", call("-", a, b), a), "a - b - a"},
		{call("AND", a, call("OR", a, b)), "a AND (a OR b)"},
		{call("AND", a, call("AND", a, b)), "a AND a AND b"},
		{call("NEGATE", call("+", a, b)), "-(a + b)"},
		{call("IS_NULL", call("+", a, b)), "(a + b) IS NULL"},
		{call("UPPER", call("+", a, b)), "UPPER(a + b)"},
	} {
		if got := exprText(c.e, []string{"a", "b"}); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}
