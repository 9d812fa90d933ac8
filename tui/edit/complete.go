package edit

import (
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/session"
)

// offer is one thing that could be written.
type offer struct {
	text string // what is put in
	kind string // table, column, function, …
	note string // a type, a signature
	rank int    // smaller first
}

// popup is the list of what could be written at the cursor.
type popup struct {
	from   Pos // what is written already begins here
	offers []offer
	at     int
	first  int
}

// maxOffers is how many are listed.
const maxOffers = 200

func (p *popup) takes(name string) bool {
	switch name {
	case "up", "down", "tab", "enter", "esc", "pgup", "pgdown", "ctrl+n", "ctrl+p":
		return true
	}
	return false
}

func (e *Editor) popupKey(name string) {
	p := e.popup
	switch name {
	case "up", "ctrl+p":
		p.at = (p.at + len(p.offers) - 1) % len(p.offers)
	case "down", "ctrl+n":
		p.at = (p.at + 1) % len(p.offers)
	case "pgup":
		p.at = max(0, p.at-popupRows)
	case "pgdown":
		p.at = min(len(p.offers)-1, p.at+popupRows)
	case "tab", "enter":
		e.accept()
	case "esc":
		e.popup = nil
	}
}

// accept writes the offer that is chosen.
func (e *Editor) accept() {
	p, d := e.popup, e.Doc()
	o := p.offers[p.at]
	e.popup = nil
	text := o.text
	if o.kind == "function" && !strings.HasSuffix(text, ")") {
		if d.cursor.Col >= len(d.buf.lines[d.cursor.Line]) || d.buf.lines[d.cursor.Line][d.cursor.Col] != '(' {
			text += "("
		}
	}
	d.replace(p.from, d.cursor, text)
}

// offer looks for what could be written at the cursor. Unless it was asked for, at least
// one letter must be there, and an offer that is there already is none.
func (e *Editor) offer(asked bool) {
	e.popup = nil
	d := e.Doc()
	line := d.buf.lines[d.cursor.Line]
	from := d.cursor.Col
	for from > 0 && kindOf(line, before(line, from)) == 1 {
		from = before(line, from)
	}
	word := line[from:d.cursor.Col]
	at := d.buf.Offset(Pos{d.cursor.Line, from})
	dot := from > 0 && line[from-1] == '.'
	if !asked && word == "" && !dot {
		return
	}
	if word != "" && word[0] >= '0' && word[0] <= '9' {
		return
	}
	text, at := window(d, at)
	c := contextAt(text, at)
	if c.where == inText || !asked && c.where == inStringOther {
		return
	}
	if c.where == inOptionKey || c.where == inOptionValue || c.where == inSetKey || c.where == inSetValue { // 'json.ignore…: the dots belong to it
		q := strings.LastIndexByte(line[:d.cursor.Col], '\'')
		if q >= 0 {
			from, word = q+1, line[q+1:d.cursor.Col]
		}
	}
	offers := rank(c.offers(e.words, text), word)
	if len(offers) == 0 || !asked && len(offers) == 1 && strings.EqualFold(offers[0].text, word) {
		return
	}
	e.popup = &popup{from: Pos{d.cursor.Line, from}, offers: offers}
}

// window is the part of the text around an offset that completion looks at, and the offset
// in it: some hundred lines are enough to see the statement.
func window(d *Doc, at int) (string, int) {
	const reach = 120
	first, last := max(0, d.cursor.Line-reach), min(d.buf.Lines(), d.cursor.Line+reach)
	skip := 0
	for _, l := range d.buf.lines[:first] {
		skip += len(l) + 1
	}
	return strings.Join(d.buf.lines[first:last], "\n"), at - skip
}

// rank keeps offers that have the word in them: those that begin with it first, then those
// with its letters in order.
func rank(all []offer, word string) []offer {
	low := strings.ToLower(word)
	var out []offer
	for _, o := range all {
		name := strings.ToLower(o.text)
		switch {
		case strings.HasPrefix(name, low):
		case strings.Contains(name, low):
			o.rank += 10
		case len(low) > 1 && inOrder(name, low):
			o.rank += 20
		default:
			continue
		}
		out = append(out, o)
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].rank < out[j].rank })
	out = slices.CompactFunc(out, func(a, b offer) bool { return a.text == b.text && a.kind == b.kind })
	return out[:min(len(out), maxOffers)]
}

