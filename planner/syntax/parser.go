package syntax

import (
	"strings"

	"github.com/weir-sql/weir/planner/diag"
)

// Limits that keep hostile text from exhausting the stack here and in the passes
// that walk over the tree. They are far above what people and generators write.
const (
	// maxDepth bounds nesting: parentheses, subqueries, types, prefix operators.
	maxDepth = 400
	// maxChain bounds one left-deep chain: a + b + …, UNION, JOIN, x[1][2]….
	maxChain = 10_000
	// maxErrors ends the reading of a script.
	maxErrors = 100
	// maxRepairs bounds how often one statement is read again with a misspelt keyword
	// put right.
	maxRepairs = 8
)

// parser holds the state of reading one script.
//
// Errors are reported and then, where the parser cannot go on, thrown as a bailout
// to the nearest place that can: an element of a list, or the statement. That place
// skips to the next element or statement. No bailout leaves Parse.
type parser struct {
	src  string
	toks []Token // without comments; the last is TokenEOF
	pos  int
	errs diag.List

	// want are the words that were looked for at pos and not found: what the text
	// could have gone on with. next empties it.
	want []string
	// alias is the last name that was read as an alias without AS, and the keywords
	// that could have stood in its place: `SELECT a FORM t` reads FORM as an alias.
	alias struct {
		tok  int
		want []string
	}

	depth     int  // nesting, up to maxDepth
	parens    int  // parentheses and brackets opened before pos and not closed
	angles    int  // angle brackets of types opened before pos and not closed
	caseDepth int  // CASE expressions around pos
	inValues  bool // in a row of VALUES, where DEFAULT is a value
	inSet     bool // in a statement set, which END ends

	// repaired asks for the statement to be read again from its first token.
	repaired bool
	repairs  int
	full     bool // maxErrors reached
}

// bailout is thrown after an error was reported.
type bailout struct{}

// Parse reads a script. It always returns a tree: what could not be read is a
// BadStmt, BadExpr or BadType in it or is left out, and the list says why, in order
// of place. A tree is whole if the list has no errors. Parsing takes time linear in
// the length of the text.
//
// Variables stand in it as they are written; ParseWith gives them their values.
func Parse(src string) (*Script, diag.List) { return parse(src, nil) }

// parse is Parse; the tokens of raw variables are put in their places if vars is not nil.
func parse(src string, vars Variables) (*Script, diag.List) {
	all, errs := Scan(src)
	p := &parser{src: src, errs: errs}
	p.alias.tok = -1
	script := &Script{Base: At(diag.Span{Start: 0, End: len(src)}), Source: src}
	p.toks = make([]Token, 0, len(all))
	for _, t := range all {
		if t.Kind == TokenComment {
			script.Comments = append(script.Comments, Comment{At(t.Pos), t.Text(src)})
			continue
		}
		if t.Kind == TokenVariable && vars != nil {
			if toks, sql, d, raw := splice(src, t, vars); d != nil {
				p.errs.Add(d)
			} else if raw {
				p.toks = append(p.toks, toks...)
				script.Replaced = append(script.Replaced, Replacement{t.Pos, sql})
				continue
			}
		}
		p.toks = append(p.toks, t)
	}
	for !p.full {
		for p.got(";") {
		}
		if p.tok().Kind == TokenEOF {
			break
		}
		script.Stmts = append(script.Stmts, p.statementOrRecover())
	}
	return script, p.errs.Sorted()
}

// statementOrRecover reads one statement up to its semicolon. After an error it
// skips to where the next statement begins.
func (p *parser) statementOrRecover() Stmt {
	first, nerr := p.pos, len(p.errs)
	p.repairs = 0
	for {
		var stmt Stmt
		ok := p.attempt(func() {
			stmt = p.statement()
			p.endOfStatement()
		})
		if p.repaired {
			p.repaired = false
			p.pos, p.parens = first, 0
			p.want = p.want[:0]
			p.dropErrors(nerr)
			continue
		}
		if !ok {
			p.skipStatement(first)
			if stmt == nil {
				stmt = &BadStmt{p.base(p.toks[first].Pos.Start)}
			}
		}
		p.parens, p.angles, p.caseDepth = 0, 0, 0
		return stmt
	}
}

