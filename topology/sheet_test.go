package topology

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func sheets(t *testing.T, f func(t *testing.T, name string, s *Sheet)) {
	t.Helper()
	files, err := filepath.Glob("testdata/graphs/*")
	if err != nil || len(files) == 0 {
		t.Fatal("no graphs", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
		m := readModel(t, name)
		for _, o := range []SheetOptions{{Width: 70}, {Width: 120, Lines: 2, LineWidth: 30}, {Width: 70, Tree: true}, {Width: 100, Tree: true, Lines: 1, LineWidth: 40}} {
			f(t, name, NewSheet(m, o))
		}
	}
}

// Every line of a view has the width that was asked for, wherever the view lies, and the
// whole sheet shows every operator.
func TestViewsAreAsWideAsAsked(t *testing.T) {
	sheets(t, func(t *testing.T, name string, s *Sheet) {
		figures := func(op string) []Figure {
			return []Figure{{RoleFigure, "陈 12.4k/s ▁▂▃"}, {RoleFigure, strings.Repeat("x", 300)}}
		}
		chosen := ""
		if len(s.m.Nodes) > 0 {
			chosen = s.m.Nodes[len(s.m.Nodes)/2].Name
		}
		for _, v := range []View{{W: s.Width, H: s.Height}, {X: 3, Y: 1, W: 17, H: 5}, {X: -4, Y: -2, W: 40, H: 9}, {X: s.Width - 3, Y: s.Height - 2, W: 9, H: 4}} {
			v.Figures, v.Chosen, v.Mark = figures, chosen, func(string) rune { return '*' }
			for _, v.ASCII = range []bool{false, true} {
				lines := s.Draw(v)
				if len(lines) != v.H {
					t.Fatalf("%s: %d lines, not %d", name, len(lines), v.H)
				}
				for _, l := range lines {
					if textWidth(l) != v.W {
						t.Errorf("%s: a line of %d cells, not %d: %q", name, textWidth(l), v.W, l)
					}
				}
			}
		}
	})
}

// From the first operator one comes to all that are joined to it by moving.
func TestAllOperatorsAreReached(t *testing.T) {
	sheets(t, func(t *testing.T, name string, s *Sheet) {
		if len(s.m.Nodes) == 0 {
			return
		}
		seen, queue := map[string]bool{}, []string{s.Toward("", Down)}
		for len(queue) > 0 {
			at := queue[0]
			queue = queue[1:]
			if seen[at] {
				continue
			}
			seen[at] = true
			for _, d := range []Direction{Up, Down, Left, Right} {
				queue = append(queue, s.Toward(at, d))
			}
		}
		for i := range s.m.Nodes {
			if n := s.m.Nodes[i].Name; !seen[n] {
				t.Errorf("%s (tree %v): no way to %s", name, s.tree, n)
			}
		}
	})
}

// What is chosen is told without colours.
func TestTheChosenOperatorShowsWithoutColour(t *testing.T) {
	sheets(t, func(t *testing.T, name string, s *Sheet) {
		if len(s.m.Nodes) == 0 {
			return
		}
		all := View{W: s.Width, H: s.Height}
		before := strings.Join(s.Draw(all), "\n")
		for i := range s.m.Nodes {
			all.Chosen = s.m.Nodes[i].Name
			if strings.Join(s.Draw(all), "\n") == before {
				t.Errorf("%s: %s looks the same when it is chosen", name, all.Chosen)
			}
			x, y, w, h := s.Box(all.Chosen)
			if w == 0 || s.At(x+w/2, y+h/2) != all.Chosen {
				t.Errorf("%s: %s is not where its box is", name, all.Chosen)
			}
		}
	})
}

// Every exchange is offered once, the present one among the legal; those that are not
// legal say why, and Apply agrees.
func TestChoicesAgreeWithApply(t *testing.T) {
	entries, err := os.ReadDir("testdata/graphs")
	if err != nil {
		t.Fatal(err)
	}
	legal, illegal := 0, 0
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join("testdata/graphs", entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		g := parseGraph(t, string(text))
		for _, e := range g.Edges {
			now := 0
			for _, c := range g.Choices(e) {
				if c.Now {
					now++
				}
				if c.Why == "" {
					t.Errorf("%s: %s into %s has no reason", entry.Name(), c.Exchange, g.Nodes[e.To].Name)
				}
				in, err := ParseExchange(c.Exchange)
				if err != nil || c.Now || strings.Contains(c.Exchange, "COLUMN") {
					continue
				}
				in.Input = e.Input
				edited, _ := g.Apply([]Edit{{Node: e.To, NodeEdit: NodeEdit{Inputs: []EdgeEdit{in}}}})
				if (edited == nil) != c.Illegal {
					t.Errorf("%s: %s into %s is illegal %v, and Apply says %v", entry.Name(), c.Exchange, g.Nodes[e.To].Name, c.Illegal, edited == nil)
				}
				if c.Illegal {
					illegal++
				} else {
					legal++
				}
			}
			if now != 1 {
				t.Errorf("%s: %d present exchanges into %s", entry.Name(), now, g.Nodes[e.To].Name)
			}
		}
	}
	if legal == 0 || illegal == 0 {
		t.Errorf("%d legal and %d illegal choices were tried", legal, illegal)
	}
}
