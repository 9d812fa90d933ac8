package expr_test

import (
	"bufio"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/weir-sql/weir/exec/expr"
	"github.com/weir-sql/weir/exec/expr/function"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// zoneOf loads a time zone.
func zoneOf(t testing.TB, name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// knownCasts explains the recorded answers that we do not give, by source type, target and input.
func knownCasts(from, to types.Type, in any) string {
	s, _ := in.(string)
	switch {
	case from.IsCharacter() && to.Kind == types.Decimal:
		switch s {
		case "1f", "1d", "1L", "1e", "e1", "t", "T", "f", "F", "y", "n", "Y":
			return "the reference skips one stray last character when DECIMAL has at most 18 digits"
		case "00012":
			return "the reference counts leading zeros when DECIMAL has at most 18 digits"
		case "999.995":
			return "the reference does not look for overflow after rounding"
		case "１", "１２":
			return "the reference takes digits of other scripts when DECIMAL has more than 18 digits"
		}
	case from.Kind == types.Decimal && s == "1000.00":
		return "no value of DECIMAL(5, 2)"
	case from.Kind == types.Timestamp && to.Kind == types.Time && s < "1970":
		return "the reference gives a negative time of day before 1970"
	case (from.In(types.Float, types.Double)) && to.IsCharacter():
		switch fmt.Sprint(in) {
		case "2147483650.0", "-2147483650.0", "123456792.0", "1.17549435e-38", "5e-324":
			return "Java before 19 prints more digits than are needed to read the number back"
		}
	}
	return ""
}

func TestCastsAgainstRecording(t *testing.T) {
	f, err := os.Open("testdata/casts.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	checked, failed := 0, 0
	for sc.Scan() {
		var c struct {
			From, To, Zone string
			In, Out        []any
		}
		decodeJSON(t, sc.Bytes(), &c)
		from, to := parseType(t, c.From), parseType(t, c.To)
		if from.IsTimestamp() && from.Precision > 6 || to.IsTimestamp() && to.Precision > 6 {
			c.In, c.Out = within1677To2262(c.In, c.Out)
		}
		call := &rex.Call{Fn: "TRY_CAST", Args: []rex.Expr{&rex.Ref{Index: 0, T: from}}, T: to}
		p, err := expr.Compile(call, []types.Type{from}, function.Builtin())
		if err != nil {
			t.Errorf("%s to %s: %v", from, to, err)
			continue
		}
		in := column(t, from, c.In)
		out, err := p.Eval(&expr.Ctx{Zone: zoneOf(t, c.Zone)}, vec.NewBatch(in.Len, in))
		if err != nil {
			t.Errorf("%s to %s: %v", from, to, err)
			continue
		}
		for i := range c.In {
			checked++
			if got, want := recorded(out, i), canonical(to, c.Out[i]); got != want && knownCasts(from, to, c.In[i]) == "" {
				if failed++; failed <= 60 {
					t.Errorf("%s to %s in %s: %v gives %s, recorded %s", from, to, c.Zone, c.In[i], got, want)
				}
			}
		}
	}
	if checked < 8000 {
		t.Errorf("only %d recorded casts checked", checked)
	}
	t.Logf("%d casts, %d differ", checked, failed)
}

// within1677To2262 drops the rows that nanoseconds since 1970 cannot hold.
func within1677To2262(in, out []any) (keptIn, keptOut []any) {
	for i, x := range in {
		s, _ := x.(string)
		o, _ := out[i].(string)
		if bad := func(s string) bool { return len(s) > 10 && (s[:4] < "1678" || s[:4] > "2261") }; bad(s) || bad(o) {
			continue
		}
		keptIn, keptOut = append(keptIn, x), append(keptOut, out[i])
	}
	return keptIn, keptOut
}
