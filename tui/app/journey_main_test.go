package app

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// story is a journey that is told: frames of it are kept with the sentence that leads to them.
type story struct {
	*driver
	scenes []scene
}

type scene struct {
	said, screen string
	first        bool // it stands in the README, too
}

// took is a time that something took, and the room behind it: another every time.
var took = regexp.MustCompile(`(, | in )\d+(\.\d+)?(µs|ms|s)( *)`)

// tell keeps what is on the screen.
func (s *story) tell(first bool, said string) *story {
	s.t.Helper()
	screen := took.ReplaceAllStringFunc(s.screen(), func(m string) string { return strings.Repeat(" ", len([]rune(m))) })
	lines := strings.Split(screen, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	s.scenes = append(s.scenes, scene{said, strings.Join(lines, "\n"), first})
	return s
}

// The journey that the workbench is for, whole: write, mend a mistake by its hint, see rows without writing any, have
// a lookup join hash its input, run both modes, see that a row comes late, step to it, mend the watermark, have the test
// pass, and hold all of it against main. It is what docs/journey.md tells; -update writes it anew.
func TestTheJourney(t *testing.T) {
	files := maps.Clone(shop)
	files["fixtures/late/test.yaml"] = "about: an order that comes late counts\nscript: sql/spend.sql\nmode: both\nexpect:\n  spend: |\n" +
		"    city,window_start,n,total\n    Berlin,2026-11-20 10:00:00,2,17.00\n    北京,2026-11-20 10:20:00,1,5.00\n"
	for name := range files {
		if strings.HasPrefix(name, "fixtures/wrong") {
			delete(files, name)
		}
	}
	dir := project(t, files)
	commit(t, dir)
	o := options(t, dir)
	s := &story{driver: begin(t, o, 80, 22)}

	// Write; a mistake is told at its place, with what mends it.
	s.at(5, len(strings.Split(s.script(), "\n")[4])).text("\nWHERE o.amout > 0").press("esc").expect("error", "alt+enter amout → amount")
	if !strings.Contains(s.script(), "u.user_id\nWHERE o.amout > 0;") {
		t.Fatal(s.script())
	}
	s.tell(true, "One writes. A mistake is told as it is made, at its place; `alt+enter` applies the fix that planning has shown to help.")
	s.press("alt+enter").expectNot("error").press("ctrl+s").expect("saved sql/spend.sql")

	// See what the INSERT would write; nothing is written.
	s.press("alt+i").text("late").press("enter")
	s.at(10, 3).press("ctrl+r").expect("[Results]", "Berlin", "1 late row dropped").press("s").expect("↑")
	s.tell(false, "`ctrl+r` runs the statement under the cursor over the fixture `late`: the changelog of what it would write, sorted with `s`. Nothing is written.")
	if _, err := os.Stat(filepath.Join(dir, "out")); err == nil {
		t.Fatal("a preview has written")
	}

	// The lookup join is to hash its input.
	s.press("esc", "alt+2").press("/").text("lookup").press("enter").press("e").expect("hash[user_id]")
	s.tell(true, "Topology: how rows get to the lookup join. What is not legal says why; `hash` has one task see all rows of a user.")
	s.press("j", "j", "j", "enter").expect("◀ hash[user_id]  filesystem").press("s").expect("saved spend.topology.yaml")

	// Both modes, and where they part.
	s.press("alt+3", "ctrl+r").expect("stream over late", "1 late row", "Berlin")
	s.press("m", "ctrl+r").expect("batch over late", "17.00").press("m")
	s.press("p").expect("parity spend", "late data", "first differing operator")
	s.tell(false, "Debug: the stream and the batch do not agree. `p` says where they part and why: a row came behind the watermark.")

	// Step to the late row.
	s.press("w").expect("the beginning").press("L").expect("LATE")
	s.tell(false, "`w` walks through the run, `L` to the late row: the moment at which it is dropped, and what was before. `b` goes back.")
	s.press("b").press("n").expect("LATE").press("esc")

	// The watermark waits longer; the test passes.
	s.press("alt+y").text("late").press("enter").until("expectation").press("esc", "esc")
	s.press("alt+1").press("ctrl+p").text("tables.sql").press("enter").expect("WATERMARK FOR")
	line := strings.Split(s.script(), "\n")[2]
	s.at(3, len(line)+1)
	for range len("5' SECOND") {
		s.press("backspace")
	}
	s.text("16' MINUTE").press("esc", "ctrl+s").expect("saved sql/tables.sql")
	s.press("ctrl+p").text("spend.sql").press("enter").expect("What each city spends")
	s.press("alt+y").text("late").press("enter").until("1 passed").expect("✓ late")
	s.tell(false, "The watermark waits 16 minutes now, and the fixture's test passes, as a stream and as a batch.")
	s.press("esc", "esc").press("alt+3", "p").expect("both modes give the same")

	// All of it against main.
	s.press("alt+4", "d").press("ctrl+u").text("main").press("enter").expect("Diff against main", "+ WHERE o.amount > 0;").press("tab").expect("[Topology]", "lookup-users", "hash[user_id]")
	s.tell(false, "Diff: what the branch changes against `main`, in the SQL, the graph, the rows over the fixture, and in what becomes of state.")

	s.check(t)
}

// check holds the told journey against docs/journey.md and the part of it in the README.
func (s *story) check(t *testing.T) {
	t.Helper()
	frame := func(c scene) string { return c.said + "\n\n```text\n" + c.screen + "\n```\n" }
	page := "# A journey through the workbench\n\n`go test ./tui/app -run TestTheJourney` makes this journey, and `-update` writes it down here: every frame is what a terminal of 80 by 22 shows.\n"
	short := ""
	for i, c := range s.scenes {
		page += fmt.Sprintf("\n## %d\n\n%s", i+1, frame(c))
		if c.first {
			short += "\n" + frame(c)
		}
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	const from, to = "<!-- from docs/journey.md -->\n", "\n<!-- the whole journey -->"
	head, rest, ok := strings.Cut(string(readme), from)
	_, tail, ok2 := strings.Cut(rest, to)
	if !ok || !ok2 {
		t.Fatal("the README has no room for the journey")
	}
	for path, want := range map[string]string{"../../docs/journey.md": page, "../../README.md": head + from + short + to + tail} {
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("%s tells another journey: go test ./tui/app -run TestTheJourney -update (%v)", path, err)
		}
	}
}
