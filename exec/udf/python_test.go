//go:build python

// The tests of functions in Python need python3 with pyarrow: make test-python.
package udf_test

import (
	"testing"

	"github.com/weir-sql/weir/exec/expr"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

func TestPython(t *testing.T) {
	every := types.NewRow(types.Field{Name: "b", Type: types.Bool}, types.Field{Name: "i", Type: types.Int8}, types.Field{Name: "d", Type: types.NewDecimal(20, 2)},
		types.Field{Name: "f", Type: types.Float64}, types.Field{Name: "s", Type: types.String}, types.Field{Name: "y", Type: types.Bytes},
		types.Field{Name: "t", Type: types.NewTimestamp(3)}, types.Field{Name: "a", Type: types.NewArray(types.Int32)},
		types.Field{Name: "m", Type: types.NewMap(types.String, types.Int64)}, types.Field{Name: "c", Type: types.NewDecimal(5, 1)})
	vectorized := declared("PYTHON", "fast", "import pyarrow.compute as pc\ndef fast(a, b): return pc.add(pc.multiply(a, 3), b)", types.Int32, "a", types.Int32, "b", types.Int32)
	vectorized.Options["vectorized"] = "true"
	checkScalars(t, []scalarCase{
		{declared("PYTHON", "f", "def f(a, b): return a * 3 + b", types.Int32, "a", types.Int32, "b", types.Int32), [][]any{{1, 2, 3}, {10, 20, 30}}, "13 26 39"},
		{vectorized, [][]any{{1, 2, nil}, {10, 20, 30}}, "13 26 NULL"},
		{declared("PYTHON", "upper", "def upper(s): return s.upper() if s else 'none'", types.String, "s", types.String), [][]any{{"a", nil, "ü"}}, "A none Ü"},
		{declared("PYTHON", "same", "def same(r): return r", every, "r", every), [][]any{{
			[]any{true, 7, vec.DecimalOf(1250), 1.5, "x", []byte{1, 255}, 1000, []any{1, nil}, nil, -35}, nil}}, "(TRUE, 7, 12.50, 1.5, x, x'01ff', 1970-01-01 00:00:01.000, [1, NULL], NULL, -3.5) NULL"},
		{tableOf(declared("PYTHON", "words", "def words(s):\n  for w in (s or '').split():\n    yield w, len(w)", types.Type{}, "s", types.String),
			types.Field{Name: "w", Type: types.String}, types.Field{Name: "n", Type: types.Int32}), [][]any{{"a bc", nil, "d"}}, "[(a, 1), (bc, 2)] [] [(d, 1)]"},
		{tableOf(declared("PYTHON", "one", "def one(n): return range(n)", types.Type{}, "n", types.Int32), types.Field{Name: "i", Type: types.Int32}), [][]any{{2, 0}}, "[(0), (1)] []"},
		{declared("PYTHON", "imports", "import re, math, datetime\ndef imports(s): return len(re.findall('a', s)) + int(math.sqrt(4))", types.Int32, "s", types.String), [][]any{{"aba"}}, "4"},
	})
}

func TestPythonAggregate(t *testing.T) {
	checkMean(t, aggregateOf(declared("PYTHON", "mean", meanInPython, types.Float64, "x", types.Int64)))
	inClass := "class Mean:\n" + indented(meanInPython)
	f := aggregateOf(declared("PYTHON", "mean", inClass, types.Float64, "x", types.Int64))
	f.Entry = "Mean"
	checkMean(t, f)
}

// indented makes functions methods.
func indented(code string) string {
	out := ""
	for _, l := range splitLines(code) {
		if len(l) > 4 && l[:4] == "def " {
			at := 0
			for l[at] != '(' {
				at++
			}
			sep := ", "
			if l[at+1] == ')' {
				sep = ""
			}
			l = l[:at+1] + "self" + sep + l[at+1:]
		}
		out += "    " + l + "\n"
	}
	return out
}

func splitLines(s string) []string {
	var out []string
	for len(s) > 0 {
		i := 0
		for i < len(s) && s[i] != '\n' {
			i++
		}
		out, s = append(out, s[:i]), s[min(i+1, len(s)):]
	}
	return out
}

func TestPythonHostile(t *testing.T) {
	t.Setenv("WEIR_TEST_SECRET", "hunter2")
	bad := func(code string) string { return "import os, sys\ndef f(x):\n  if x == 0: return 0\n" + code }
	// What is forbidden fails with an error of the system, in a second at most.
	checkHostile(t, "PYTHON", []hostile{
		{name: "a loop without end", body: bad("  while True: pass"), code: "W0561", says: "no answer"},
		{name: "a sleep", body: bad("  import time; time.sleep(60)"), code: "W0561", says: "no answer"},
		{name: "a loop that catches everything", body: bad("  while True:\n    try:\n      while True: pass\n    except BaseException: pass"), code: "W0561", says: "no answer"},
		{name: "one while loading", body: "while True: pass", code: "W0561", says: "no answer"},
		{name: "a regular expression without end", body: bad("  import re; re.match('(a+)+$', 'a' * 64 + 'b'); return 1"), code: "W0561", says: "no answer"},
		{name: "a lock that nobody opens", body: bad("  import threading; l = threading.Lock(); l.acquire(); l.acquire()"), code: "W0561", says: "no answer"},
		{name: "a stream without end", body: bad("  import itertools; return sum(itertools.count())"), code: "W0561", says: "no answer"},
		{name: "memory", body: bad("  l = []\n  while True: l.append(bytearray(1 << 20))"), says: ""},
		{name: "memory at once", body: bad("  return len(bytearray(1 << 34))"), code: "W0562", says: "ran out of the 128 MB"},
		{name: "a number of many digits", body: bad("  return 10 ** (10 ** 8)"), code: "W0561", says: "no answer"},
		{name: "recursion", body: bad("  return f(x)"), code: "W0560", says: "RecursionError"},
		{name: "recursion in C", body: bad("  sys.setrecursionlimit(1 << 30)\n  return f(x)"), says: ""},
		{name: "a crash", body: bad("  import ctypes; ctypes.string_at(0)"), code: "W0562", says: "segmentation fault"},
		{name: "abort", body: bad("  os.abort()"), code: "W0562", says: "its process ended"},
		{name: "exit", body: bad("  os._exit(0)"), code: "W0562", says: "its process ended (exit status 0)"},
		{name: "polite exit", body: bad("  sys.exit(3)"), code: "W0560", says: "SystemExit: 3"},
		{name: "a signal to weir", body: bad("  os.kill(os.getppid(), 9)"), code: "W0560", says: "PermissionError"},
		{name: "a signal to all", body: bad("  os.kill(-1, 9)"), code: "W0560", says: "PermissionError"},
		{name: "a fork", body: bad("  while True: os.fork()"), code: "W0560", says: "Error"},
		{name: "a command", body: bad("  import subprocess; subprocess.run(['/bin/true'])"), code: "W0560", says: "Error"},
		{name: "another program", body: bad("  os.execv('/bin/true', ['true'])"), code: "W0560", says: "PermissionError"},
		{name: "a shell", body: bad("  if os.system('true') != 0: raise OSError('no shell')"), code: "W0560", says: "no shell"},
		{name: "a connection", body: bad("  import socket; socket.create_connection(('127.0.0.1', 1), 0.1)"), code: "W0560", says: "PermissionError"},
		{name: "a file written", body: bad("  open('/tmp/weir-escape', 'w')"), code: "W0560", says: "PermissionError"},
		{name: "a file removed", body: bad("  os.unlink('/tmp/weir-escape')"), code: "W0560", says: "PermissionError"},
		{name: "a file renamed", body: bad("  os.rename('/tmp/a', '/tmp/b')"), code: "W0560", says: "PermissionError"},
		{name: "a folder", body: bad("  os.mkdir('/tmp/weir-escape')"), code: "W0560", says: "PermissionError"},
		{name: "a file truncated", body: bad("  os.truncate('/etc/hostname', 0)"), code: "W0560", says: "PermissionError"},
		{name: "limits raised", body: bad("  import resource; resource.setrlimit(resource.RLIMIT_AS, (-1, -1))"), code: "W0560", says: "Error"},
		{name: "its session left", body: bad("  os.setsid()"), code: "W0560", says: "PermissionError"},
		{name: "weir traced", body: bad("  import ctypes; l = ctypes.CDLL(None, use_errno=True); l.ptrace(16, os.getppid(), 0, 0); raise OSError(ctypes.get_errno(), 'traced')"), code: "W0560", says: "PermissionError"},
		{name: "output without end", body: bad("  while True: print('x' * 1000)"), code: "W0561", says: "no answer"},
		{name: "garbage as an answer", body: bad("  import itertools\n  for fd in range(3, 20):\n    try: os.write(fd, b'garbage' * 100)\n    except OSError: pass\n  return 1"), code: "W0563", says: "no answer"},
		{name: "an answer of another type", body: bad("  return 'x'"), code: "W0560", says: "'x' is no int32"},
		{name: "a number that is too large", body: bad("  return 1 << 31"), code: "W0560", says: "2147483648 is no int32"},
		{name: "an error", body: bad("  return 1 // 0"), code: "W0560", says: "ZeroDivisionError: "},
		{name: "an error with its line", body: bad("  return 1 // 0"), code: "W0560", says: "line 4, in f: return 1 // 0"},
		{name: "secrets of the environment", body: bad("  raise OSError(repr(sorted(os.environ)))"), code: "W0560", says: "'LANG'"},
		{name: "the input read", body: bad("  raise OSError(repr(sys.stdin.read()))"), code: "W0560", says: "OSError: ''"},
		{name: "no such function", body: "def g(x): return 1", code: "W0560", says: "its code has no function f"},
		{name: "what does not parse", body: "def f(x) return", code: "W0560", says: "SyntaxError"},
		{name: "a module that is not there", body: "import nosuchmodule\ndef f(x): return 1", code: "W0560", says: "No module named 'nosuchmodule'"},
	})
}

func TestPythonSeesNoSecrets(t *testing.T) {
	t.Setenv("WEIR_TEST_SECRET", "hunter2")
	f := declared("PYTHON", "f", "import os\ndef f(x): return '|'.join(v for k, v in os.environ.items() if 'WEIR' in k)", types.String, "x", types.Int32)
	v, err := kernel(t, host(t), f).Eval(&expr.Ctx{}, batch(f, []any{1}))
	if err != nil || v.StringAt(0) != "" {
		t.Errorf("got %v, %v", v, err)
	}
}

func BenchmarkPython(b *testing.B) {
	benchmarkCall(b, kernel(b, host(b), axb("PYTHON", "def f(a, b): return a * 3 + b")))
}

func BenchmarkPythonVectorized(b *testing.B) {
	f := axb("PYTHON", "import pyarrow.compute as pc\ndef f(a, b): return pc.add(pc.multiply(a, 3), b)")
	f.Options["vectorized"] = "true"
	benchmarkCall(b, kernel(b, host(b), f))
}
