package udf_test

import (
	"testing"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

func TestStarlark(t *testing.T) {
	every := types.NewRow(types.Field{Name: "b", Type: types.Bool}, types.Field{Name: "i", Type: types.Int8}, types.Field{Name: "d", Type: types.NewDecimal(20, 2)},
		types.Field{Name: "f", Type: types.Float64}, types.Field{Name: "s", Type: types.String}, types.Field{Name: "y", Type: types.Bytes},
		types.Field{Name: "t", Type: types.NewTimestamp(3)}, types.Field{Name: "a", Type: types.NewArray(types.Int32)},
		types.Field{Name: "m", Type: types.NewMap(types.String, types.Int64)}, types.Field{Name: "c", Type: types.NewDecimal(5, 1)})
	checkScalars(t, []scalarCase{
		{declared("STARLARK", "f", "def f(a, b): return a * 3 + b", types.Int32, "a", types.Int32, "b", types.Int32), [][]any{{1, 2, 3}, {10, 20, 30}}, "13 26 39"},
		{declared("STARLARK", "upper", "def upper(s): return s.upper() if s else 'none'", types.String, "s", types.String), [][]any{{"a", nil, "ü"}}, "A none Ü"},
		{declared("STARLARK", "same", "def same(r): return r", every, "r", every), [][]any{{
			[]any{true, 7, vec.DecimalOf(1250), 1.5, "x", []byte{1, 255}, 1000, []any{1, nil}, nil, -35}, nil}}, "(TRUE, 7, 12.50, 1.5, x, x'01ff', 1970-01-01 00:00:01.000, [1, NULL], NULL, -3.5) NULL"},
		{tableOf(declared("STARLARK", "words", "def words(s):\n  return [(w, len(w)) for w in s.split(' ')] if s else None", types.Type{}, "s", types.String),
			types.Field{Name: "w", Type: types.String}, types.Field{Name: "n", Type: types.Int32}), [][]any{{"a bc", nil, "d"}}, "[(a, 1), (bc, 2)] NULL [(d, 1)]"},
		{declared("STARLARK", "maths", "def maths(x): return math.sqrt(x) + len(json.encode({'k': x}))", types.Float64, "x", types.Float64), [][]any{{4.0}}, "11.0"},
	})
}

func TestStarlarkAggregate(t *testing.T) {
	checkMean(t, aggregateOf(declared("STARLARK", "mean", meanInPython, types.Float64, "x", types.Int64)))
}

func TestStarlarkHostile(t *testing.T) {
	bad := func(code string) string { return "def f(x):\n  if x == 0: return 0\n" + code }
	checkHostile(t, "STARLARK", []hostile{
		{name: "a loop without end", body: bad("  while True: pass"), code: "W0561", says: "no answer"},
		{name: "a loop within a built-in", body: bad("  return max(range(1 << 62))"), code: "W0561", says: "no answer"},
		{name: "one while loading", body: "for i in range(1 << 62): pass\ndef f(x): return 1", code: "W0561", says: "no answer"},
		{name: "numbers that double their digits", body: bad("  n = 10\n  while True: n = n * n"), code: "W0561", says: "no answer"},
		{name: "a list that takes all memory", body: bad("  return len(list(range(1 << 40)))"), code: "W0562", says: "ran out of the 128 MB"},
		{name: "a text that takes all memory", body: bad("  s = 'xy'\n  while True: s = s + s"), says: ""},
		{name: "a repeated list", body: bad("  return len([x] * (1 << 29))"), code: "W0562", says: "ran out of the 128 MB"},
		{name: "joined texts", body: bad("  s = 'x' * (1 << 20)\n  return len(s.join([s] * 4096))"), says: ""},
		{name: "lists in lists", body: bad("  l = []\n  while True: l = [l, l, l]"), says: ""},
		{name: "recursion", body: bad("  return f(x) + 1"), says: ""},
		{name: "output without end", body: bad("  while True: print('x' * 1000)"), code: "W0561", says: "no answer"},
		{name: "an error", body: bad("  return 1 // 0"), code: "W0560", says: "division by zero\nline 3, in f"},
		{name: "fail", body: bad("  fail('no', x)"), code: "W0560", says: "no 1"},
		{name: "another type", body: bad("  return 'x'"), code: "W0560", says: `"x" of type string is no INT`},
		{name: "a number that is too large", body: bad("  return 1 << 31"), code: "W0560", says: "2147483648 is out of the range of INT"},
		{name: "a number of many digits", body: bad("  return int('9' * 400)"), code: "W0560", says: "is out of the range"},
		{name: "state between calls", body: "seen = []\ndef f(x):\n  if x == 0: return 0\n  seen.append(x)\n  return 1", code: "W0560", says: "frozen"},
		{name: "a module", body: "load('os.star', 'os')\ndef f(x): return 1", code: "W0560", says: "load not implemented"},
		{name: "a file", body: "def f(x): return open('/etc/passwd')", code: "W0560", says: "undefined: open"},
		{name: "no such function", body: "def g(x): return 1", code: "W0560", says: "its code has no function f; it has g"},
		{name: "no function at all", body: "f = 1", code: "W0560", says: "its code has no function f"},
		{name: "what does not parse", body: "def f(x) return", code: "W0560", says: "f.star:1"},
		{name: "other parameters", body: "def f(x, y): return 1", code: "W0560", says: "missing 1 argument"},
	})
}
