package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestFunctionsDoc runs the examples of docs/functions-user.md: each block of SQL gives the
// text behind it. Those in Python are run by `make test-python`.
func TestFunctionsDoc(t *testing.T) { checkFunctionsDoc(t, false) }

func checkFunctionsDoc(t *testing.T, python bool) {
	page, err := os.ReadFile("../../docs/functions-user.md")
	if err != nil {
		t.Fatal(err)
	}
	guest, err := os.ReadFile("../../exec/udf/wasm/testdata/guest.wasm")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile("guest.wasm", guest, 0o600); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, part := range strings.Split(string(page), "```sql\n")[1:] {
		sql, rest, _ := strings.Cut(part, "```\n")
		want, _, ok := strings.Cut(strings.TrimPrefix(rest, "\n```text\n"), "```")
		if !ok || strings.Contains(sql, "LANGUAGE PYTHON") != python {
			continue
		}
		seen++
		if err := os.WriteFile("example.sql", []byte(sql), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, mode := range []string{"batch", "stream"} {
			code, out, problems := weir(t, "run", "--mode", mode, "example.sql")
			switch {
			case mode == "stream" && strings.Contains(sql, "ORDER BY"):
			case code != 0:
				t.Errorf("%s: exit %d\n%s\n%s", mode, code, problems, sql)
			case mode == "batch" && sections(out) != sections(want):
				t.Errorf("got\n%s\nwant\n%s", out, want)
			}
		}
	}
	if seen == 0 {
		t.Error("the page has no examples")
	}
}

// sections sorts the results of a script, which come as they are ready.
func sections(out string) string {
	parts := strings.Split(out, "── select-")
	slices.Sort(parts)
	return strings.Join(parts, "")
}

// weir runs a command in this process.
func weir(t *testing.T, args ...string) (code int, out, problems string) {
	t.Helper()
	dir := t.TempDir()
	open := func(name string) *os.File {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	o, e := open("out"), open("err")
	code = run(args, strings.NewReader(""), o, e)
	read := func(f *os.File) string {
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	return code, read(o), read(e)
}
