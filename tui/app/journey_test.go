package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
)

// The journeys: whole sessions of a person.

func TestWriteAScript(t *testing.T) {
	d := begin(t, options(t, project(t, shop)), 120, 36)
	d.expect("sql/spend.sql", "What each city spends", "✓ no problems", "STREAM", "7 operators")
	d.press("alt+n").text("SELECT  FROM ord").expect("filesystem") // tables are offered
	d.press("enter").text(" AS o WHERE o.user_id = 3").at(1, 8).text("o.amou")
	d.expect("amount", "column", "DECIMAL(10, 2)")
	d.press("tab")
	if got := d.script(); got != "SELECT o.amount FROM orders AS o WHERE o.user_id = 3" {
		t.Fatalf("%q", got)
	}
	d.expect("✓ no problems", "Plan", "orders")
	d.press("ctrl+s").expect("saved sql/script-1.sql")
}

func TestFixAnErrorByItsHint(t *testing.T) {
	d := begin(t, options(t, project(t, shop)), 120, 36)
	d.at(3, 20).press("backspace") // o.amont
	d.expect("4 errors", "not found", "of the last script without errors", "alt+enter amont → amount")
	d.press("alt+enter").expect("fixed:", "✓ no problems")
	if !strings.Contains(d.script(), "o.amount") {
		t.Fatal(d.script())
	}
	d.press("ctrl+z").expect("4 errors")
}

func TestTheOperatorUnderTheCursorIsMarked(t *testing.T) {
	d := begin(t, options(t, project(t, shop)), 120, 36)
	d.at(10, 3).expect("keeps state")
	d.at(7, 14).expect("spend · ")
	d.press("alt+p", "right").expect("Plan")
	d.press("g").expectNot("nothing is on")
}

func TestRunTheTests(t *testing.T) {
	d := begin(t, options(t, project(t, shop)), 120, 36)
	d.press("alt+y").expect("late", "wrong", "all tests")
	d.press("enter").until("expectations do not hold")
	d.expect("✓", "✗")
	d.press("esc").expect("test wrong (stream)", "tests 1 ✓ 1 ✗")
	d.press("alt+m", "enter").expect("test.yaml")
}

func TestModesAndFixtures(t *testing.T) {
	d := begin(t, options(t, project(t, shop)), 120, 36)
	d.press("f10").expect("BATCH", "batch · 7 operators")
	d.press("alt+i").text("late").press("enter").expect("BATCH on late", "runs read fixture late")
	d.press("alt+i").text("no fix").press("enter").expectNot("on late")
}

func TestThePaletteFindsWhatOneDoesNotKnow(t *testing.T) {
	d := begin(t, options(t, project(t, shop)), 120, 36)
	d.press("ctrl+p").text("comment").expect("comment lines or not", "ctrl+_")
	d.press("enter")
	if !strings.HasPrefix(d.script(), "-- -- What") && !strings.HasPrefix(d.script(), "What") {
		t.Fatal(d.script()[:20])
	}
	d.press("ctrl+p").text("tables.sql").press("enter").expect("CREATE TABLE orders")
	d.press("f1").text("ctrl+f").expect("find")
	d.press("esc", "esc").expectNot("Help")
}

func TestSearchAndReplace(t *testing.T) {
	d := begin(t, options(t, project(t, shop)), 120, 36)
	d.press("ctrl+f").text("city").expect("4 matches")
	d.press("enter").press("f3")
	d.press("alt+r").press("ctrl+u").text("CITY").press("tab").text("town").press("alt+enter")
	if n := strings.Count(d.script(), "town"); n != 0 {
		t.Fatalf("capitals were asked for, %d were replaced", n)
	}
	d.press("tab", "ctrl+u").text("city").press("alt+enter").expect("replaced")
	if strings.Contains(d.script(), "city,") || !strings.Contains(d.script(), "u.town") {
		t.Fatal(d.script())
	}
	d.press("esc", "ctrl+z")
	if !strings.Contains(d.script(), "u.city") {
		t.Fatal("replacing all is not one step to undo")
	}
}

func TestPasteKeepsLines(t *testing.T) {
	d := begin(t, options(t, project(t, shop)), 80, 24)
	d.press("alt+n")
	d.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("SELECT 1\r\n  , 2\rFROM orders"), Paste: true})
	d.settle()
	if got := d.script(); got != "SELECT 1\n  , 2\nFROM orders" {
		t.Fatalf("%q", got)
	}
}

func TestFormat(t *testing.T) {
	d := begin(t, options(t, project(t, shop)), 80, 24)
	d.press("alt+n").text("select  id from orders where amount>1").press("alt+f")
	if got := d.script(); !strings.HasPrefix(got, "SELECT id") {
		t.Fatalf("%q", got)
	}
}

