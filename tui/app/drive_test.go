package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/tui/config"
	"github.com/weir-sql/weir/tui/edit"
	"github.com/weir-sql/weir/tui/styles"
)

// shop is a small project for tests.
var shop = map[string]string{
	"weir.yaml": "name: shop\nmode: stream\nparallelism: 2\ntables:\n  both: [sql/tables.sql]\n",
	"sql/tables.sql": `CREATE TABLE orders (
  id BIGINT, user_id BIGINT, amount DECIMAL(10, 2), ts TIMESTAMP(3), proc AS PROCTIME(),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = 'data/orders.jsonl', 'format' = 'json');
CREATE TABLE users (user_id BIGINT, name STRING, city STRING, PRIMARY KEY (user_id) NOT ENFORCED)
WITH ('connector' = 'filesystem', 'path' = 'data/users.csv', 'format' = 'csv');
CREATE TABLE spend (city STRING, window_start TIMESTAMP(3), n BIGINT, total DECIMAL(38, 2))
WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'json');
`,
	"sql/spend.sql": `-- What each city spends in ten minutes.
CREATE TEMPORARY VIEW named AS
SELECT o.id, o.amount, o.ts, u.city
FROM orders AS o
JOIN users FOR SYSTEM_TIME AS OF o.proc AS u ON o.user_id = u.user_id;

INSERT INTO spend
SELECT city, window_start, COUNT(*), SUM(amount)
FROM TABLE(TUMBLE(TABLE named, DESCRIPTOR(ts), INTERVAL '10' MINUTE))
GROUP BY city, window_start, window_end;
`,
	"data/orders.jsonl":           `{"id":1,"user_id":1,"amount":10,"ts":"2026-11-20 10:00:01"}` + "\n",
	"data/users.csv":              "1,Ana,Berlin\n2,陈伟,北京\n",
	"fixtures/late/orders.jsonl":  `{"id":1,"user_id":1,"amount":10,"ts":"2026-11-20 10:00:01"}` + "\n" + `{"id":2,"user_id":2,"amount":5,"ts":"2026-11-20 10:20:00"}` + "\n" + `{"id":3,"user_id":1,"amount":7,"ts":"2026-11-20 10:05:00"}` + "\n",
	"fixtures/late/users.csv":     "user_id,name,city\n1,Ana,Berlin\n2,陈伟,北京\n",
	"fixtures/late/test.yaml":     "about: the third order comes behind the watermark\nscript: sql/spend.sql\nmode: stream\nexpect:\n  spend: |\n    city,window_start,n,total\n    Berlin,2026-11-20 10:00:00,1,10.00\n    北京,2026-11-20 10:20:00,1,5.00\n",
	"fixtures/wrong/orders.jsonl": `{"id":1,"user_id":1,"amount":10,"ts":"2026-11-20 10:00:01"}` + "\n",
	"fixtures/wrong/users.csv":    "user_id,name,city\n1,Ana,Berlin\n",
	"fixtures/wrong/test.yaml":    "script: sql/spend.sql\nmode: stream\nexpect:\n  spend: |\n    city,window_start,n,total\n    Berlin,2026-11-20 10:00:00,2,10.00\n",
}