// dropErrors takes back what was reported since the list had n entries, but for
// misspelt keywords: the statement is about to be read again with those put right.
func (p *parser) dropErrors(n int) {
	kept := p.errs[:n]
	for _, d := range p.errs[n:] {
		if d.Code == CodeMisspelt {
			kept = append(kept, d)
		}
	}
	p.errs = kept
}

// endOfStatement wants a semicolon or the end of the text. A statement on a new line
// may follow without its semicolon, with an error.
func (p *parser) endOfStatement() {
	if p.tok().Kind == TokenEOF || p.got(";") {
		return
	}
	if p.beginsLine(p.pos) && statementWords[p.tok().Word] {
		prev := p.toks[p.pos-1].Pos
		p.report(diag.Errorf(CodeUnexpected, diag.Span{Start: prev.End - 1, End: prev.End},
			"statement does not end before %s", p.quoted(p.tok())).WithHint("add a semicolon here"))
		return
	}
	p.unexpected("the statement to end")
}

// skipStatement goes past the next semicolon, or up to a statement that begins a line.
func (p *parser) skipStatement(first int) {
	for {
		t := p.tok()
		if t.Kind == TokenEOF {
			return
		}
		if p.pos > first && p.parens <= 0 && startsAnyStatement(t) && p.beginsLine(p.pos) {
			return
		}
		p.next()
		if t.Word == ";" {
			return
		}
	}
}

// startsAnyStatement reports whether a token at the start of a line surely begins a
// statement, even after an error: these words lead no clause.
func startsAnyStatement(t Token) bool {
	switch t.Word {
	case "CREATE", "DROP", "ALTER", "INSERT", "EXPLAIN", "SHOW", "DESCRIBE":
		return t.Kind == TokenKeyword
	}
	return false
}

// beginsLine reports whether only white space stands before a token in its line.
func (p *parser) beginsLine(i int) bool {
	start := p.toks[i].Pos.Start
	from := 0
	if i > 0 {
		from = p.toks[i-1].Pos.End
	}
	return i == 0 || strings.IndexByte(p.src[from:start], '\n') >= 0
}

// attempt runs f and reports whether it came to its end. After a bailout the
// counters of nesting are as before, those of brackets and the position are where
// the error was.
func (p *parser) attempt(f func()) (ok bool) {
	depth, caseDepth, inValues, inSet := p.depth, p.caseDepth, p.inValues, p.inSet
	defer func() {
		if ok {
			return
		}
		if r := recover(); r != nil {
			if _, is := r.(bailout); !is {
				panic(r)
			}
		}
		p.depth, p.caseDepth, p.inValues, p.inSet = depth, caseDepth, inValues, inSet
	}()
	f()
	return true
}

// element runs f for one element of a list. If that fails it skips to the comma, the
// closing bracket or the word of stops behind the element and reports false.
func (p *parser) element(f func(), stops ...string) bool {
	parens, angles := p.parens, p.angles
	if p.attempt(f) {
		return true
	}
	if p.repaired || p.full {
		panic(bailout{})
	}
	open := p.angles - angles
	p.angles = angles
	for {
		t := p.tok()
		switch {
		case t.Kind == TokenEOF, t.Word == ";", p.parens < parens:
			panic(bailout{})
		case p.parens == parens && (t.Word == ")" || t.Word == "]" || t.Word == "," && open <= 0):
			return false
		case p.parens == parens && len(stops) > 0 && p.isAny(stops...):
			return false
		case p.parens <= parens && startsAnyStatement(t) && p.beginsLine(p.pos):
			panic(bailout{})
		case t.Word == "<":
			open++
		case t.Word == ">":
			open--
		}
		p.next()
	}
}

// enter counts one level of nesting; the caller defers leave.
func (p *parser) enter() {
	p.depth++
	if p.depth > maxDepth {
		p.fail(diag.Errorf(CodeTooDeep, p.tok().Pos, "nesting is deeper than %d levels", maxDepth))
	}
}

func (p *parser) leave() { p.depth-- }

