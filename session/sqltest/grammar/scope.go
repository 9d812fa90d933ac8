package grammar

import (
	"strings"
)

// Kind is a kind of value, a production of grammar.txt.
type Kind string

// The kinds that columns have.
const (
	Int     Kind = "int"
	BigInt  Kind = "bigint"
	Double  Kind = "double"
	Decimal Kind = "decimal"
	String  Kind = "string"
	Bool    Kind = "bool"
	TS      Kind = "ts"
	LTZ     Kind = "ltz"
	Date    Kind = "date"
	Time    Kind = "time"
	Binary  Kind = "bytes"
	Ints    Kind = "ints"
	Strings Kind = "strings"
	Map     Kind = "map"
	Row     Kind = "row"
	Days    Kind = "days"
	Months  Kind = "months"
	Any     Kind = "any"
)

// column is a column by the text that names it.
type column struct {
	text string
	kind Kind
}

// scope is what one query sees.
type scope struct {
	columns []column
	aliases []string
	keys    []column // of GROUP BY; nil without
}

// tables are those of Setup, with their columns.
var tables = []struct {
	name    string
	timed   bool
	columns []column
}{
	{"t", true, []column{{"id", Int}, {"k", Int}, {"v", Int}, {"s", String}, {"d", Decimal}, {"ts", TS}, {"pt", LTZ}}},
	{"u", true, []column{{"id", Int}, {"k", Int}, {"b", BigInt}, {"x", Double}, {"f", Bool}, {"s", String}, {"ts", TS}}},
	{"c", false, []column{{"id", Int}, {"k", Int}, {"v", Int}, {"s", String}}},
	{"n", false, []column{{"id", Int}, {"xs", Ints}, {"ss", Strings}, {"m", Map}, {"r", Row}, {"dt", Date}, {"tm", Time}, {"lz", LTZ}, {"y", Binary}}},
	{"versions", true, []column{{"k", Int}, {"rate", Decimal}, {"ts", TS}}},
	{"v0", false, []column{{"k", Int}, {"n", BigInt}, {"last_s", String}}},
}

// Setup declares what statements read and write.
func Setup() []string {
	return []string{
		"CREATE TABLE t (id INT, k INT, v INT, s STRING, d DECIMAL(10, 2), ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '2' SECOND) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json')",
		"CREATE TABLE u (id INT, k INT, b BIGINT, x DOUBLE, f BOOLEAN, s STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'u.json', 'format' = 'json')",
		"CREATE TABLE c (id INT, k INT, v INT, s STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = 'c.json', 'format' = 'debezium-json')",
		"CREATE TABLE n (id INT NOT NULL, xs ARRAY<INT>, ss ARRAY<STRING>, m MAP<STRING, INT>, r ROW<x INT, y STRING>, dt DATE, tm TIME, lz TIMESTAMP_LTZ(3), y BYTES) WITH ('connector' = 'filesystem', 'path' = 'n.json', 'format' = 'json')",
		"CREATE TABLE versions (k INT, rate DECIMAL(10, 2), ts TIMESTAMP(3), PRIMARY KEY (k) NOT ENFORCED, WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'versions.json', 'format' = 'debezium-json')",
		"CREATE TABLE out_any (a INT, b STRING, c TIMESTAMP(3)) WITH ('connector' = 'blackhole')",
		"CREATE TABLE out_key (a INT, b BIGINT, PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'blackhole')",
		"CREATE VIEW v0 AS SELECT k, COUNT(*) AS n, MAX(s) AS last_s FROM t GROUP BY k",
		"CREATE TEMPORARY FUNCTION f0(a INT) RETURNS INT RETURN a * 2 + 1",
		"CREATE TEMPORARY FUNCTION f2(a STRING) RETURNS TABLE (w STRING) RETURN (SELECT UPPER(a) UNION ALL SELECT 'x')",
	}
}

