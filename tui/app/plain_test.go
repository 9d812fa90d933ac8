package app

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// Without a screen everything is there as lines: the script, its problems, commands by name, lists.
func TestPlain(t *testing.T) {
	o := options(t, project(t, shop))
	in := strings.Join([]string{
		"show", "line 3 SELECT o.id, o.amont, o.ts, u.city", "line 3", "edit.problem.next", "apply the fix", "line 3",
		"app.fixtures", "app.mode", "show nowhere", "bogus command", "help format", "quit",
	}, "\n") + "\n"
	var out bytes.Buffer
	if err := RunPlain(context.Background(), o, strings.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for _, want := range []string{
		"script spend.sql", "1 -- What each city spends", "plan\n", "spend from", // show
		`column "amont" not found`,                   // after the line was written
		"SELECT o.id, o.amont, o.ts, u.city\n",       // line 3
		"fixed: amont → amount",                      // the fix, by its name
		"SELECT o.id, o.amount, o.ts, u.city\n",      // line 3 again
		"no fixture: runs read the sources", "late:", // the list of fixtures
		"mode batch", "there is no screen \"nowhere\"", "there is no command \"bogus command\"", "edit.format: format the script",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if strings.ContainsAny(text, "\x1b│┌─") {
		t.Errorf("there are boxes or control bytes in\n%s", text)
	}
}