// link counts one more operator of a chain.
func (p *parser) link(n *int) {
	if *n++; *n > maxChain {
		p.fail(diag.Errorf(CodeTooDeep, p.tok().Pos, "chain of more than %d operators", maxChain))
	}
}

// Tokens.

func (p *parser) tok() Token { return p.toks[p.pos] }

// peek is the token n places on, or the last one.
func (p *parser) peek(n int) Token { return p.toks[min(p.pos+n, len(p.toks)-1)] }

func (p *parser) text(t Token) string { return t.Text(p.src) }

func (p *parser) next() Token {
	t := p.toks[p.pos]
	switch t.Word {
	case "(", "[":
		p.parens++
	case ")", "]":
		p.parens--
	}
	if p.pos < len(p.toks)-1 {
		p.pos++
	}
	p.want = p.want[:0]
	return t
}

// back goes back over the semicolon that was read last.
func (p *parser) back() {
	if p.pos > 0 && p.toks[p.pos-1].Word == ";" {
		p.pos--
	}
}

// at reports whether the current token is a keyword or symbol, and remembers that it
// was looked for.
func (p *parser) at(word string) bool {
	if p.toks[p.pos].Word == word {
		return true
	}
	p.want = append(p.want, word)
	return false
}

// is reports whether the tokens from the current one on are these words. It does not
// remember them.
func (p *parser) is(words ...string) bool {
	for i, w := range words {
		if p.peek(i).Word != w {
			return false
		}
	}
	return true
}

// isAny reports whether the current token is one of these words.
func (p *parser) isAny(words ...string) bool {
	w := p.toks[p.pos].Word
	for _, x := range words {
		if w == x {
			return true
		}
	}
	return false
}

// got goes past a word if it is the current token.
func (p *parser) got(word string) bool {
	if p.at(word) {
		p.next()
		return true
	}
	return false
}

// gotAll goes past a sequence of words if they all follow.
func (p *parser) gotAll(words ...string) bool {
	if !p.at(words[0]) || !p.is(words...) {
		return false
	}
	for range words {
		p.next()
	}
	return true
}

// expect goes past words that must follow.
func (p *parser) expect(words ...string) {
	for _, w := range words {
		if !p.got(w) {
			p.unexpected(describe(w))
		}
	}
}

func (p *parser) start() int { return p.toks[p.pos].Pos.Start }

// end is where the last token that was read ends.
func (p *parser) end() int {
	if p.pos == 0 {
		return 0
	}
	return p.toks[p.pos-1].Pos.End
}

// base is the place from an offset to the last token that was read.
func (p *parser) base(start int) Base {
	return At(diag.Span{Start: start, End: max(start, p.end())})
}

// Names.

// isName reports whether a token can be a name as it stands.
func (t Token) isName() bool {
	return t.Kind == TokenName || t.Kind == TokenQuotedName || t.Kind == TokenKeyword && !t.Reserved || t.Kind == TokenVariable
}

// ident reads a name. A reserved word that is meant as a name is an error that does
// not stop the parser.
func (p *parser) ident(what string) Ident {
	t := p.tok()
	switch {
	case t.isName():
		p.next()
		return p.identOf(t)
	case t.Kind == TokenDoubleQuote:
		p.next()
		text := strings.ReplaceAll(p.text(t)[1:t.Pos.End-t.Pos.Start-1], `""`, `"`)
		p.report(diag.Errorf(CodeQuotes, t.Pos, "%s is in double quotes", what).
			WithHint("write names in backticks: %s", "`"+strings.ReplaceAll(text, "`", "``")+"`"))
		return Ident{At(t.Pos), text, true}
	case p.meantAsName():
		p.reserved(t)
		p.next()
		return Ident{At(t.Pos), p.text(t), true}
	}
	p.unexpected(what)
	return Ident{}
}

func (p *parser) identOf(t Token) Ident {
	text := p.text(t)
	if t.Kind == TokenQuotedName {
		return Ident{At(t.Pos), strings.ReplaceAll(text[1:len(text)-1], "``", "`"), true}
	}
	return Ident{At(t.Pos), text, false}
}