// Rows are the rows of the tables, as requests hold them.
func Rows() map[string][]string {
	return map[string][]string{
		"t": {`{"id":1,"k":1,"v":3,"s":"a","d":"1.50","ts":"2024-01-01 00:00:01"}`, `{"id":2,"k":2,"v":null,"s":"ab","d":"-2.25","ts":"2024-01-01 00:00:04"}`,
			`{"id":3,"k":1,"v":-7,"s":null,"d":null,"ts":"2024-01-01 00:00:03"}`, `{"id":4,"k":null,"v":3,"s":"","d":"0.00","ts":"2024-01-01 00:00:11"}`,
			`{"id":5,"k":1,"v":2147483647,"s":"größe","d":"99999999.99","ts":"2024-01-01 00:00:12"}`},
		"u": {`{"id":1,"k":1,"b":9223372036854775807,"x":0.5,"f":true,"s":"a","ts":"2024-01-01 00:00:02"}`, `{"id":null,"k":2,"b":null,"x":null,"f":null,"s":null,"ts":"2024-01-01 00:00:05"}`,
			`{"id":3,"k":1,"b":-1,"x":-1e300,"f":false,"s":"b","ts":"2024-01-01 00:00:12"}`},
		"c": {`{"id":1,"k":1,"v":1,"s":"a"}`, `{"id":2,"k":1,"v":null,"s":"b"}`, `{"$op":"-U","id":1,"k":1,"v":1,"s":"a"}`, `{"$op":"+U","id":1,"k":2,"v":4,"s":null}`, `{"$op":"-D","id":2,"k":1,"v":null,"s":"b"}`},
		"n": {`{"id":1,"xs":[1,null,3],"ss":["a",null],"m":{"a":1,"b":null},"r":{"x":1,"y":"q"},"dt":"2024-02-29","tm":"23:59:59","lz":"2024-01-01 00:00:00Z","y":"qg=="}`,
			`{"id":2,"xs":[],"ss":null,"m":{},"r":null,"dt":"1969-12-31","tm":"00:00:00","lz":null,"y":null}`, `{"id":3,"xs":null,"ss":[],"m":null,"r":{"x":null,"y":null},"dt":null,"tm":null,"lz":"9999-12-31 23:59:59Z","y":""}`},
		"versions": {`{"k":1,"rate":"1.10","ts":"2024-01-01 00:00:00"}`, `{"$op":"-U","k":1,"rate":"1.10","ts":"2024-01-01 00:00:00"}`, `{"$op":"+U","k":1,"rate":"1.20","ts":"2024-01-01 00:00:05"}`, `{"k":2,"rate":null,"ts":"2024-01-01 00:00:06"}`},
	}
}

// hooks are productions that need names.
var hooks map[string]func(*writer)

// kindHooks are those that need names and a kind.
var kindHooks map[string]func(*writer, Kind)

func init() {
	hooks = map[string]func(*writer){
		"table": func(w *writer) { w.text(tables[w.IntN(len(tables))].name) },
		"view":  func(w *writer) { w.text([]string{"v0", "v0", "nothing"}[w.IntN(3)]) },
		"timed": func(w *writer) { w.text([]string{"t", "t", "u", "u", "c", "v0"}[w.IntN(6)]) },
		"new-name": func(w *writer) {
			w.text([]string{"n1", "n1", "n1", "t", "default_catalog.default_database.n1", "nothing.n1"}[w.IntN(6)])
		},
		"alias":       func(w *writer) { w.text(w.alias()) },
		"string-name": func(w *writer) { w.text("'" + w.alias() + "'") },
		"query":       func(w *writer) { w.query(nil) },
		"key":         (*writer).key,
		"key-again":   (*writer).keyAgain,
		"call":        func(w *writer) { w.call(Any) },
		"agg-call":    (*writer).aggregate,
	}
	kindHooks = map[string]func(*writer, Kind){
		"column":   (*writer).column,
		"literal":  (*writer).literal,
		"call":     (*writer).call,
		"query":    func(w *writer, k Kind) { w.query([]Kind{k}) },
		"subquery": (*writer).subquery,
		"in":       (*writer).in,
	}
}

func (w *writer) alias() string {
	if len(w.scopes) > 0 {
		if a := w.scopes[len(w.scopes)-1].aliases; len(a) > 0 {
			return a[w.IntN(len(a))]
		}
	}
	return "t"
}

