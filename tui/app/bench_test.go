package app

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/tui/edit"
	"github.com/weir-sql/weir/tui/styles"
)

// long is a script of n lines that plans.
func long(n int) string {
	var b strings.Builder
	b.WriteString("CREATE TEMPORARY VIEW v0 AS SELECT id, user_id, amount, ts FROM orders;\n")
	for i := 1; b.Len() < 1<<22 && strings.Count(b.String(), "\n") < n-4; i++ {
		fmt.Fprintf(&b, "-- step %d: 'quoted' and `named`\nCREATE TEMPORARY VIEW v%d AS\nSELECT id, user_id, amount * 2 AS amount, ts\nFROM orders\nWHERE amount > %d AND user_id <> %d;\n", i, i, i, i)
	}
	b.WriteString("SELECT COUNT(*) FROM v0;\n")
	return b.String()
}

// percentile of some durations.
func percentile(all []time.Duration, p float64) time.Duration {
	slices.Sort(all)
	return all[min(len(all)-1, int(p*float64(len(all))))]
}

// BenchmarkKeyToFrame is the time from a key to the frame that shows it, Update and View, in a
// script of 5,000 lines in a window of 200x60, while its plans come and go.
func BenchmarkKeyToFrame(b *testing.B) {
	files := map[string]string{"sql/long.sql": long(5000)}
	for k, v := range shop {
		if k != "sql/spend.sql" {
			files[k] = v
		}
	}
	o := options(b, project(b, files))
	o.Look = styles.Look{Depth: styles.Many}
	o.Files = []string{"sql/long.sql"}
	d := begin(b, o, 200, 60)
	d.m.work.editor.Doc().SetCursor(edit.Pos{Line: 2500, Col: 0})
	var took []time.Duration
	text := []rune("SELECT amount FROM orders ")
	i := 0
	for b.Loop() {
		k := tea.KeyMsg{Type: tea.KeyRunes, Runes: text[i%len(text) : i%len(text)+1]}
		if i%40 == 39 {
			k = tea.KeyMsg{Type: tea.KeyEnter}
		}
		i++
		start := time.Now()
		_, cmd := d.m.Update(k)
		d.m.View()
		took = append(took, time.Since(start))
		d.start(cmd)
		select {
		case msg := <-d.answers:
			d.waiting--
			d.send(msg)
		default:
		}
	}
	b.ReportMetric(float64(percentile(took, 0.5).Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(percentile(took, 0.99).Microseconds())/1000, "p99-ms")
	d.settle()
}

// BenchmarkEditToPlan is the time from a key to the frame that shows the plan of it, in a
// script of 100 lines.
func BenchmarkEditToPlan(b *testing.B) {
	files := map[string]string{"sql/hundred.sql": long(100)}
	for k, v := range shop {
		if k != "sql/spend.sql" {
			files[k] = v
		}
	}
	o := options(b, project(b, files))
	o.Files, o.Still = []string{"sql/hundred.sql"}, false
	d := begin(b, options(b, o.Project.Dir), 120, 36)
	d.m.o.Still = false
	d.m.work.editor.Doc().SetCursor(d.m.work.editor.Doc().Cursor())
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		d.send(keyOf("space"))
		want := d.m.version()
		for d.m.plans.ready.Number != want.number || d.m.plans.running {
			msg := <-d.answers
			d.waiting--
			d.send(msg)
		}
		d.m.View()
		took = append(took, time.Since(start))
	}
	b.ReportMetric(float64(percentile(took, 0.5).Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(percentile(took, 0.95).Microseconds())/1000, "p95-ms")
}