// reserved reports a reserved word in the place of a name.
func (p *parser) reserved(t Token) {
	p.report(diag.Errorf(CodeReserved, t.Pos, "%q is a reserved word", p.text(t)).
		WithHint("write `%s` in backticks to use it as a name", p.text(t)))
}

// meantAsName guesses whether a reserved word stands for a name here. A word that
// leads a clause does so only when what the clause needs does not follow.
func (p *parser) meantAsName() bool {
	t := p.tok()
	if t.Kind != TokenKeyword || !t.Reserved {
		return false
	}
	after := p.peek(1)
	switch t.Word {
	case "ORDER", "GROUP", "PARTITION":
		return after.Word != "BY"
	case "END", "ELSE", "WHEN", "THEN":
		return p.caseDepth == 0 && !after.isName()
	case "NOT", "CASE": // ROW(…), DATE '…' and the like may follow
		return after.Word == "," || after.Word == ")" || after.Word == "." || after.Word == "=" ||
			startsType(after) && p.peek(2).Kind != TokenString && p.peek(2).Word != "(" && p.peek(2).Word != "["
	case "SELECT", "FROM", "WHERE", "HAVING", "ON", "USING", "JOIN", "AS", "AND", "OR", "IN", "IS",
		"UNION", "INTERSECT", "EXCEPT", "LIMIT", "OFFSET", "FETCH", "WITH", "BY", "INTO", "LIKE", "BETWEEN",
		"INNER", "LEFT", "RIGHT", "FULL", "CROSS", "NATURAL", "WINDOW", "QUALIFY", "VALUES", "SET", "TABLE",
		"CREATE", "DROP", "ALTER", "INSERT", "DISTINCT", "ALL", "FOR", "OVER", "EXISTS", "NULL":
		return after.Word == "," || after.Word == ")" || after.Word == "." || after.Word == "=" || startsType(after)
	}
	return true
}

// startsType reports whether a token is the keyword of a type, so that what stands
// before it is a column's name.
func startsType(t Token) bool {
	switch t.Word {
	case "BOOLEAN", "TINYINT", "SMALLINT", "INT", "INTEGER", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL", "DEC", "NUMERIC",
		"CHAR", "CHARACTER", "VARCHAR", "STRING", "BINARY", "VARBINARY", "BYTES", "DATE", "TIME", "TIMESTAMP",
		"TIMESTAMP_LTZ", "MULTISET", "ROW", "RAW", "STRUCTURED", "VARIANT", "MAP", "ARRAY":
		return true
	}
	return false
}

// name reads a dotted name.
func (p *parser) name(what string) QualifiedName {
	start := p.start()
	parts := []Ident{p.ident(what)}
	for p.got(".") {
		parts = append(parts, p.ident("a name after the dot"))
	}
	return QualifiedName{p.base(start), parts}
}

// simpleName reads a name that may have no dots.
func (p *parser) simpleName(what string) Ident {
	id := p.ident(what)
	if p.is(".") {
		p.fail(diag.Errorf(CodeUnexpected, p.tok().Pos, "%s cannot have dots", what))
	}
	return id
}

// identList reads (a, b, …).
func (p *parser) identList(what string) []Ident {
	return parenList(p, func() Ident {
		id := p.simpleName(what)
		if t := p.tok(); startsType(t) {
			p.fail(diag.Errorf(CodeUnexpected, t.Pos, "only names can stand here, found %s", p.quoted(t)).
				WithHint("remove the type"))
		}
		return id
	})
}

// optAlias reads [AS] name. Without AS only a word that is surely no keyword is
// taken; words are the keywords that could stand there instead.
func (p *parser) optAlias(what string, words []string) *Ident {
	if p.got("AS") {
		if t := p.tok(); t.Kind == TokenString {
			p.next()
			p.report(diag.Errorf(CodeQuotes, t.Pos, "alias is in single quotes").
				WithHint("write names in backticks: %s", "`"+strings.Trim(p.text(t), "'")+"`"))
			return &Ident{At(t.Pos), strings.Trim(p.text(t), "'"), true}
		}
		id := p.ident(what)
		return &id
	}
	t := p.tok()
	switch {
	case t.isName():
		if t.Kind != TokenQuotedName {
			p.alias.tok, p.alias.want = p.pos, words
		}
		p.next()
		id := p.identOf(t)
		return &id
	case t.Kind == TokenDoubleQuote:
		id := p.ident(what)
		return &id
	case t.Kind == TokenKeyword && t.Reserved && aliasFollows(p.peek(1)) && !p.leadsClause(t):
		id := p.ident(what)
		return &id
	}
	return nil
}