// column names a column of a kind, now and then one of a query around it, or of another kind.
func (w *writer) column(k Kind) {
	for i := len(w.scopes) - 1; i >= 0; i-- {
		from := w.scopes[i].columns
		if keys := w.scopes[i].keys; keys != nil && !w.chance(10) {
			from = keys
		}
		if i > 0 && w.chance(10) {
			continue
		}
		if fit := ofKind(from, k); len(fit) > 0 {
			w.text(fit[w.IntN(len(fit))].text)
			return
		}
		if len(from) > 0 && w.chance(2) {
			w.text(from[w.IntN(len(from))].text)
			return
		}
	}
	w.literal(k)
}

func ofKind(columns []column, k Kind) []column {
	var fit []column
	for _, c := range columns {
		if c.kind == k || k == Any {
			fit = append(fit, c)
		}
	}
	return fit
}

// literals are constants of each kind; the first are the usual ones.
var literals = map[Kind][]string{
	Int:     {"1", "2", "0", "3", "-1", "CAST ( NULL AS INT )", "2147483647"},
	BigInt:  {"CAST ( 1 AS BIGINT )", "10000000000", "CAST ( NULL AS BIGINT )", "-9223372036854775807"},
	Double:  {"1e0", "0.5e0", "-1.25e2", "0e0", "CAST ( NULL AS DOUBLE )", "1e300", "CAST ( 'NaN' AS DOUBLE )"},
	Decimal: {"1.50", "0.0", "-2.25", "CAST ( NULL AS DECIMAL ( 10 , 2 ) )", "12345678901234567890.123"},
	String:  {"'a'", "'b'", "''", "'%a_'", "'2024-01-01 00:00:05'", "'12'", "'größe'", "CAST ( NULL AS STRING )", "'a,b;c'", "'it''s'"},
	Bool:    {"TRUE", "FALSE", "CAST ( NULL AS BOOLEAN )"},
	TS:      {"TIMESTAMP '2024-01-01 00:00:05'", "TIMESTAMP '1969-12-31 23:59:59.999'", "CAST ( NULL AS TIMESTAMP ( 3 ) )", "TIMESTAMP '9999-12-31 23:59:59'"},
	LTZ:     {"TO_TIMESTAMP_LTZ ( 0 , 0 )", "CURRENT_TIMESTAMP", "CAST ( NULL AS TIMESTAMP_LTZ ( 3 ) )"},
	Date:    {"DATE '2024-02-29'", "DATE '1582-10-15'", "CAST ( NULL AS DATE )"},
	Time:    {"TIME '12:34:56'", "TIME '00:00:00'", "CAST ( NULL AS TIME )"},
	Binary:  {"X'CAFE'", "X''", "CAST ( NULL AS BYTES )"},
	Ints:    {"ARRAY [ 1 , 2 ]", "CAST ( NULL AS ARRAY < INT > )"},
	Strings: {"ARRAY [ 'a' , 'b' ]", "CAST ( NULL AS ARRAY < STRING > )"},
	Map:     {"MAP [ 'a' , 1 ]", "CAST ( NULL AS MAP < STRING , INT > )"},
	Row:     {"CAST ( ROW ( 1 , 'a' ) AS ROW < x INT , y STRING > )", "CAST ( NULL AS ROW < x INT , y STRING > )"},
	Days:    {"INTERVAL '1' SECOND", "INTERVAL '2' DAY", "INTERVAL -'3' HOUR"},
	Months:  {"INTERVAL '1' MONTH", "INTERVAL '10' YEAR"},
	Any:     {"1", "'a'", "NULL"},
}

func (w *writer) literal(k Kind) {
	of := literals[k]
	i := 0
	if !w.ends() {
		i = w.IntN(len(of))
	}
	w.text(of[i])
}

// subquery is a query that gives one value.
func (w *writer) subquery(k Kind) {
	if w.ends() || len(w.scopes) > 2 {
		w.literal(k)
		return
	}
	w.text("( ")
	if k == Any {
		w.query([]Kind{Int, String})
	} else {
		w.query([]Kind{k})
	}
	w.text(" )")
}

// in tests whether a value is among those of a query.
func (w *writer) in(k Kind) {
	w.put(string(k))
	w.text([]string{" IN ( ", " NOT IN ( "}[w.IntN(2)])
	w.query([]Kind{k})
	w.text(" )")
}

