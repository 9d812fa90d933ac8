// Package random makes random queries over small random tables, so that a stream, a batch and a
// real Flink can be compared on what nobody thought of. What it makes is valid and has one result:
// order, time of day and ties decide nothing.
package random

import (
	"encoding/json"
	"fmt"
	"strings"

	"pgregory.net/rapid"
)

// Case is a query over tables.
type Case struct {
	Tables  []*Table // that the query may read
	Query   string
	Options map[string]string
	Views   []string // statements behind the declarations of the tables
	// Sources is how many scans the query has: of one, the changelog is Flink's row by row.
	Sources int
}

// Table is a declaration and its rows.
type Table struct {
	Name    string
	Columns []Column
	Key     string // primary key column; "" = none
	Rowtime bool   // ts is event time
	Rows    []Row
}

// Column is a column of a table or query.
type Column struct {
	Name string
	Kind Kind
}

// Kind is a type that expressions are made of.
type Kind string

// The kinds.
const (
	Int     Kind = "INT"
	BigInt  Kind = "BIGINT"
	String  Kind = "STRING"
	Decimal Kind = "DECIMAL(8, 2)"
	Double  Kind = "DOUBLE"
	Bool    Kind = "BOOLEAN"
	Time    Kind = "TIMESTAMP(3)"
)

// Row is a row with its kind: +I, -U, +U or -D.
type Row struct {
	Op     string
	Values map[string]any // JSON values by column
}

// DDL declares the table over a file $DIR/NAME.json, in the JSON or Debezium format.
func (t *Table) DDL() string {
	var parts []string
	for _, c := range t.Columns {
		parts = append(parts, c.Name+" "+string(c.Kind))
	}
	format := "json"
	if t.Key != "" {
		parts, format = append(parts, "PRIMARY KEY ("+t.Key+") NOT ENFORCED"), "debezium-json"
	}
	if t.Rowtime {
		parts = append(parts, "WATERMARK FOR ts AS ts - INTERVAL '5' SECOND")
	}
	return fmt.Sprintf("CREATE TABLE %s (%s) WITH ('connector'='filesystem','path'='file://$DIR/%s.json','format'='%s')", t.Name, strings.Join(parts, ", "), t.Name, format)
}

// Changes tells whether rows are taken back or changed.
func (t *Table) Changes() bool { return t.Key != "" }

// Given are the rows as a request to weir holds them.
func (t *Table) Given() []json.RawMessage {
	out := []json.RawMessage{}
	for _, r := range t.Rows {
		members := map[string]any{}
		for k, v := range r.Values {
			members[k] = v
		}
		if r.Op != "+I" {
			members["$op"] = r.Op
		}
		out = append(out, encode(members))
	}
	return out
}

// File is the text of the table's file.
func (t *Table) File() string {
	var b strings.Builder
	for i := 0; i < len(t.Rows); i++ {
		r := t.Rows[i]
		var message any = r.Values
		switch {
		case !t.Changes():
		case r.Op == "+I":
			message = map[string]any{"before": nil, "after": r.Values, "op": "c"}
		case r.Op == "-D":
			message = map[string]any{"before": r.Values, "after": nil, "op": "d"}
		default: // -U and the +U after it are one message
			i++
			message = map[string]any{"before": r.Values, "after": t.Rows[i].Values, "op": "u"}
		}
		b.Write(encode(message))
		b.WriteByte('\n')
	}
	return b.String()
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // maps of plain values
	}
	return b
}

// shapes are the columns of the tables that there are.
var shapes = []Table{
	{Name: "a", Columns: []Column{{"id", Int}, {"k", Int}, {"g", String}, {"v", Int}, {"d", Decimal}, {"ts", Time}}, Rowtime: true},
	{Name: "b", Columns: []Column{{"id", Int}, {"k", Int}, {"s", String}, {"w", BigInt}, {"x", Double}, {"f", Bool}, {"ts", Time}}, Rowtime: true},
	{Name: "c", Columns: []Column{{"id", Int}, {"k", Int}, {"g", String}, {"v", Int}}, Key: "id"},
	{Name: "h", Columns: []Column{{"k", Int}, {"g", String}, {"r", Int}, {"ts", Time}}, Key: "k", Rowtime: true},
}

// rows draws the rows of a table; filled asks for one at least, ordered for none that is late.
func rows(t *rapid.T, shape Table, filled, ordered bool) *Table {
	out := shape
	out.Rows = nil
	least := 0
	if filled {
		least = 1
	}
	n := rapid.IntRange(least, 9).Draw(t, "rows of "+shape.Name)
	at := 0
	alive := map[int]map[string]any{}
	since := map[int]int{} // when a key got its row
	for i := range n {
		at += rapid.IntRange(0, 4).Draw(t, "later")
		row := map[string]any{}
		for _, c := range shape.Columns {
			row[c.Name] = value(t, c, i, at)
		}
		if ordered && row["ts"] != nil {
			row["ts"] = timeText(at)
		}
		if !shape.Changes() {
			out.Rows = append(out.Rows, Row{"+I", row})
			continue
		}
		id := rapid.IntRange(0, 4).Draw(t, "id")
		row[shape.Key] = id
		if shape.Rowtime { // versions come in the order of their times
			row["ts"] = timeText(at)
		}
		switch before := alive[id]; {
		case before == nil:
			out.Rows = append(out.Rows, Row{"+I", row})
			alive[id], since[id] = row, at
		// A deletion has the time of what it deletes: behind the watermark it would come too late for some.
		case (!shape.Rowtime || at-since[id] < 5) && rapid.IntRange(0, 2).Draw(t, "gone") == 0:
			out.Rows = append(out.Rows, Row{"-D", before})
			delete(alive, id)
		default:
			out.Rows = append(out.Rows, Row{"-U", before}, Row{"+U", row})
			alive[id], since[id] = row, at
		}
	}
	return &out
}

func timeText(at int) string {
	return fmt.Sprintf("2024-01-01 00:%02d:%02d", (at+60)/60, (at+60)%60)
}

// value draws a value. Few different ones, so that they meet; one in six is NULL.
func value(t *rapid.T, c Column, row, at int) any {
	switch c.Name {
	case "id":
		return row
	case "ts":
		return timeText(at - rapid.IntRange(0, 4).Draw(t, "late")) // within the watermark
	}
	if rapid.IntRange(0, 5).Draw(t, "null") == 0 {
		return nil
	}
	n := rapid.IntRange(0, 4).Draw(t, "value")
	switch c.Kind {
	case String:
		return []string{"", "a", "ab", "B", "b"}[n]
	case Decimal:
		return []string{"0.00", "1.50", "-2.25", "10.00", "1.50"}[n]
	case Double:
		return []float64{0, 0.5, -1.25, 2, 1e3}[n] // sums are exact in any order
	case Bool:
		return n%2 == 0
	}
	return n - 1
}
