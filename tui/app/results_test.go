package app

import (
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
)

// The statement under the cursor is run and its rows are seen without leaving the script: they
// are asked about, and put away.
func TestRowsBesideTheScript(t *testing.T) {
	d := begin(t, options(t, project(t, shop)), 130, 40)
	d.press("alt+i").text("late").press("enter")
	d.at(9, 3).press("ctrl+r").expect("[1 Edit]", "What each city spends", "┌─ Results", "[spend]", "Berlin", "1 late row dropped")
	d.text("x")
	if !strings.Contains(d.script(), "\nFRxOM TABLE") {
		t.Fatal("the keys do not go to the script")
	}
	d.press("ctrl+z").press("alt+u").press("]").expect("[spend folded]").press("s").expect("↑").press("y").expect("[why]", "orders.jsonl:1")
	d.press("esc").expect("[1 Edit]", "┌─ Results").press("alt+u", "alt+u").expectNot("┌─ Results")
	d.press("alt+n").text("SELECT name, city FROM users;").press("esc", "ctrl+r").expect("┌─ Results", "北京", "Ana")
	d.text("\nSELECT nobody FROM users;").press("esc", "ctrl+r").expect("✗", "nobody")

	small := begin(t, options(t, project(t, shop)), 80, 24)
	small.press("alt+i").text("late").press("enter").at(9, 3).press("ctrl+r").expect("[Results]", "Berlin")
	small.press("esc").expect("[Script]", "What each city spends")
}

// Borders between parts are dragged with the mouse, on every screen, and stay where they were put.
func TestBordersAreDragged(t *testing.T) {
	dir := project(t, shop)
	o := options(t, dir)
	d := begin(t, o, 130, 40)
	drag := func(x, y, toX, toY int) {
		t.Helper()
		left := tea.MouseMsg{Button: tea.MouseButtonLeft}
		for _, m := range []struct {
			x, y int
			a    tea.MouseAction
		}{{x, y, tea.MouseActionPress}, {(x + toX) / 2, (y + toY) / 2, tea.MouseActionMotion}, {toX, toY, tea.MouseActionMotion}, {toX, toY, tea.MouseActionRelease}} {
			left.X, left.Y, left.Action = m.x, m.y, m.a
			d.send(left)
		}
		d.settle()
		checkFrame(t, d.m.View(), 130, 40, false)
	}
	border := func(text string) (x, y int) {
		t.Helper()
		for y, line := range strings.Split(d.screen(), "\n") {
			if i := strings.Index(line, text); i >= 0 {
				return len([]rune(line[:i])), y
			}
		}
		t.Fatalf("there is no %q:\n%s", text, d.screen())
		return 0, 0
	}
	x, y := border("┌─ spend.sql")
	drag(x, y+4, x+9, y+4)
	if to, _ := border("┌─ spend.sql"); to != x+9 {
		t.Errorf("the catalog's border went from %d to %d, not %d", x, to, x+9)
	}
	x, y = border("┌─ Plan")
	drag(x+5, y, x+5, y-6)
	if _, to := border("┌─ Plan"); to != y-6 {
		t.Errorf("the plan's border went from %d to %d, not %d", y, to, y-6)
	}
	drag(x+5, y-6, x+5, 0) // too far: the script keeps some lines
	d.expect("spend.sql", "What each city spends")

	d.press("alt+2")
	x, y = border("┐┌")
	drag(x, y+3, x-10, y+3)
	if to, _ := border("┐┌"); to != x-10 {
		t.Errorf("the inspector's border went from %d to %d, not %d", x, to, x-10)
	}

	d.start(d.m.saveNow())
	d.settle()
	screen := d.screen()
	d = begin(t, o, 130, 40)
	if got := d.screen(); got != screen {
		t.Errorf("after a restart the screen is\n%s\nwas\n%s", got, screen)
	}
}

// Whatever was dragged in whatever window, all parts fit in any other.
func TestDraggedSizesFitAnyWindow(t *testing.T) {
	d := begin(t, options(t, project(t, shop)), 130, 40)
	d.press("alt+i").text("late").press("enter").at(9, 3).press("ctrl+r")
	for _, size := range []int{1, 5, 30, 1000} {
		sizes := map[string]int{}
		for _, name := range []string{"edit.results", "edit.catalog", "edit.plan", "edit.problems", "topology.side", "topology.below", "debug.side", "debug.below", "jobs.top"} {
			sizes[name] = size
		}
		d.m.env.Splits.Restore(sizes)
		for _, w := range [][2]int{{40, 10}, {80, 24}, {100, 28}, {101, 31}, {120, 36}, {250, 80}, {130, 40}} {
			d.send(tea.WindowSizeMsg{Width: w[0], Height: w[1]})
			for i := range d.m.screens {
				d.start(d.m.show(i))
				d.settle()
				if checkFrame(t, d.m.View(), w[0], w[1], false); t.Failed() {
					t.Fatalf("size %d, window %v, screen %s:\n%s", size, w, d.m.screens[i].name, d.screen())
				}
			}
			d.start(d.m.show(0))
			d.settle()
		}
	}
}