// key is an item of GROUP BY; what is grouped by can be selected.
func (w *writer) key() {
	s := w.scopes[len(w.scopes)-1]
	if len(s.columns) == 0 {
		w.text("1")
		return
	}
	c := s.columns[w.IntN(len(s.columns))]
	s.keys = append(s.keys, c)
	w.text(c.text)
}

// keyAgain is something that the query groups by.
func (w *writer) keyAgain() {
	if keys := w.scopes[len(w.scopes)-1].keys; len(keys) > 0 {
		w.text(keys[w.IntN(len(keys))].text)
		return
	}
	w.put("column:int")
}

// query writes a query that gives columns of the kinds (nil: any), and tells their names.
func (w *writer) query(kinds []Kind) []column {
	w.depth++
	defer func() { w.depth-- }()
	if kinds == nil {
		for range 1 + w.IntN(3) {
			kinds = append(kinds, []Kind{Int, String, TS, BigInt, Decimal, Bool, Any, Double, LTZ, Row, Ints}[w.IntN(11)])
		}
	}
	if w.ends() {
		w.text("SELECT " + strings.Join(constants(kinds), " , "))
		return nil
	}
	switch n := w.IntN(40); {
	case n == 39:
		return w.with(kinds)
	case n >= 36:
		out := w.block(kinds)
		w.text(" " + w.made("set-operator") + " ")
		w.block(kinds)
		return out
	case n == 35:
		w.text("VALUES ( " + strings.Join(constants(kinds), " , ") + " )")
		return nil
	case n == 34 && len(w.scopes) == 0:
		w.text("TABLE " + w.made("table"))
		return nil
	}
	out := w.block(kinds)
	if w.chance(12) {
		w.text(" " + w.made("order-by"))
	}
	if w.chance(12) {
		w.text(" " + w.made("limit"))
	}
	return out
}

func constants(kinds []Kind) []string {
	var out []string
	for _, k := range kinds {
		out = append(out, literals[k][0])
	}
	return out
}

// with names a query and reads it.
func (w *writer) with(kinds []Kind) []column {
	name := w.name("q")
	w.text([]string{"WITH ", "WITH ", "WITH ", "WITH RECURSIVE "}[w.IntN(4)] + name + " AS ( ")
	columns := w.query(nil)
	w.text(" ) ")
	return w.selecting(kinds, func() string {
		s := w.scopes[len(w.scopes)-1]
		alias := w.name("a")
		s.aliases = append(s.aliases, alias)
		s.add(alias, columns)
		return name + " AS " + alias
	})
}

// add makes the columns of a relation known.
func (s *scope) add(alias string, columns []column) {
	for _, c := range columns {
		s.columns = append(s.columns, column{alias + "." + c.text, c.kind})
	}
}

// block is SELECT … FROM ….
func (w *writer) block(kinds []Kind) []column {
	if w.chance(4) {
		var items []string
		for _, k := range kinds {
			items = append(items, w.made(string(k)))
		}
		w.text("SELECT " + strings.Join(items, " , "))
		return nil
	}
	return w.selecting(kinds, w.from)
}

// selecting writes a block over what from gives. FROM is made first, so that the rest knows its columns.
func (w *writer) selecting(kinds []Kind, from func() string) []column {
	s := &scope{}
	w.scopes = append(w.scopes, s)
	defer func() { w.scopes = w.scopes[:len(w.scopes)-1] }()
	tail := " FROM " + from()
	if w.chance(30) {
		tail += " WHERE " + w.made("bool")
	}
	grouped, over := w.chance(30), false
	items := make([]string, len(kinds))
	if grouped {
		tail += w.groupBy(s)
		if w.chance(20) {
			tail += " HAVING " + w.made("aggregate") + " IS NOT NULL"
		}
	} else if over = w.chance(12); over && w.chance(40) {
		tail += " WINDOW w AS ( " + w.made("partition-by") + " ORDER BY " + w.made("column:ts") + " )"
	}
	for i, k := range kinds {
		switch {
		case grouped && w.chance(55):
			items[i] = w.made("aggregate")
		case over && w.chance(60):
			items[i] = w.made("over")
		default:
			items[i] = w.made(string(k))
		}
	}
	head := "SELECT "
	if w.chance(8) {
		head += w.made("select-hint") + " "
	}
	if w.chance(10) {
		head += "DISTINCT "
	}
	var out []column
	for i, k := range kinds {
		name := w.name("c")
		items[i] += " AS " + name
		out = append(out, column{name, k})
	}
	if w.chance(3) {
		items = append(items, []string{"*", w.alias() + ".*"}[w.IntN(2)])
	}
	if w.chance(2) {
		tail += " QUALIFY " + w.made("over") + " = 1"
	}
	w.text(head + strings.Join(items, " , ") + tail)
	return out
}