// inOrder reports whether a name has the letters of a word in their order, the first one first.
func inOrder(name, word string) bool {
	if name == "" || name[0] != word[0] {
		return false
	}
	i := 0
	for _, r := range name {
		if i < len(word) && byte(r) == word[i] {
			i++
		}
	}
	return i == len(word)
}

// where a cursor is, as far as completion cares.
type where uint8

const (
	anywhere      where = iota
	inText              // a comment, or a string that is a value
	inStringOther       // a string whose meaning is not known
	afterFrom           // a table is wanted
	afterDot            // a column of a table, or a table of a database
	inHintBody
	inOptionKey
	inOptionValue
	inSetKey
	inSetValue
	atStart // a statement begins
	inTypes // a column's type
	inColumns
)

// place is what completion knows of a place in a script.
type place struct {
	where     where
	before    string // the name before the dot
	option    string // the option whose value is wanted
	connector string
	formats   []string
	tables    map[string]string // aliases and names of the statement's tables → table
}

// contextAt reads the statement that a place is in.
func contextAt(text string, at int) place {
	toks, _ := syntax.Scan(text)
	start, stop := 0, len(toks)
	for i, t := range toks {
		if t.Word == ";" && t.Pos.End <= at {
			start = i + 1
		}
		if t.Word == ";" && t.Pos.Start >= at {
			stop = i
			break
		}
	}
	stmt := toks[start:stop]
	c := place{tables: map[string]string{}}
	c.readTables(stmt, text)
	c.readOptions(stmt, text)
	// cut is the number of tokens that lie before the place.
	cut, in := 0, -1
	for i, t := range stmt {
		if t.Pos.End <= at && t.Kind != syntax.TokenEOF {
			cut = i + 1
		}
		if t.Pos.Start < at && at <= t.Pos.End && (t.Kind == syntax.TokenString || t.Kind == syntax.TokenComment || t.Kind == syntax.TokenBad) && (at < t.Pos.End || t.Kind != syntax.TokenString) {
			in = i
			cut = i
			break
		}
	}
	c.where = c.decide(stmt, text, cut, in, at)
	return c
}

func (c *place) decide(stmt []syntax.Token, text string, cut, in, at int) where {
	prev := func(n int) syntax.Token {
		i := cut - 1
		for ; i >= 0; i-- {
			if stmt[i].Kind == syntax.TokenComment {
				continue
			}
			if n--; n == 0 {
				return stmt[i]
			}
		}
		return syntax.Token{Kind: syntax.TokenEOF}
	}
	first := ""
	for _, t := range stmt {
		if t.Kind != syntax.TokenComment {
			first = t.Word
			break
		}
	}
	if in >= 0 {
		if stmt[in].Kind == syntax.TokenComment || !strings.HasPrefix(stmt[in].Text(text), "'") {
			return inText
		}
		switch {
		case first == "SET" && prev(1).Word == "SET":
			return inSetKey
		case first == "SET" && prev(1).Word == "=":
			c.option = strings.Trim(prev(2).Text(text), "'")
			return inSetValue
		case prev(1).Word == "=" && c.options(stmt, cut):
			c.option = strings.Trim(prev(2).Text(text), "'")
			return inOptionValue
		case c.options(stmt, cut) && (prev(1).Word == "(" || prev(1).Word == ","):
			return inOptionKey
		}
		return inStringOther
	}
	hint := false
	for _, t := range stmt[:cut] {
		switch t.Kind {
		case syntax.TokenHintOpen:
			hint = true
		case syntax.TokenHintClose:
			hint = false
		}
	}
	p := prev(1)
	switch {
	case hint:
		return inHintBody
	case p.Word == "." && p.Pos.End == at:
		c.before = strings.Trim(prev(2).Text(text), "`")
		return afterDot
	case p.Kind == syntax.TokenEOF:
		return atStart
	case p.Word == "FROM", p.Word == "JOIN", p.Word == "INTO", p.Word == "TABLE" && prev(2).Word != "CREATE", p.Word == "DESCRIBE", p.Word == "DESC", p.Word == "LIKE" && first == "CREATE":
		return afterFrom
	case p.Word == "," && fromClause(stmt[:cut]):
		return afterFrom
	case first == "CREATE" && (p.Kind == syntax.TokenName || p.Kind == syntax.TokenQuotedName) && (prev(2).Word == "(" || prev(2).Word == ","):
		return inTypes
	}
	return inColumns
}

