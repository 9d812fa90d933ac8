package agg

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// recorded is one answer of Apache Flink 2.2.1: the results of an aggregate over
// rows that come (+) and go (-). Streaming cases hold every result that differs
// from the one before it.
type recorded struct {
	Fn       string
	Distinct bool
	Arg      string
	Case     string // batch, stream, retract, null, empty, group
	Ops      [][2]any
	Type     string
	Results  []any
}

// TestFlinkAnswers replays what Flink answered.
func TestFlinkAnswers(t *testing.T) {
	f, err := os.Open("testdata/flink.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for s := bufio.NewScanner(f); s.Scan(); n++ {
		var r recorded
		d := json.NewDecoder(strings.NewReader(s.Text()))
		d.UseNumber()
		if err := d.Decode(&r); err != nil {
			t.Fatal(err)
		}
		t.Run(fmt.Sprintf("%s/%s/%s", r.Fn, r.Arg, r.Case), func(t *testing.T) { r.check(t) })
	}
	if n < 400 {
		t.Fatalf("only %d answers", n)
	}
}

func (r *recorded) check(t *testing.T) {
	arg := parseType(t, r.Arg)
	nulls := slices.ContainsFunc(r.Ops, func(op [2]any) bool { return op[1] == nil })
	res := inferred(t, r.Fn, arg.WithNull(nulls), r.Distinct)
	want := res
	if r.Case != "group" && !strings.Contains(r.Fn, "AGG") { // whose types Flink does not widen
		want = inferred(t, r.Fn, arg.Null(), r.Distinct) // a global aggregate can be without rows
		if r.Fn == "COLLECT" {
			want = types.NewMultiset(arg.WithNull(nulls)).NotNull() // no NULL is in it
		}
	}
	if got := want.String(); got != r.Type {
		t.Errorf("type %s, want %s", got, r.Type)
	}
	steps := r.Case == "stream" || r.Case == "retract"
	for _, retract := range []bool{false, true} {
		if !retract && r.Case == "retract" || retract && Lookup(r.Fn).InsertOnly {
			continue
		}
		if retract && strings.Contains(fmt.Sprint(r.Ops), "NaN") {
			continue // under retraction NaN is the greatest, whatever the order
		}
		acc, err := New(rex.AggCall{Fn: r.Fn, Args: []int{0}, Distinct: r.Distinct, Filter: -1, T: res}, []types.Type{arg}, retract)
		if err != nil {
			t.Fatal(err)
		}
		acc.Grow(1)
		var got []string
		for _, op := range r.Ops {
			v := vec.FromValues(arg, boxed(t, op[1], arg))
			if op[0] == "+" {
				acc.Add([]int32{0}, []*vec.Vec{v}, nil)
			} else {
				acc.Retract([]int32{0}, []*vec.Vec{v}, nil)
			}
			if x := resultOf(t, acc); steps && (len(got) == 0 || got[len(got)-1] != x) {
				got = append(got, x)
			}
		}
		if !steps {
			got = []string{resultOf(t, acc)}
		}
		var want []string
		for _, x := range r.Results {
			want = append(want, fmt.Sprint(canonical(boxed(t, x, res))))
		}
		// Flink computes variances above its aggregation and so repeats equal ones.
		if strings.HasPrefix(r.Fn, "STDDEV") || strings.HasPrefix(r.Fn, "VAR") {
			want = slices.Compact(want)
		}
		if !slices.Equal(got, want) {
			t.Errorf("retract %v: results\n%v, want\n%v", retract, got, want)
		}
	}
}

func inferred(t *testing.T, fn string, arg types.Type, distinct bool) types.Type {
	t.Helper()
	r, err := Lookup(fn).Infer(catalog.Call{Args: []types.Type{arg}, Lits: []*rex.Lit{nil}, Distinct: distinct})
	if err != nil {
		t.Fatal(err)
	}
	return r.Result
}

func resultOf(t *testing.T, acc Acc) string {
	v, err := acc.Result([]int32{0})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(canonical(v.Value(0)))
}

// canonical sorts maps, whose entries have no order, and spells floats exactly.
func canonical(x any) any {
	switch x := x.(type) {
	case vec.Map:
		var out []string
		for i, k := range x.Keys {
			out = append(out, fmt.Sprintf("%v=%v", canonical(k), canonical(x.Values[i])))
		}
		slices.Sort(out)
		return out
	case []any:
		out := make([]any, len(x))
		for i := range x {
			out[i] = canonical(x[i])
		}
		return out
	case float64:
		if x == 0 {
			return fmt.Sprint(x, math.Signbit(x))
		}
	case vec.Decimal:
		return x.BigInt().String()
	}
	return x
}

func parseType(t *testing.T, s string) types.Type {
	for _, c := range []types.Type{types.Int8, types.Int16, types.Int32, types.Int64, types.Float32, types.Float64, types.String, types.Bool} {
		if c.String() == s {
			return c
		}
	}
	var p, q int
	if _, err := fmt.Sscanf(s, "DECIMAL(%d, %d)", &p, &q); err != nil {
		t.Fatalf("type %q", s)
	}
	return types.NewDecimal(p, q)
}

// boxed turns a recorded value into that of vec.Value.
func boxed(t *testing.T, x any, typ types.Type) any {
	switch x := x.(type) {
	case nil, bool:
		return x
	case json.Number:
		if typ.IsInteger() {
			n, err := strconv.ParseInt(x.String(), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		bits := 64
		if typ.Kind == types.Float {
			bits = 32
		}
		f, err := strconv.ParseFloat(x.String(), bits)
		if err != nil {
			t.Fatal(err)
		}
		if bits == 32 {
			return float32(f)
		}
		return f
	case string:
		switch {
		case typ.Kind == types.Decimal:
			n, ok := new(big.Int).SetString(strings.Replace(x, ".", "", 1), 10)
			if !ok {
				t.Fatalf("decimal %q", x)
			}
			if typ.Precision <= 18 {
				return n.Int64()
			}
			d, _ := vec.DecimalFromBig(n)
			return d
		case typ.Kind == types.Double:
			return math.NaN()
		}
		return x
	case []any:
		var m vec.Map
		out := []any{}
		for _, e := range x {
			if typ.Kind == types.Multiset {
				pair := e.([]any)
				m.Keys = append(m.Keys, boxed(t, pair[0], *typ.Elem))
				m.Values = append(m.Values, boxed(t, pair[1], types.Int32))
			} else {
				out = append(out, boxed(t, e, *typ.Elem))
			}
		}
		if typ.Kind == types.Multiset {
			return m
		}
		return out
	}
	t.Fatalf("value %v", x)
	return nil
}
