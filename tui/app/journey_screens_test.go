package app

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
)

// commit makes a project a git repository with all that is there.
func commit(t testing.TB, dir string) {
	t.Helper()
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"add", "-A"},
		{"-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false", "commit", "-q", "-m", "one"}} {
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
}

// A lookup join is set to hash; both modes are run; a late row is found by stepping; the
// watermark is mended; the modes agree; all of it is held against main.
func TestFromALateRowToTheDiff(t *testing.T) {
	dir := project(t, shop)
	commit(t, dir)
	d := begin(t, options(t, dir), 140, 44)
	d.press("alt+i").text("late").press("enter").expect("on late")

	d.press("alt+2").expect("StreamGraph", "7 operators")
	d.press("/").text("lookup").press("enter").expect("lookup-users")
	d.press("e").expect("input of lookup-users", "hash[user_id]")
	d.press("j", "j", "j", "enter").expect("✓ lookup-users input forward")
	d.press("s").expect("saved spend.topology.yaml")
	if text, err := os.ReadFile(filepath.Join(dir, "sql", "spend.topology.yaml")); err != nil || !strings.Contains(string(text), "in: hash[user_id]") {
		t.Fatalf("%s %v", text, err)
	}

	d.press("alt+3").press("ctrl+r").expect("stream over late", "1 late row", "[spend]", "Berlin")
	d.press("m").expect("BATCH").press("ctrl+r").expect("batch over late: 2 rows out", "17.00")
	d.press("m").press("p").expect("parity spend", "late data", "first differing operator")
	d.press("w").expect("the beginning").press("L").expect("LATE", "dropped 1 row", "watermark")
	d.press("b").expectNot("dropped 1 row").press("n").expect("dropped 1 row").press("esc")

	tables := filepath.Join(dir, "sql", "tables.sql")
	d.press("alt+1").press("ctrl+p").text("tables.sql").press("enter").expect("WATERMARK FOR")
	before := d.script()
	line := strings.Count(before[:strings.Index(before, "'5' SECOND")], "\n")
	d.at(line+1, len(strings.Split(before, "\n")[line])+1)
	for range len("5' SECOND") {
		d.press("backspace")
	}
	d.text("16' MINUTE").press("esc") // no completion
	if !strings.Contains(d.script(), "INTERVAL '16' MINUTE") {
		t.Fatalf("the watermark reads %q", strings.Split(d.script(), "\n")[line])
	}
	d.press("ctrl+s")
	if text, _ := os.ReadFile(tables); !strings.Contains(string(text), "'16' MINUTE") {
		t.Fatalf("not saved:\n%s", text)
	}

	d.press("ctrl+p").text("spend.sql").press("enter").expect("What each city spends")
	d.press("alt+3").press("p").expect("both modes give the same")
	d.press("alt+4").expect("vs HEAD").press("tab").expect("[Topology]", "~ lookup-users", "hash[user_id]")
	d.press("tab").expect("[Rows]", "17.00").press("tab").expect("[State]")
}

// Keys that come together, as a terminal gives them when one is held, each count.
func TestKeysThatComeTogether(t *testing.T) {
	d := begin(t, options(t, project(t, shop)), 120, 40)
	d.press("alt+2").press("/").text("agg").press("enter")
	d.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("++")})
	d.settle().expect("[-] 4 [+]")
}
