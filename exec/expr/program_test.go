package expr_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-sql/weir/exec/expr"
	"github.com/weir-sql/weir/exec/expr/function"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

func mustCompile(t testing.TB, e rex.Expr, ts []types.Type) *expr.Program {
	t.Helper()
	p, err := expr.Compile(e, ts, function.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// rowsOf writes the rows of a vector.
func rowsOf(v *vec.Vec) string {
	out := make([]string, v.Len)
	for i := range out {
		out[i] = vec.FormatValue(v, i)
	}
	return strings.Join(out, " ")
}

func selection(sel []int32) string {
	if sel == nil {
		return "all"
	}
	return fmt.Sprint(sel)
}

// sample has an INT column with 0 and NULL, a BOOLEAN and a STRING.
func sample() (*vec.Batch, []types.Type) {
	ts := []types.Type{types.Int32, types.Bool, types.String}
	return vec.NewBatch(5,
		vec.FromValues(ts[0], 4, 0, nil, 2, 8),
		vec.FromValues(ts[1], true, false, nil, nil, true),
		vec.FromValues(ts[2], "7", "x", nil, "9", "")), ts
}

func TestBranchesSeeOnlyTheirRows(t *testing.T) {
	b, ts := sample()
	n, flag, text := ref(0, ts[0]), ref(1, ts[1]), ref(2, ts[2])
	long := func(x int64) rex.Expr { return lit(x, types.Int32) }
	ratio := apply("/", types.Int32, long(16), n) // fails on row 1
	number := apply("CAST", types.Int32, text)    // fails on rows 1 and 4
	notZero := apply("<>", types.Bool, n, long(0))
	for _, c := range []struct {
		name string
		e    rex.Expr
		want string
	}{
		{"case", apply("CASE", types.Int32, notZero, ratio, long(-1)), "4 -1 -1 8 2"},
		{"case without else", apply("CASE", types.Int32, flag, n, lit(nil, types.Int32)), "4 NULL NULL NULL 8"},
		{"if", apply("IF", types.Int32, notZero, ratio, long(0)), "4 0 0 8 2"},
		{"and", apply("AND", types.Bool, notZero, apply(">", types.Bool, ratio, long(3))), "TRUE FALSE NULL TRUE FALSE"},
		{"or", apply("OR", types.Bool, apply("=", types.Bool, n, long(0)), apply(">", types.Bool, ratio, long(3))), "TRUE TRUE NULL TRUE FALSE"},
		{"coalesce", apply("COALESCE", types.Int32, n, number, long(5)), "4 0 5 2 8"},
		{"nested", apply("CASE", types.Int32, flag, apply("CASE", types.Int32, apply(">", types.Bool, n, long(5)), long(1), ratio), long(0)), "4 0 0 0 1"},
	} {
		v, err := mustCompile(t, c.e, ts).Eval(testCtx(), b)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := rowsOf(v); got != c.want {
			t.Errorf("%s gives %s, want %s", c.name, got, c.want)
		}
	}
}

func TestRunTimeErrorsNamePlaceAndValue(t *testing.T) {
	b, ts := sample()
	for _, c := range []struct {
		e    *rex.Call
		code diag.Code
		text string
	}{
		{&rex.Call{Fn: "CAST", Args: []rex.Expr{ref(2, ts[2])}, T: types.Int32}, function.CodeCast, `"x" cannot be cast from STRING to INT`},
		{&rex.Call{Fn: "/", Args: []rex.Expr{lit(int64(16), types.Int32), ref(0, ts[0])}, T: types.Int32}, function.CodeDivision, "division of 16 by zero"},
		{&rex.Call{Fn: "FROM_BASE64", Args: []rex.Expr{lit("###", types.String)}, T: types.String}, function.CodeArgument, `"###" is not base64`},
	} {
		c.e.Span = diag.Span{Start: 3, End: 9}
		_, err := mustCompile(t, c.e, ts).Eval(testCtx(), b)
		var d *diag.Diagnostic
		if !errors.As(err, &d) {
			t.Errorf("%s: error %v is no diagnostic", c.e, err)
			continue
		}
		if d.Code != c.code || d.Span != c.e.Span || d.Primary != c.text {
			t.Errorf("%s: got %s %v %q", c.e, d.Code, d.Span, d.Primary)
		}
	}
}

func TestErrorsCutLongValues(t *testing.T) {
	long := strings.Repeat("é", 500)
	v := vec.FromValues(types.String, long)
	e := apply("CAST", types.Int32, ref(0, types.String))
	_, err := mustCompile(t, e, []types.Type{types.String}).Eval(testCtx(), vec.NewBatch(1, v))
	if err == nil || len(err.Error()) > 300 || !strings.Contains(err.Error(), "…") {
		t.Errorf("error is %v", err)
	}
}

func TestFilter(t *testing.T) {
	b, ts := sample()
	n, flag := ref(0, ts[0]), ref(1, ts[1])
	long := func(x int64) rex.Expr { return lit(x, types.Int32) }
	for _, c := range []struct {
		cond rex.Expr
		want string
	}{
		{nil, "all"},
		{lit(true, types.Bool), "all"},
		{lit(nil, types.Bool), "[]"},
		{flag, "[0 4]"},
		{apply(">", types.Bool, n, long(1)), "[0 3 4]"},
		{apply("<", types.Bool, long(1), n), "[0 3 4]"},
		{apply("AND", types.Bool, apply("<>", types.Bool, n, long(0)), apply(">", types.Bool, apply("/", types.Int32, long(16), n), long(3))), "[0 3]"},
		{apply("AND", types.Bool, flag, apply(">", types.Bool, n, long(5))), "[4]"},
		{apply("AND", types.Bool, apply(">", types.Bool, n, long(5)), apply("IS_TRUE", types.Bool, flag)), "[4]"},
		{apply("IS_NULL", types.Bool, n), "[2]"},
		{apply(">=", types.Bool, ref(0, ts[0]), long(100)), "[]"},
	} {
		f, err := expr.CompileFilter(c.cond, ts, function.Builtin())
		if err != nil {
			t.Fatal(err)
		}
		var buf []int32
		for range 2 { // the second time with the memory of the first
			sel, err := f.Select(testCtx(), b, buf)
			if err != nil {
				t.Fatal(err)
			}
			if got := selection(sel); got != c.want {
				t.Errorf("%v selects %s, want %s", c.cond, got, c.want)
			}
			buf = sel
		}
	}
}

// counting is a registry in which TWICE counts the rows it is evaluated for.
type counting struct {
	*function.Registry
	rows int
}

func (c *counting) Scalar(name string) *function.Func {
	if name != "TWICE" {
		return c.Registry.Scalar(name)
	}
	return &function.Func{Function: catalog.Function{Name: "TWICE"}, New: func(call *rex.Call) (function.Kernel, error) {
		return function.Kernel{Owned: true, Eval: func(f *function.Frame, as []*vec.Vec, n int) (*vec.Vec, error) {
			c.rows += n
			out := f.New(call.T, n)
			for i, x := range as[0].Int64s() {
				out.Int64s()[i] = 2 * x
			}
			return out, nil
		}}, nil
	}}
}

func TestRepeatedSubexpressionsAreComputedOnce(t *testing.T) {
	reg := &counting{Registry: function.Builtin()}
	x := apply("TWICE", types.Int64, ref(0, types.Int64))
	one := lit(int64(1), types.Int64)
	p, err := expr.CompileProjection([]rex.Expr{x, apply("+", types.Int64, x, one), apply("*", types.Int64, x, x),
		apply("CASE", types.Int64, apply(">", types.Bool, x, one), x, one)}, []types.Type{types.Int64}, reg)
	if err != nil {
		t.Fatal(err)
	}
	b := vec.NewBatch(3, vec.FromValues(types.Int64, 0, 5, 7))
	for round := 1; round <= 2; round++ {
		out, err := p.Eval(testCtx(), b)
		if err != nil {
			t.Fatal(err)
		}
		got := rowsOf(out[0]) + "; " + rowsOf(out[1]) + "; " + rowsOf(out[2]) + "; " + rowsOf(out[3])
		if want := "0 10 14; 1 11 15; 0 100 196; 1 10 14"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if reg.rows != 3*round {
			t.Errorf("round %d: computed for %d rows", round, reg.rows)
		}
	}
}

func TestColumnsAndCastsWithoutEffectAreNotCopied(t *testing.T) {
	v := vec.FromValues(types.Int64, 1, 2)
	b := vec.NewBatch(2, v)
	out, err := mustCompile(t, ref(0, types.Int64), []types.Type{types.Int64}).Eval(testCtx(), b)
	if err != nil || out != v {
		t.Errorf("a column reference gives another vector (%v)", err)
	}
	out, err = mustCompile(t, apply("CAST", types.Int64.NotNull(), ref(0, types.Int64)), []types.Type{types.Int64}).Eval(testCtx(), b)
	if err != nil || &out.Int64s()[0] != &v.Int64s()[0] {
		t.Errorf("a cast to the same type copies (%v)", err)
	}
}

// genExpr draws an expression of a kind over the columns of genBatch.
func genExpr(t *rapid.T, kind types.Kind, depth int) rex.Expr {
	typ := map[types.Kind]types.Type{types.BigInt: types.Int64, types.Double: types.Float64, types.Boolean: types.Bool, types.VarChar: types.String}[kind]
	col := map[types.Kind]int{types.BigInt: 0, types.Double: 1, types.Boolean: 2, types.VarChar: 3}[kind]
	sub := func(k types.Kind) rex.Expr { return genExpr(t, k, depth-1) }
	leaf := func() rex.Expr {
		switch rapid.IntRange(0, 3).Draw(t, "leaf") {
		case 0:
			return lit(nil, typ)
		case 1:
			switch kind {
			case types.BigInt:
				return lit(int64(rapid.IntRange(-2, 3).Draw(t, "int")), typ)
			case types.Double:
				return lit(float64(rapid.IntRange(-2, 3).Draw(t, "double")), typ)
			case types.Boolean:
				return lit(rapid.Bool().Draw(t, "bool"), typ)
			default:
				return lit(rapid.SampledFrom([]string{"", "a", "1", "héllo"}).Draw(t, "text"), typ)
			}
		default:
			return ref(col, typ)
		}
	}
	if depth == 0 {
		return leaf()
	}
	anyKind := rapid.SampledFrom([]types.Kind{types.BigInt, types.Double, types.VarChar}).Draw(t, "kind")
	switch op := rapid.IntRange(0, 7).Draw(t, "op"); {
	case op == 0:
		return leaf()
	case op == 1:
		return apply("CASE", typ, sub(types.Boolean), sub(kind), sub(types.Boolean), sub(kind), sub(kind))
	case op == 2:
		return apply("COALESCE", typ, sub(kind), sub(kind))
	case kind == types.BigInt && op == 3:
		return apply("TRY_CAST", typ, sub(types.VarChar))
	case kind == types.BigInt && op == 4:
		return apply("CASE", typ, apply("<>", types.Bool, sub(types.BigInt), lit(int64(0), types.Int64)), sub(kind), lit(int64(7), typ))
	case kind == types.BigInt || kind == types.Double && op < 6:
		return apply(rapid.SampledFrom([]string{"+", "-", "*"}).Draw(t, "arith"), typ, sub(kind), sub(kind))
	case kind == types.Double:
		return apply("CAST", typ, sub(types.BigInt))
	case kind == types.VarChar && op < 5:
		return apply("UPPER", typ, sub(kind))
	case kind == types.VarChar && op < 7:
		return apply("||", typ, sub(kind), sub(kind))
	case kind == types.VarChar:
		return apply("CAST", typ, sub(types.BigInt))
	case op == 3:
		return apply("NOT", typ, sub(kind))
	case op == 4:
		return apply(rapid.SampledFrom([]string{"AND", "OR"}).Draw(t, "connective"), typ, sub(kind), sub(kind))
	case op == 5:
		return apply("IS_NULL", typ, sub(anyKind))
	default:
		return apply(rapid.SampledFrom([]string{"=", "<", ">=", "IS_DISTINCT_FROM"}).Draw(t, "compare"), typ, sub(anyKind), sub(anyKind))
	}
}

func genBatch(t *rapid.T) (*vec.Batch, []types.Type) {
	ts := []types.Type{types.Int64, types.Float64, types.Bool, types.String}
	n := rapid.IntRange(0, 9).Draw(t, "rows")
	bb := vec.NewBatchBuilder(ts, n)
	for range n {
		for c, vals := range [][]any{{nil, int64(0), int64(1), int64(-5)}, {nil, 0.0, 1.5, -2.0}, {nil, true, false}, {nil, "", "a", "12", "ß"}} {
			bb.Cols[c].Append(rapid.SampledFrom(vals).Draw(t, "value"))
		}
		bb.EndRow(vec.Insert)
	}
	if n == 0 {
		return vec.NewBatch(0, vec.New(ts[0], 0), vec.New(ts[1], 0), vec.New(ts[2], 0), vec.New(ts[3], 0)), ts
	}
	return bb.Finish(), ts
}

// A row's value does not depend on the rows beside it, nor on earlier batches; a
// filter keeps exactly the rows whose condition is TRUE; results stay as they are
// when the program goes on to other batches.
func TestRowsAreIndependent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, ts := genBatch(t)
		kind := rapid.SampledFrom([]types.Kind{types.BigInt, types.Double, types.Boolean, types.VarChar}).Draw(t, "kind")
		e := genExpr(t, kind, 3)
		p, err := expr.Compile(e, ts, function.Builtin())
		if err != nil {
			t.Fatal(err)
		}
		whole, err := p.Eval(testCtx(), b)
		if err != nil {
			t.Fatal(err)
		}
		before := rowsOf(whole)
		for i := 0; i < b.Len; i++ {
			one, err := p.Eval(testCtx(), b.Slice(i, 1))
			if err != nil {
				t.Fatal(err)
			}
			if got, want := vec.FormatValue(one, 0), vec.FormatValue(whole, i); got != want {
				t.Fatalf("%s: row %d alone gives %s, among others %s", e, i, got, want)
			}
		}
		if after := rowsOf(whole); after != before {
			t.Fatalf("%s: a result changed from %s to %s", e, before, after)
		}
		if kind != types.Boolean {
			return
		}
		f, err := expr.CompileFilter(e, ts, function.Builtin())
		if err != nil {
			t.Fatal(err)
		}
		sel, err := f.Select(testCtx(), b, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := vec.SelectTrue(whole, nil, []int32{})
		if sel == nil {
			if len(want) != b.Len {
				t.Fatalf("%s selects all rows, want %v", e, want)
			}
		} else if fmt.Sprint(sel) != fmt.Sprint(want) {
			t.Fatalf("%s selects %v, want %v", e, sel, want)
		}
	})
}