// fromClause reports whether the last clause that began is FROM.
func fromClause(toks []syntax.Token) bool {
	depth := 0
	for _, t := range slices.Backward(toks) {
		switch t.Word {
		case ")":
			depth++
		case "(":
			if depth--; depth < 0 {
				return false
			}
		case "FROM":
			if depth == 0 {
				return true
			}
		case "SELECT", "WHERE", "GROUP", "ORDER", "ON", "HAVING", "VALUES", "WITH", "SET":
			if depth == 0 {
				return false
			}
		}
	}
	return false
}

// options reports whether the open bracket at a place is that of WITH or OPTIONS.
func (c *place) options(stmt []syntax.Token, cut int) bool {
	depth := 0
	for i := cut - 1; i > 0; i-- {
		switch stmt[i].Word {
		case ")":
			depth++
		case "(":
			if depth > 0 {
				depth--
				continue
			}
			return stmt[i-1].Word == "WITH" || stmt[i-1].Word == "OPTIONS"
		}
	}
	return false
}

// readTables learns which tables a statement names, and by what.
func (c *place) readTables(stmt []syntax.Token, text string) {
	name := func(i int) (string, bool) {
		if i >= len(stmt) {
			return "", false
		}
		t := stmt[i]
		ok := t.Kind == syntax.TokenName || t.Kind == syntax.TokenQuotedName || t.Kind == syntax.TokenKeyword && !t.Reserved
		return strings.Trim(t.Text(text), "`"), ok
	}
	for i, t := range stmt {
		if t.Word != "FROM" && t.Word != "JOIN" && t.Word != "INTO" && t.Word != "," && t.Word != "TABLE" {
			continue
		}
		table, ok := name(i + 1)
		if !ok {
			continue
		}
		j := i + 2
		for j+1 < len(stmt) && stmt[j].Word == "." { // db.table
			if table, ok = name(j + 1); !ok {
				break
			}
			j += 2
		}
		if t.Word != "," || fromClause(stmt[:i+1]) {
			c.tables[table] = table
		}
		if j+4 < len(stmt) && stmt[j].Word == "FOR" { // FOR SYSTEM_TIME AS OF x AS alias
			for j+1 < len(stmt) && !(stmt[j].Word == "AS" && stmt[j+1].Word != "OF") && stmt[j].Word != "ON" && stmt[j].Word != ";" {
				j++
			}
		}
		if j < len(stmt) && stmt[j].Word == "AS" {
			j++
		}
		if alias, ok := name(j); ok && c.tables[table] != "" {
			c.tables[alias] = table
		}
	}
}

// readOptions learns connector and formats of a CREATE TABLE.
func (c *place) readOptions(stmt []syntax.Token, text string) {
	for i := 0; i+2 < len(stmt); i++ {
		if stmt[i].Kind != syntax.TokenString || stmt[i+1].Word != "=" || stmt[i+2].Kind != syntax.TokenString {
			continue
		}
		key, value := strings.Trim(stmt[i].Text(text), "'"), strings.Trim(stmt[i+2].Text(text), "'")
		switch {
		case key == "connector":
			c.connector = value
		case key == "format", strings.HasSuffix(key, ".format"):
			c.formats = append(c.formats, value)
		}
	}
}

// offers lists what fits.
func (c *place) offers(v *session.Vocabulary, text string) (out []offer) {
	if v == nil {
		if c.where == atStart || c.where == inColumns || c.where == anywhere {
			return keywords(0)
		}
		return nil
	}
	switch c.where {
	case afterFrom:
		return append(tables(v), functionsOf(v, 5, true)...)
	case afterDot:
		return c.columnsOf(v, c.before)
	case inHintBody:
		for _, h := range v.Hints {
			out = append(out, offer{h, "hint", "", 0})
		}
		for alias, table := range c.tables {
			out = append(out, offer{"'" + alias + "'", "table", table, 1})
		}
		return out
	case inOptionKey:
		return options(c.optionWords(v))
	case inOptionValue:
		return c.values(v)
	case inSetKey:
		return options(v.Keys)
	case inSetValue:
		return valuesOf(v.Keys, c.option)
	case inTypes:
		for _, t := range v.Types {
			out = append(out, offer{t, "type", "", 0})
		}
		return out
	case atStart:
		for _, w := range []string{"SELECT", "INSERT INTO", "CREATE TABLE", "CREATE VIEW", "CREATE TEMPORARY TABLE", "WITH", "SET", "DESCRIBE", "SHOW TABLES", "EXPLAIN", "EXECUTE STATEMENT SET BEGIN"} {
			out = append(out, offer{w, "statement", "", 0})
		}
		return append(out, keywords(5)...)
	case inText, inStringOther:
		return nil
	}
	known := map[string]bool{}
	for _, t := range v.Tables {
		for alias, name := range c.tables {
			if strings.EqualFold(t.Name, name) && !known[alias] {
				known[alias] = true
				out = append(out, offer{alias, "table", t.Name, 2})
			}
		}
	}
	seen := map[string]bool{}
	for _, t := range v.Tables {
		for _, name := range c.tables {
			if !strings.EqualFold(t.Name, name) || seen[t.Name] {
				continue
			}
			seen[t.Name] = true
			for _, col := range t.Columns {
				out = append(out, offer{syntax.Quote(col.Name), "column", col.Type, 0})
			}
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].text < out[j].text })
	out = append(out, functionsOf(v, 3, false)...)
	if len(c.tables) == 0 {
		out = append(out, tables(v)...)
	}
	return append(out, keywords(4)...)
}