func (w *writer) groupBy(s *scope) string {
	s.keys = []column{}
	if n := len(s.columns); n > 2 && strings.HasSuffix(s.columns[n-1].text, "window_end") && w.chance(85) {
		s.keys = append(s.keys, s.columns[n-2:]...)
		keys := s.columns[n-2].text + " , " + s.columns[n-1].text
		if w.chance(50) {
			keys += " , " + w.made("key")
		}
		return " GROUP BY " + keys
	}
	switch w.IntN(12) {
	case 0:
		return "" // one group
	case 1, 2:
		return " GROUP BY " + w.made("grouping")
	case 3:
		kind := []string{"TUMBLE ( %ts , INTERVAL '10' SECOND )", "HOP ( %ts , INTERVAL '5' SECOND , INTERVAL '10' SECOND )", "SESSION ( %ts , INTERVAL '3' SECOND )"}[w.IntN(3)]
		return " GROUP BY " + strings.ReplaceAll(kind, "%ts", w.made("column:ts")) + []string{"", " , " + w.made("key")}[w.IntN(2)]
	case 4:
		e := w.made("any")
		s.keys = append(s.keys, column{e, Any})
		return " GROUP BY " + e
	}
	keys := w.made("key")
	for range w.IntN(3) {
		keys += " , " + w.made("key")
	}
	return " GROUP BY " + keys
}

// from is an item of FROM, or several joined.
func (w *writer) from() string {
	text := w.relation()
	for range 2 {
		if !w.chance(25) {
			break
		}
		text += w.join()
	}
	return text
}

// join joins one relation more.
func (w *writer) join() string {
	s := w.scopes[len(w.scopes)-1]
	left := s.columns
	switch w.IntN(10) {
	case 0:
		return " , " + w.relation()
	case 1:
		return " CROSS JOIN " + w.relation()
	case 2, 3: // of its time
		alias := w.name("a")
		table := []int{4, 4, 2, 0}[w.IntN(4)]
		at := w.made([]string{"column:ts", "column:ltz"}[w.IntN(2)])
		k := w.made("column:int")
		s.aliases = append(s.aliases, alias)
		s.add(alias, tables[table].columns)
		return " " + []string{"JOIN ", "LEFT JOIN "}[w.IntN(2)] + tables[table].name + " FOR SYSTEM_TIME AS OF " + at + " AS " + alias + " ON " + k + " = " + alias + ".k"
	case 4:
		return " , LATERAL " + w.derived()
	case 5:
		alias := w.name("a")
		call := "TABLE ( " + w.made("lateral-function") + " )"
		if w.chance(60) {
			call = w.made("unnest")
		}
		s.columns = append(s.columns, column{alias + ".y1", Any})
		call += " AS " + alias + " ( y1 )"
		if w.chance(30) {
			return " LEFT JOIN " + []string{"", "LATERAL "}[w.IntN(2)] + call + " ON " + []string{"TRUE", "TRUE", w.made("bool")}[w.IntN(3)]
		}
		return []string{" CROSS JOIN ", " , LATERAL ", " , "}[w.IntN(3)] + call
	}
	kind := w.made("join-kind")
	right := w.relation()
	added := s.columns[len(left):]
	switch w.IntN(8) {
	case 0:
		return " NATURAL JOIN " + right
	case 1:
		return " " + kind + " " + right + " USING ( k )"
	case 2:
		return " " + kind + " " + right + " ON " + w.made("bool")
	}
	for _, k := range []Kind{Int, String, TS, BigInt} {
		l, r := ofKind(left, k), ofKind(added, k)
		if len(l) == 0 || len(r) == 0 {
			continue
		}
		on := l[w.IntN(len(l))].text + " = " + r[w.IntN(len(r))].text
		lt, rt := ofKind(left, TS), ofKind(added, TS)
		if len(lt) > 0 && len(rt) > 0 && w.chance(40) {
			on += " AND " + lt[0].text + " BETWEEN " + rt[0].text + " - INTERVAL '5' SECOND AND " + rt[0].text + " + INTERVAL '5' SECOND"
		} else if w.chance(30) {
			on += " AND " + w.made("bool")
		}
		return " " + kind + " " + right + " ON " + on
	}
	return " " + kind + " " + right + " ON TRUE"
}