func TestHistoryHasWhatWasRun(t *testing.T) {
	dir := project(t, shop)
	d := begin(t, options(t, dir), 120, 36)
	d.m.history.add(entry{Time: d.m.o.Now(), Script: "sql/spend.sql", Mode: "stream", Text: "CREATE TABLE x (a INT) WITH ('password' = 'hunter2');\nINSERT INTO spend SELECT 1"})
	d.press("alt+h").expect("INSERT INTO spend SELECT 1", "stream").expectNot("hunter2")
	raw, err := os.ReadFile(filepath.Join(dir, ".weir", "workbench", "history.jsonl"))
	if err != nil || strings.Contains(string(raw), "hunter2") {
		t.Fatalf("%v %s", err, raw)
	}
}

func TestWhatIsNotSavedIsKept(t *testing.T) {
	dir := project(t, shop)
	o := options(t, dir)
	d := begin(t, o, 120, 36)
	d.at(1, 1).text("-- mine\n").press("alt+n").text("SELECT 42").press("f10")
	d.start(d.m.saveNow())
	d.settle()
	again := begin(t, o, 120, 36)
	if again.script() != "SELECT 42" {
		t.Fatalf("%q", again.script())
	}
	again.expect("BATCH")
	again.press("ctrl+pgup")
	if !strings.HasPrefix(again.script(), "-- mine\n--") {
		t.Fatalf("%q", again.script())
	}
	if text, _ := os.ReadFile(filepath.Join(dir, "sql", "spend.sql")); strings.Contains(string(text), "mine") {
		t.Fatal("the file was written without being asked")
	}
	again.press("ctrl+s").expect("saved sql/spend.sql")
	if text, _ := os.ReadFile(filepath.Join(dir, "sql", "spend.sql")); !strings.HasPrefix(string(text), "-- mine") {
		t.Fatal("not written")
	}
}

// TestDraftsOfNewScripts: a new script that takes another's place takes its draft's name, not its text.
func TestDraftsOfNewScripts(t *testing.T) {
	o := options(t, project(t, shop))
	d := begin(t, o, 120, 36)
	d.press("alt+n").text("SELECT 41").press("alt+n").text("SELECT 42")
	d.start(d.m.saveNow())
	d.settle()
	d.press("ctrl+pgup", "alt+q", "alt+q")
	d.start(d.m.saveNow())
	d.settle()
	again := begin(t, o, 120, 36)
	for range 3 {
		if again.script() == "SELECT 42" {
			return
		}
		again.press("ctrl+pgup")
	}
	t.Fatalf("lost; %q is there", again.script())
}

// The demo begins in the editor, wherever one was the last time.
func TestBeginAtTheScript(t *testing.T) {
	o := options(t, project(t, shop))
	d := begin(t, o, 120, 36)
	d.press("alt+t", "alt+3")
	d.start(d.m.saveNow())
	d.settle()
	begin(t, o, 120, 36).expect("[3 Debug]")
	o.AtScript = true
	d = begin(t, o, 120, 36)
	d.expect("[1 Edit]").text("--")
	if !strings.HasPrefix(d.script(), "----") {
		t.Fatal("the keys do not go to the script")
	}
}

func TestCtrlCQuitsAtTheSecond(t *testing.T) {
	d := begin(t, options(t, project(t, shop)), 80, 24)
	if d.press("ctrl+c"); d.quit {
		t.Fatal("the first ctrl+c quits")
	}
	d.expect("again quits")
	if d.press("ctrl+c"); !d.quit {
		t.Fatal("the second does not")
	}
}

func TestVim(t *testing.T) {
	o := options(t, project(t, shop))
	o.Settings.Keys = "vim"
	d := begin(t, o, 120, 36)
	d.press("alt+n").expect("NORMAL")
	d.press("i").expect("INSERT").text("SELECT amount, id FROM orders").press("esc").expect("NORMAL")
	d.press("0", "w").text("cwtotal").press("esc")
	want := func(s string) {
		t.Helper()
		if d.script() != s {
			t.Fatalf("%q, want %q", d.script(), s)
		}
	}
	want("SELECT total, id FROM orders")
	d.text("fi").text("x").text("u")
	want("SELECT total, id FROM orders")
	d.text("yyp")
	want("SELECT total, id FROM orders\nSELECT total, id FROM orders")
	d.text("2w").text("dw").text(".")
	d.text("uu")
	want("SELECT total, id FROM orders\nSELECT total, id FROM orders")
	d.text("ggdG")
	want("")
	d.text("ia b c").press("esc").text("0").text("xu").text("3x")
	want(" c")
	d.press(":").expect("Palette")
}
