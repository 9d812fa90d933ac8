package session

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// GenOptions say what rows to make.
type GenOptions struct {
	Rows int    // of each table; tables that are looked up have Keys rows
	Seed uint64 // equal seeds give equal rows
	Keys int    // whole numbers and texts are among so many values, so that tables join
	Skew float64
	// Nulls, Late, Duplicates are shares of rows from 0 to 1: values that are NULL (where the column
	// may be), rows that come LateBy behind, rows that come twice.
	Nulls, Late, Duplicates float64
	LateBy                  time.Duration
	Start                   time.Time
	Every                   time.Duration // between rows of a table
}

// GenerateFixture makes rows for every table that a script reads and writes them as a fixture.
// Rows follow from the options alone.
func (s *Session) GenerateFixture(src diag.Source, o GenOptions, dir string) (rows map[string]int, err error) {
	plan, list := s.Plan(src, Stream)
	if plan == nil || plan.Graph == nil {
		if plan, _ = s.Plan(src, Batch); plan == nil || plan.Graph == nil {
			if list.HasErrors() {
				return nil, list
			}
			return nil, noQuery("")
		}
	}
	rows = map[string]int{}
	tables := map[string]*catalog.Table{}
	looked := map[string]bool{}
	for _, n := range plan.Graph.Nodes {
		switch spec := n.Spec.(type) {
		case *physical.Source:
			tables[spec.Table.Path.Name] = spec.Table
		case *physical.LookupJoin:
			for _, t := range spec.Tables() {
				tables[t.Path.Name], looked[t.Path.Name] = t, true
			}
		}
	}
	var files []fixtureFile
	for i, name := range sortedKeys(tables) {
		g := &generator{GenOptions: o, rng: rand.New(rand.NewPCG(o.Seed, uint64(i)+1)), table: tables[name]}
		n := o.Rows
		if looked[name] {
			n = o.Keys
		}
		f := fixtureFile{name: name, lines: g.lines(n)}
		rows[name] = len(f.lines)
		files = append(files, f)
	}
	about := fmt.Sprintf("Made from seed %d: %d rows a table, %d keys, skew %g, nulls %g, late %g, duplicates %g.", o.Seed, o.Rows, o.Keys, o.Skew, o.Nulls, o.Late, o.Duplicates)
	return rows, writeFixture(dir, about, nil, files, nil)
}

// generator makes the rows of one table.
type generator struct {
	GenOptions
	rng   *rand.Rand
	table *catalog.Table
}

// lines gives rows as JSON.
func (g *generator) lines(n int) []string {
	var out []string
	for i := range n {
		line := g.line(i)
		out = append(out, line)
		if g.rng.Float64() < g.Duplicates && len(g.table.PrimaryKey) == 0 {
			out = append(out, line)
		}
	}
	return out
}

func (g *generator) line(i int) string {
	at := g.Start.Add(time.Duration(i) * g.Every)
	if g.rng.Float64() < g.Late && i > 0 {
		at = at.Add(-g.LateBy)
	}
	var parts []string
	for c, col := range g.table.Columns {
		if col.Kind == catalog.Computed {
			continue
		}
		key := false
		for _, k := range g.table.PrimaryKey {
			key = key || k == c
		}
		clock := g.table.Watermark != nil && g.table.Watermark.Column == c
		value := "null"
		if !col.Type.Nullable || key || clock || g.rng.Float64() >= g.Nulls {
			number := int64(i + 1) // keys count
			if !key || len(g.table.PrimaryKey) > 1 {
				number = g.key()
			}
			value = g.value(col.Type, number, at)
		}
		parts = append(parts, string(vec.AppendJSONString(nil, []byte(col.Name)))+":"+value)
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// key draws a number from 1 to Keys; with skew s the k-th comes as often as k^-s.
func (g *generator) key() int64 {
	if g.Skew <= 0 {
		return 1 + g.rng.Int64N(int64(g.Keys))
	}
	// Inverse of the continuous distribution x^-s on [1, Keys+1).
	u, top := g.rng.Float64(), float64(g.Keys+1)
	x := math.Pow(top, u)
	if g.Skew != 1 {
		x = math.Pow(u*(math.Pow(top, 1-g.Skew)-1)+1, 1/(1-g.Skew))
	}
	return min(int64(x), int64(g.Keys))
}

// value gives a value of a type as JSON. n tells values of one domain apart.
func (g *generator) value(t types.Type, n int64, at time.Time) string {
	switch t.Kind {
	case types.Boolean:
		return fmt.Sprint(g.rng.IntN(2) == 0)
	case types.TinyInt:
		return fmt.Sprint(n % 128)
	case types.SmallInt:
		return fmt.Sprint(n % 32768)
	case types.Integer, types.BigInt:
		return fmt.Sprint(n)
	case types.Float, types.Double:
		return fmt.Sprintf("%.3f", g.rng.Float64()*100)
	case types.Decimal:
		most := int64(math.Pow10(min(t.Precision-t.Scale, 4)))
		whole, part := g.rng.Int64N(max(most, 1)), ""
		if t.Scale > 0 {
			part = fmt.Sprintf(".%0*d", t.Scale, g.rng.Int64N(int64(math.Pow10(min(t.Scale, 9)))))
		}
		return fmt.Sprintf("%q", fmt.Sprint(whole)+part)
	case types.Char, types.VarChar:
		text := fmt.Sprintf("v%d", n)
		if t.Precision > 0 && len(text) > t.Precision {
			text = text[len(text)-t.Precision:]
		}
		return fmt.Sprintf("%q", text)
	case types.Date:
		return at.Format(`"2006-01-02"`)
	case types.Time:
		return at.Format(`"15:04:05"`)
	case types.Timestamp:
		return at.Format(`"2006-01-02 15:04:05.000"`)
	case types.TimestampLTZ:
		return at.Format(`"2006-01-02 15:04:05.000Z"`)
	case types.Array:
		var items []string
		for range g.rng.IntN(4) {
			items = append(items, g.value(*t.Elem, g.key(), at))
		}
		return "[" + strings.Join(items, ",") + "]"
	case types.Row:
		var members []string
		for _, f := range t.Fields {
			members = append(members, string(vec.AppendJSONString(nil, []byte(f.Name)))+":"+g.value(f.Type, g.key(), at))
		}
		return "{" + strings.Join(members, ",") + "}"
	}
	return "null" // bytes, maps and the like have no natural values
}