func tables(v *session.Vocabulary) (out []offer) {
	for _, t := range v.Tables {
		note := t.Connector
		if t.Kind == "view" {
			note = "view"
		}
		out = append(out, offer{syntax.Quote(t.Name), "table", note, 0})
	}
	return out
}

func functionsOf(v *session.Vocabulary, rank int, tableFunctions bool) (out []offer) {
	for _, f := range v.Functions {
		if tableFunctions != strings.Contains(f.Group, "table") && tableFunctions {
			continue
		}
		note, _, _ := strings.Cut(f.Summary, " · ")
		out = append(out, offer{f.Name, "function", note, rank})
	}
	return out
}

// words are the keywords, once.
var words = sync.OnceValue(syntax.Keywords)

func keywords(rank int) (out []offer) {
	for _, w := range words() {
		out = append(out, offer{w, "keyword", "", rank})
	}
	return out
}

// columnsOf lists the columns of what stands before a dot: an alias, a table; or the tables of a database.
func (c *place) columnsOf(v *session.Vocabulary, name string) (out []offer) {
	table := name
	for alias, t := range c.tables {
		if strings.EqualFold(alias, name) {
			table = t
		}
	}
	for _, t := range v.Tables {
		if strings.EqualFold(t.Name, table) {
			for _, col := range t.Columns {
				note := col.Type
				if col.Note != "" {
					note += " · " + col.Note
				}
				out = append(out, offer{syntax.Quote(col.Name), "column", note, 0})
			}
		}
		if strings.EqualFold(t.Database, name) || strings.EqualFold(t.Catalog, name) {
			out = append(out, offer{syntax.Quote(t.Name), "table", t.Connector, 1})
		}
	}
	return out
}

// optionWords are the options of the statement's connector and formats.
func (c *place) optionWords(v *session.Vocabulary) []session.OptionWords {
	out := []session.OptionWords{{Name: "connector", Type: "string", Doc: "what the table is stored in"}, {Name: "format", Type: "string", Doc: "how rows are encoded"}}
	out = append(out, v.Options[c.connector]...)
	for _, f := range c.formats {
		out = append(out, v.Options[f]...)
	}
	return out
}

func options(words []session.OptionWords) (out []offer) {
	for _, w := range words {
		note := w.Type
		rank := 1
		if w.Required {
			note, rank = note+" · required", 0
		}
		out = append(out, offer{w.Name, "option", note, rank})
	}
	return out
}

func (c *place) values(v *session.Vocabulary) (out []offer) {
	switch {
	case c.option == "connector":
		for name := range v.Options {
			if isConnector(v, name) {
				out = append(out, offer{name, "connector", "", 0})
			}
		}
	case c.option == "format", strings.HasSuffix(c.option, ".format"):
		for name := range v.Options {
			if !isConnector(v, name) {
				out = append(out, offer{name, "format", "", 0})
			}
		}
	default:
		return valuesOf(c.optionWords(v), c.option)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].text < out[j].text })
	return out
}

// isConnector tells connectors from formats, whose options carry their name.
func isConnector(v *session.Vocabulary, name string) bool {
	o := v.Options[name]
	return len(o) == 0 || !strings.HasPrefix(o[0].Name, name+".")
}

func valuesOf(words []session.OptionWords, name string) (out []offer) {
	for _, w := range words {
		if w.Name != name {
			continue
		}
		for _, value := range w.Values {
			out = append(out, offer{value, "value", "", 0})
		}
		if w.Default != "" && !slices.Contains(w.Values, w.Default) {
			out = append(out, offer{w.Default, "value", "default", 1})
		}
	}
	return out
}