// relation is one item of FROM.
func (w *writer) relation() string {
	s := w.scopes[len(w.scopes)-1]
	n := w.IntN(20)
	if w.ends() {
		n = 0
	}
	switch {
	case n >= 17:
		return w.derived()
	case n >= 14:
		alias := w.name("a")
		s.aliases = append(s.aliases, alias)
		call := w.made("window-function")
		of := 0
		if strings.Contains(call, "TABLE u") {
			of = 1
		}
		s.add(alias, tables[of].columns)
		s.add(alias, []column{{"window_time", TS}, {"window_start", TS}, {"window_end", TS}})
		return []string{"TABLE ( " + call + " )", call}[w.IntN(2)] + " AS " + alias
	case n == 13:
		alias := w.name("a")
		s.aliases = append(s.aliases, alias)
		s.add(alias, []column{{"x1", Int}, {"x2", Any}})
		return []string{"t ", "u ", "c ", "( SELECT * FROM t ) "}[w.IntN(4)] + w.made("match") + " AS " + alias
	case n == 12: // Top-N
		alias, rank := w.name("a"), w.name("r")
		t := tables[w.IntN(3)]
		s.aliases = append(s.aliases, alias)
		s.add(alias, t.columns)
		s.add(alias, []column{{rank, BigInt}})
		inner := &scope{columns: t.columns}
		w.scopes = append(w.scopes, inner)
		order := w.made("any") + " " + []string{"", "DESC", "ASC"}[w.IntN(3)]
		if t.timed && w.chance(50) {
			order = "ts" + []string{"", " DESC"}[w.IntN(2)]
		}
		partition := []string{"", "PARTITION BY k "}[w.IntN(2)]
		w.scopes = w.scopes[:len(w.scopes)-1]
		fn := []string{"ROW_NUMBER", "ROW_NUMBER", "RANK", "DENSE_RANK"}[w.IntN(4)]
		limit := []string{" <= 2", " = 1", " < 4", " BETWEEN 2 AND 3", " > 1", " = k"}[w.IntN(6)]
		return "( SELECT * FROM ( SELECT * , " + fn + " ( ) OVER ( " + partition + "ORDER BY " + order + " ) AS " + rank + " FROM " + t.name + " ) WHERE " + rank + limit + " ) AS " + alias
	case n == 11 && w.chance(40):
		alias := w.name("a")
		s.aliases = append(s.aliases, alias)
		s.columns = append(s.columns, column{alias + ".p", Any}, column{alias + ".q", Any})
		return "( VALUES ( " + w.made("int") + " , " + w.made("any") + " ) , ( " + w.made("int") + " , NULL ) ) AS " + alias + " ( p , q )"
	}
	t := tables[w.IntN(len(tables))]
	alias := w.name("a")
	s.aliases = append(s.aliases, alias)
	s.add(alias, t.columns)
	text := t.name
	if w.chance(4) {
		text += " " + w.made("table-hint")
	}
	text += " AS " + alias
	if w.chance(2) {
		text += " " + w.made("sample")
	}
	return text
}

// derived is a query in FROM.
func (w *writer) derived() string {
	s := w.scopes[len(w.scopes)-1]
	alias := w.name("a")
	at := w.out.Len()
	hidden := w.scopes
	if !w.chance(25) { // else it may name what is beside it, as LATERAL may
		w.scopes = nil
	}
	columns := w.query(nil)
	w.scopes = hidden
	text := w.cut(at)
	s.aliases = append(s.aliases, alias)
	s.add(alias, columns)
	return "( " + text + " ) AS " + alias
}