// project writes files into a folder of its own.
func project(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// options open the workbench on a folder, as a person would who has set nothing.
func options(t testing.TB, dir string) Options {
	t.Helper()
	p, err := session.FindProject(dir)
	if err != nil {
		t.Fatal(err)
	}
	p.Dir = dir
	home := t.TempDir()
	env := func(k string) string { return map[string]string{"HOME": home, "LANG": "C.UTF-8"}[k] }
	settings, err := config.Load(env, p, config.Asked{})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	return Options{
		Project: p, Settings: settings, Mode: session.Stream, Env: env, Version: "test", Still: true,
		Now: func() time.Time { return now },
		Open: func() (*session.Session, error) {
			return session.Open(session.Options{Dir: dir, Config: map[string]string{}})
		},
		Look: styles.Look{Depth: styles.Mono},
	}
}

// driver is a person in front of the workbench: presses keys, waits for what comes of them,
// and looks at the screen.
type driver struct {
	t       testing.TB
	m       *Model
	answers chan tea.Msg
	waiting int
	quit    bool
}

// begin opens the workbench in a window.
func begin(t testing.TB, o Options, w, h int) *driver {
	t.Helper()
	d := &driver{t: t, m: New(o), answers: make(chan tea.Msg)}
	t.Cleanup(func() { _ = d.m.Close() })
	d.send(tea.WindowSizeMsg{Width: w, Height: h})
	d.start(d.m.Init())
	d.settle()
	return d
}

func (d *driver) start(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	d.waiting++
	go func() {
		select {
		case d.answers <- cmd():
		case <-d.m.ctx.Done():
		}
	}()
}

func (d *driver) send(msg tea.Msg) {
	if cmds := listOf(msg); cmds != nil {
		for _, c := range cmds {
			d.start(c)
		}
		return
	}
	if _, ok := msg.(tea.QuitMsg); ok {
		d.quit = true
	}
	if msg == nil {
		return
	}
	_, cmd := d.m.Update(msg)
	d.start(cmd)
}

// settle waits until nothing is under way.
func (d *driver) settle() *driver {
	d.t.Helper()
	over := time.After(60 * time.Second)
	for d.waiting > 0 {
		select {
		case msg := <-d.answers:
			d.waiting--
			d.send(msg)
		case <-over:
			d.t.Fatalf("%d commands are still under way:\n%s", d.waiting, d.screen())
		}
	}
	return d
}

// until waits for a text on the screen, while things may go on.
func (d *driver) until(text string) *driver {
	d.t.Helper()
	over := time.After(60 * time.Second)
	for !strings.Contains(d.screen(), text) {
		select {
		case msg := <-d.answers:
			d.waiting--
			d.send(msg)
		case <-over:
			d.t.Fatalf("%q did not come:\n%s", text, d.screen())
		}
	}
	return d
}

// named are keys by the names that bindings have.
var named = map[string]tea.KeyMsg{}

func init() {
	for k := tea.KeyType(-60); k < 128; k++ {
		m := tea.KeyMsg{Type: k}
		if s := m.String(); s != "" && k != tea.KeyRunes {
			named[s] = m
			named["alt+"+s] = tea.KeyMsg{Type: k, Alt: true}
		}
	}
	named["space"] = tea.KeyMsg{Type: tea.KeySpace, Runes: []rune{' '}}
}

// keyOf makes the message of a key.
func keyOf(name string) tea.KeyMsg {
	if k, ok := named[name]; ok {
		return k
	}
	if rest, ok := strings.CutPrefix(name, "alt+"); ok {
		return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(rest), Alt: true}
	}
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(name)}
}

// press presses keys, one after the other, and waits for what comes of each.
func (d *driver) press(names ...string) *driver {
	d.t.Helper()
	for _, n := range names {
		d.send(keyOf(n))
		d.settle()
	}
	return d
}

// text types.
func (d *driver) text(s string) *driver {
	d.t.Helper()
	for _, r := range s {
		switch r {
		case '\n':
			d.send(keyOf("enter"))
		case ' ':
			d.send(keyOf("space"))
		default:
			d.send(keyOf(string(r)))
		}
	}
	return d.settle()
}

// at puts the cursor of the script somewhere; lines and columns count from 1.
func (d *driver) at(line, col int) *driver {
	d.m.work.editor.Doc().SetCursor(edit.Pos{Line: line - 1, Col: col - 1})
	d.send(struct{}{})
	return d.settle()
}

// screen is what a person sees, without colours.
func (d *driver) screen() string { return ansi.Strip(d.m.View()) }

// expect wants texts on the screen.
func (d *driver) expect(texts ...string) *driver {
	d.t.Helper()
	s := d.screen()
	for _, text := range texts {
		if !strings.Contains(s, text) {
			d.t.Fatalf("%q is not on the screen:\n%s", text, s)
		}
	}
	return d
}

// expectNot wants texts not to be there.
func (d *driver) expectNot(texts ...string) *driver {
	d.t.Helper()
	s := d.screen()
	for _, text := range texts {
		if strings.Contains(s, text) {
			d.t.Fatalf("%q is on the screen:\n%s", text, s)
		}
	}
	return d
}

// script is the text of the script.
func (d *driver) script() string { return d.m.work.editor.Doc().Text() }