// aliasFollows reports whether a token ends a select item or a table.
func aliasFollows(t Token) bool {
	return t.Word == "," || t.Word == "FROM" || t.Word == ")" || t.Word == ";" || t.Kind == TokenEOF
}

// leadsClause reports whether a reserved word can follow an expression or a table by
// the grammar.
func (p *parser) leadsClause(t Token) bool {
	switch t.Word {
	case "END":
		return p.caseDepth > 0 || p.inSet
	case "ELSE", "WHEN", "THEN":
		return p.caseDepth > 0
	case "ORDER", "GROUP", "LIMIT", "OFFSET", "FETCH", "WINDOW", "LEFT", "RIGHT", "FULL", "ROWS", "RANGE", "VALUES",
		"SET", "TO", "ONE", "DEFAULT", "PATTERN", "DEFINE", "MEASURES", "SUBSET":
		if n := p.peek(1).Word; n == "," || n == "FROM" {
			return false // no clause goes on like that
		}
	}
	for _, words := range [][]string{selectWords, tableWords} {
		for _, w := range words {
			if t.Word == w {
				return true
			}
		}
	}
	switch t.Word {
	case "AND", "OR", "IS", "IN", "LIKE", "BETWEEN", "NOT", "AS", "ROWS", "RANGE", "COMMENT", "SET", "DEFAULT",
		"VALUES", "SELECT", "NULL", "TO", "FOR", "WITHIN", "DEFINE", "PATTERN", "ONE", "ALL", "MEASURES", "SUBSET":
		return true
	}
	return false
}

// Lists.

// list reads item, item, … without brackets.
func list[T any](p *parser, item func() T) []T {
	items := []T{item()}
	for {
		comma := p.tok()
		if !p.got(",") {
			return items
		}
		if p.endsList() {
			p.report(diag.Errorf(CodeComma, comma.Pos, "comma has nothing after it").WithHint("remove the comma"))
			return items
		}
		items = append(items, item())
	}
}

// endsList reports whether the current token surely is no item of a list: it closes
// something, or leads a clause.
func (p *parser) endsList() bool {
	switch t := p.tok(); t.Word {
	case ")", "]", ";":
		return true
	case "FROM", "WHERE", "GROUP", "HAVING", "WINDOW", "QUALIFY", "ORDER", "LIMIT", "OFFSET", "FETCH", "UNION", "INTERSECT",
		"EXCEPT", "JOIN", "INNER", "CROSS", "NATURAL":
		return !p.meantAsName()
	default:
		return t.Kind == TokenEOF
	}
}

// parenList reads (item, item, …) with at least one item. Errors inside of one item
// leave that item out and go on with the next.
func parenList[T any](p *parser, item func() T) []T {
	open := p.tok()
	p.expect("(")
	items := listUntil(p, ")", item)
	p.close(open, ")")
	return items
}

// listUntil reads item, item, … up to a closing bracket, which it leaves. A missing
// comma and a trailing comma are errors that do not stop it.
func listUntil[T any](p *parser, end string, item func() T) []T {
	var items []T
	for {
		var it T
		if p.element(func() { it = item() }) {
			items = append(items, it)
		}
		comma := p.tok()
		if !p.got(",") {
			if p.is(end) || !p.missingComma() {
				return items
			}
			continue
		}
		if p.is(end) {
			p.report(diag.Errorf(CodeComma, comma.Pos, "comma has nothing after it").WithHint("remove the comma"))
			return items
		}
	}
}

