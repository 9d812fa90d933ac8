package topology

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/weir-sql/weir/planner/diag"
)

// The notation of testdata/graphs/*.txt, a line a node, inputs before consumers:
//
//	NAME KIND pN ["label"] [WORD=VALUE …] [<- INPUT[:PARTITIONER[keys]] …]
//
// WORD is cols, key, upsert (a,b/c), emits (I,UB,UA,D), state (fields), ttl (1h,0s),
// group, chaining, max, id (identity), means, detail, bounded, or anything else for
// a property. Values may be quoted. The first line may be `script NAME [batch]`.
// An input without partitioner is forward; edges carry the changelog of their
// producer. Into a node with state, keys are what it requires (forward[k]: rows are
// spread by k already), and global means that it requires one task.
func parseGraph(t testing.TB, text string) *Graph {
	t.Helper()
	g := &Graph{Mode: Stream, Script: diag.Source{Name: "script.sql", Text: text}}
	offset := 0
	byName := map[string]*Node{}
	for line := range strings.Lines(text) {
		f := fields(t, line)
		start := offset
		offset += len(line)
		if len(f) == 0 || strings.HasPrefix(f[0], "#") {
			continue
		}
		if f[0] == "script" {
			g.Script.Name = unquote(t, f[1])
			if len(f) > 2 {
				g.Mode = Mode(f[2])
			}
			continue
		}
		n := &Node{Name: f[0], Kind: Kind(f[1]), Span: diag.Span{Start: start, End: offset - 1}}
		byName[f[0]] = n
		g.Add(n)
		f = f[2:]
		for len(f) > 0 && f[0] != "<-" {
			parseWord(t, n, f[0])
			f = f[1:]
		}
		for i := 1; i < len(f); i++ {
			g.Connect(parseInput(t, byName, n, i-1, f[i]))
		}
	}
	if err := g.AssignUIDs(); err != nil {
		t.Fatal(err)
	}
	return g
}

func parseWord(t testing.TB, n *Node, word string) {
	t.Helper()
	key, value, pair := strings.Cut(word, "=")
	if strings.HasPrefix(word, `"`) || !pair {
		if p, ok := strings.CutPrefix(word, "p"); ok && !strings.HasPrefix(word, `"`) {
			n.Parallelism = atoi(t, p)
			return
		}
		n.Label = unquote(t, word)
		return
	}
	value = unquote(t, value)
	list := strings.Split(value, ",")
	switch key {
	case "cols":
		for _, c := range list {
			n.Columns = append(n.Columns, Column{c, "BIGINT"})
		}
	case "key":
		n.Keys = list
	case "upsert":
		for _, k := range strings.Split(value, "/") {
			n.UpsertKeys = append(n.UpsertKeys, columnsOf(t, n, k))
		}
	case "emits":
		if err := n.Changelog.UnmarshalText([]byte(value)); err != nil {
			t.Fatal(err)
		}
	case "state":
		var s []StateField
		for _, name := range list {
			s = append(s, StateField{name, "BIGINT"})
		}
		n.State = NewStateSchema([]string{"BIGINT"}, s)
	case "ttl":
		for _, s := range list {
			d, err := time.ParseDuration(s)
			if err != nil {
				t.Fatal(err)
			}
			n.StateTTL = append(n.StateTTL, d)
		}
	case "group":
		n.SlotGroup = value
	case "chaining":
		n.Chaining = Chaining(value)
	case "max":
		n.MaxParallelism = atoi(t, value)
	case "id":
		n.Identity = value
	case "means":
		n.Meaning = value
	case "detail":
		n.Detail = append(n.Detail, value)
	case "bounded":
		n.Bounded = true
	default:
		n.Props = append(n.Props, Prop{key, value})
	}
}

func parseInput(t testing.TB, byName map[string]*Node, to *Node, input int, text string) *Edge {
	t.Helper()
	name, p, _ := strings.Cut(text, ":")
	from := byName[name]
	if from == nil {
		t.Fatalf("no node %q", name)
	}
	e := &Edge{From: from.ID, To: to.ID, Input: input, Partitioner: Forward, Changelog: from.Changelog}
	if len(from.UpsertKeys) > 0 {
		e.UpsertKey = from.UpsertKeys[0]
	}
	if p, keys, ok := strings.Cut(p, "["); ok {
		e.Partitioner = Partitioner(p)
		e.HashKeys = columnsOf(t, from, strings.TrimSuffix(keys, "]"))
		if to.State != nil {
			e.Required = Distribution{HashDistributed, e.HashKeys}
		}
		if e.Partitioner == Forward { // rows are spread by the key already
			e.HashKeys = nil
		}
	} else if p != "" {
		e.Partitioner = Partitioner(p)
	}
	if e.Partitioner == Global && to.State != nil {
		e.Required = Distribution{Kind: Singleton}
	}
	return e
}

func columnsOf(t testing.TB, n *Node, names string) (columns []int) {
	t.Helper()
	for _, name := range strings.Split(names, ",") {
		found := false
		for i, c := range n.Columns {
			if c.Name == name {
				columns, found = append(columns, i), true
			}
		}
		if !found {
			t.Fatalf("no column %q in %s", name, n.Name)
		}
	}
	return columns
}

// fields splits at spaces outside double quotes.
func fields(t testing.TB, line string) (out []string) {
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
		end, quoted := 0, false
		for end < len(line) && (quoted || line[end] != ' ') {
			if line[end] == '\\' {
				end++
			} else if line[end] == '"' {
				quoted = !quoted
			}
			end++
		}
		if quoted {
			t.Fatalf("quote not closed: %s", line)
		}
		out = append(out, line[:end])
		line = line[end:]
	}
	return out
}

func unquote(t testing.TB, s string) string {
	if !strings.HasPrefix(s, `"`) {
		return s
	}
	u, err := strconv.Unquote(s)
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return u
}

// readGraph reads testdata/graphs/NAME.txt.
func readGraph(t testing.TB, name string) *Graph {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "graphs", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	return parseGraph(t, string(text))
}

func readModel(t testing.TB, name string) *Model {
	t.Helper()
	return modelOf(t, readGraph(t, name))
}

func modelOf(t interface {
	Helper()
	Fatal(...any)
}, g *Graph) *Model {
	t.Helper()
	m, err := NewModel(g)
	if err != nil {
		t.Fatal(fmt.Sprint(err))
	}
	return m
}