// missingComma reports a missing comma if the current token begins something that
// could be the next item of a list.
func (p *parser) missingComma() bool {
	t := p.tok()
	switch {
	case p.is("RESPECT", "NULLS"), p.is("IGNORE", "NULLS"):
		return false
	case t.isName(), t.Kind == TokenString, t.Kind == TokenNumber:
		if p.repairAlias() || p.repairWord(p.pos, p.want) {
			panic(bailout{})
		}
	case t.Kind == TokenKeyword && p.meantAsName():
	default:
		return false
	}
	p.report(diag.Errorf(CodeComma, t.Pos, "comma is missing before %s", p.quoted(t)).WithHint("add a comma"))
	return true
}

// close wants the bracket that closes open.
func (p *parser) close(open Token, end string) {
	if p.got(end) {
		return
	}
	t := p.tok()
	if t.isName() && (p.repairAlias() || p.repairWord(p.pos, p.want)) {
		panic(bailout{})
	}
	d := diag.Errorf(CodeUnclosed, t.Pos, "expected %s, found %s", describe(end), p.quoted(t))
	if t.Kind == TokenEOF || t.Word == ";" {
		d = diag.Errorf(CodeUnclosed, open.Pos, "%s is not closed", describe(p.text(open))).
			WithHint("add %s before the end of the statement", end)
	} else {
		d.Related = append(d.Related, diag.Related{Span: open.Pos, Message: describe(p.text(open)) + " opened here"})
		if h := p.wanted(); h != "" && h != "expected "+describe(end) {
			d.WithHint("%s", h)
		}
	}
	p.fail(d)
}

// Literals that are parts of clauses.

// stringLit reads a string; adjacent strings are joined.
func (p *parser) stringLit(what string) *StringLit {
	if t := p.tok(); t.Kind == TokenVariable {
		p.next()
		return &StringLit{Base: At(t.Pos), Value: p.text(t), Bare: true}
	} else if t.Kind != TokenString {
		p.wantString(what)
	}
	start := p.start()
	lit := p.stringToken()
	for p.tok().Kind == TokenString {
		lit.Value += p.stringToken().Value
	}
	lit.Base = p.base(start)
	return lit
}

// wantString reports that something else stands where a string must be. Double
// quotes and plain words get their own advice.
func (p *parser) wantString(what string) {
	t := p.tok()
	switch {
	case t.Kind == TokenDoubleQuote:
		p.fail(diag.Errorf(CodeQuotes, t.Pos, "%s is in double quotes", what).
			WithHint("write strings in single quotes: %s", QuoteString(strings.Trim(p.text(t), `"`))))
	case t.isName(), t.Kind == TokenNumber, t.Kind == TokenKeyword && p.meantAsName():
		p.fail(diag.Errorf(CodeUnexpected, t.Pos, "%s must be a string, found %s", what, p.quoted(t)).
			WithHint("write it in single quotes: %s", QuoteString(strings.Trim(p.text(t), "`"))))
	}
	p.unexpected(what)
}

// number reads an unsigned number.
func (p *parser) number(what string) *NumberLit {
	t := p.tok()
	if t.Kind != TokenNumber {
		p.unexpected(what)
	}
	p.next()
	return numberOf(t, p.text(t))
}

func numberOf(t Token, text string) *NumberLit {
	kind := Integer
	if strings.ContainsAny(text, "eE") {
		kind = Approximate
	} else if strings.Contains(text, ".") {
		kind = Decimal
	}
	return &NumberLit{At(t.Pos), text, kind}
}

// integer reads digits that fit an int32, such as a precision.
func (p *parser) integer(what string) int {
	t := p.tok()
	text := p.text(t)
	if t.Kind != TokenNumber {
		p.unexpected(what)
	}
	n := 0
	for i := range len(text) {
		if !isDigit(text[i]) || n > (1<<31-1)/10 {
			p.fail(diag.Errorf(CodeLiteral, t.Pos, "%s must be a whole number up to 2147483647", what))
		}
		n = n*10 + int(text[i]-'0')
	}
	if n > 1<<31-1 {
		p.fail(diag.Errorf(CodeLiteral, t.Pos, "%s must be a whole number up to 2147483647", what))
	}
	p.next()
	return n
}
