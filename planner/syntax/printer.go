package syntax

import (
	"sort"
	"strings"
)

// FormatOptions choose the look of Format. The zero value is the style of `weir fmt`.
type FormatOptions struct {
	Width  int // columns; 0 means 100
	Indent int // blanks a level; 0 means 2
}

// Format prints a script in weir's style: keywords in upper case, each clause of a
// longer query on its own line, lists broken where they do not fit. Comments stay
// with what they stand at. The text parses to an Equal tree, and formatting it again
// changes nothing.
//
// The script must have been parsed without errors: what the parser left out is not
// printed.
func Format(s *Script, opts FormatOptions) string {
	if opts.Width == 0 {
		opts.Width = 100
	}
	if opts.Indent == 0 {
		opts.Indent = 2
	}
	out := formatOnce(s, opts)
	// A comment in an unusual place moves to the next usual one, and its surroundings
	// may then be laid out in another way: go on until nothing changes.
	for round := 0; len(s.Comments) > 0 && round < 5; round++ {
		again, errs := Parse(out)
		if len(errs) > 0 {
			break
		}
		next := formatOnce(again, opts)
		if next == out {
			break
		}
		out = next
	}
	return out
}

func formatOnce(s *Script, opts FormatOptions) string {
	p := &printer{src: s.Source, comments: s.Comments}
	out := layout(p.script(s), opts.Width, opts.Indent)
	if out == "" {
		return ""
	}
	return out + "\n"
}

// FormatNode prints one node without comments, e.g. an expression on one line if it
// fits.
func FormatNode(n Node) string {
	p := &printer{}
	return layout(p.anyNode(n), 100, 2)
}

// FormatQuoted prints an expression on one line, with the names of columns in backticks, as
// SHOW CREATE and DESCRIBE do in Flink.
func FormatQuoted(e Expr) string {
	p := &printer{quote: true}
	return layout(p.expr(e), 1<<20, 2)
}

// FormatExpr prints an expression on one line.
func FormatExpr(e Expr) string {
	p := &printer{}
	return layout(p.expr(e), 1<<20, 2)
}

// printer builds the doc of a script. It goes through the tree in order of the text,
// so that comments can be put out as it passes their places: lead puts out what
// stands before a node, trail what follows one, and the end of a statement the rest.
type printer struct {
	src      string
	comments []Comment // not put out yet, in order of place
	// limit is the end of the statement that is being printed: what follows it goes
	// behind the semicolon. 0 means none.
	limit int
	// trailed is where the last comment ends that trail has put out.
	trailed int
	// quote puts names of columns in backticks, whatever they are.
	quote bool
}

// script prints statements with a semicolon each, and a blank line between them;
// short ones that were together stay together.
func (p *printer) script(s *Script) doc {
	var out docConcat
	for i, st := range s.Stmts {
		span := st.Span()
		if i > 0 {
			out = append(out, p.trail(s.Stmts[i-1].Span().End, false), freshen)
			if !p.keepTogether(s.Stmts[i-1], st) {
				out = append(out, hardline)
			}
		}
		out = append(out, p.leadOwnLines(span.Start), p.statement(st))
	}
	if n := len(s.Stmts); n > 0 {
		out = append(out, p.trail(s.Stmts[n-1].Span().End, false))
		if len(p.comments) > 0 {
			out = append(out, freshen, hardline)
		}
	}
	return append(out, p.leadOwnLines(len(s.Source)))
}

// statement prints a statement with its semicolon; comments behind its end stay for
// later. Comments in it that stand at no node go above it.
func (p *printer) statement(s Stmt) doc {
	outer := p.limit
	p.limit = s.Span().End
	d := p.stmt(s)
	p.limit = outer
	var above docConcat
	for len(p.comments) > 0 && p.comments[0].Pos.Start < s.Span().End {
		above = append(above, freshen, p.comment(p.comments[0]), docEnd{})
		p.comments = p.comments[1:]
	}
	return cat(above, d, text(";"))
}

// keepTogether reports whether two statements are short ones of a kind, such as SET,
// without a blank line or a comment between them.
func (p *printer) keepTogether(a, b Stmt) bool {
	short := func(s Stmt) bool {
		switch s.(type) {
		case *Set, *Reset, *Use, *UseModules, *Show, *Jar, *LoadModule, *UnloadModule, *Drop, *Describe, *ClientCommand:
			return true
		}
		return false
	}
	if !short(a) || !short(b) {
		return false
	}
	from, to := a.Span().End, b.Span().Start
	if from > to || to > len(p.src) {
		return true
	}
	between := strings.ReplaceAll(p.src[from:to], "\r", "")
	for _, l := range strings.SplitAfter(between, "\n")[1:] {
		if strings.TrimSpace(l) == "" && strings.HasSuffix(l, "\n") {
			return false
		}
	}
	return len(p.comments) == 0 || p.comments[0].Pos.Start >= to
}

// Comments.

// isLine reports whether a comment ends its line.
func (c Comment) isLine() bool { return !strings.HasPrefix(c.Text, "/*") }

// ownLine reports whether nothing but white space stands before a comment in its line.
func (p *printer) ownLine(c Comment) bool {
	if c.Pos.Start > len(p.src) {
		return false
	}
	before := p.src[:c.Pos.Start]
	return strings.TrimSpace(before[strings.LastIndexByte(before, '\n')+1:]) == ""
}

// comment puts out one comment, and the end of the line if it takes that.
func (p *printer) comment(c Comment) doc {
	t := docComment(strings.TrimRight(strings.ReplaceAll(c.Text, "\r\n", "\n"), " \t\r"))
	if c.isLine() {
		return cat(t, docEnd{})
	}
	return t
}

// lead puts out the comments before a place inside of a statement.
func (p *printer) lead(start int) doc {
	if len(p.comments) == 0 || p.comments[0].Pos.Start >= start {
		return nil
	}
	var out docConcat
	for len(p.comments) > 0 && p.comments[0].Pos.Start < start {
		c := p.comments[0]
		p.comments = p.comments[1:]
		if own := p.ownLine(c); own {
			out = append(out, freshen, p.comment(c))
			if !c.isLine() && p.endsLine(c) {
				out = append(out, docEnd{})
			} else if !c.isLine() {
				out = append(out, text(" "))
			}
		} else {
			out = append(out, p.comment(c))
			if !c.isLine() {
				out = append(out, text(" "))
			}
		}
	}
	return out
}

// endsLine reports whether nothing but white space follows a comment in its line.
func (p *printer) endsLine(c Comment) bool {
	if c.Pos.End > len(p.src) {
		return true
	}
	rest := p.src[c.Pos.End:]
	return strings.TrimSpace(rest[:lineEnd(rest, 0)]) == ""
}

// leadOwnLines puts out the comments before a place between statements, keeping
// blank lines between them.
func (p *printer) leadOwnLines(start int) doc {
	var out docConcat
	for len(p.comments) > 0 && p.comments[0].Pos.Start < start {
		c := p.comments[0]
		p.comments = p.comments[1:]
		out = append(out, freshen, p.comment(c), docEnd{})
		next := start
		if len(p.comments) > 0 {
			next = min(next, p.comments[0].Pos.Start)
		}
		if strings.Count(p.src[c.Pos.End:next], "\n") > 1 && strings.TrimSpace(p.src[c.Pos.End:next]) == "" && next < len(p.src) {
			out = append(out, hardline, hardline)
		}
	}
	return out
}

// trail puts out the comments that follow a place with only white space, a comma or
// a semicolon between: those in the same line, and if last also those on lines of
// their own.
func (p *printer) trail(end int, last bool) doc { return p.trailPast(end, "", last) }

// trailPast is trail that also looks past some closing brackets.
func (p *printer) trailPast(end int, brackets string, last bool) doc {
	var out docConcat
	for len(p.comments) > 0 {
		c := p.comments[0]
		if c.Pos.Start < end || c.Pos.Start > len(p.src) || p.limit > 0 && c.Pos.Start >= p.limit {
			break
		}
		between := p.src[end:c.Pos.Start]
		if strings.Trim(between, " \t\r\n,;\f\v"+brackets) != "" {
			break
		}
		own := strings.Contains(between[len(strings.TrimRight(between, " \t\r\n\f\v")):], "\n")
		if own && !last {
			break
		}
		p.comments = p.comments[1:]
		if own {
			out = append(out, freshen, p.comment(c), docEnd{})
		} else {
			out = append(out, p.comment(c))
		}
		end = c.Pos.End
		p.trailed = end
	}
	if out == nil {
		return nil
	}
	return out
}

// items joins the docs of a list with commas; a comment behind an item stays in its
// line. print is called in order.
func items[T Node](p *printer, list []T, br doc, print func(T) doc) doc {
	var out docConcat
	for i, it := range list {
		out = append(out, p.lead(it.Span().Start), print(it))
		if i+1 < len(list) {
			out = append(out, text(","), p.trail(it.Span().End, false), br)
		} else {
			out = append(out, p.trail(it.Span().End, true))
		}
	}
	return out
}

// parens prints (a, b) on one line, or each item on its own.
func parens[T Node](p *printer, list []T, print func(T) doc) doc {
	return group(text("("), nest(softline, items(p, list, line, print)), softline, text(")"))
}

// block prints each item on its own line.
func block[T Node](p *printer, list []T, print func(T) doc) doc {
	return cat(text("("), nest(hardline, items(p, list, hardline, print)), freshen, text(")"))
}

// words joins the words that are not empty with blanks.
func words(ws ...string) doc {
	var kept []string
	for _, w := range ws {
		if w != "" {
			kept = append(kept, w)
		}
	}
	return text(strings.Join(kept, " "))
}

// when is s or nothing.
func when(cond bool, s string) string {
	if cond {
		return s
	}
	return ""
}

// Names.

func (p *printer) ident(id Ident) doc { return text(identText(id)) }

func identText(id Ident) string {
	if strings.HasPrefix(id.Name, "${") && !id.Quoted {
		return id.Name // a variable that stands for a name
	}
	if id.Quoted {
		return "`" + strings.ReplaceAll(id.Name, "`", "``") + "`"
	}
	return Quote(id.Name)
}

func (p *printer) name(q QualifiedName) doc { return text(nameText(q)) }

func nameText(q QualifiedName) string {
	parts := make([]string, len(q.Parts))
	for i, id := range q.Parts {
		parts[i] = identText(id)
	}
	return strings.Join(parts, ".")
}

func (p *printer) identList(ids []Ident) doc { return parens(p, ids, p.ident) }

func (p *printer) str(s *StringLit) doc { return text(stringText(s)) }

// bySpan sorts nodes by place; nodes without one stay as they are.
func bySpan(ns []Node) []Node {
	sort.SliceStable(ns, func(i, j int) bool { return ns[i].Span().Start < ns[j].Span().Start })
	return ns
}

// anyNode prints a node of any kind.
func (p *printer) anyNode(n Node) doc {
	switch n := n.(type) {
	case *Script:
		return p.script(n)
	case Stmt:
		return p.stmt(n)
	case Query:
		return p.query(n)
	case TableExpr:
		return p.table(n)
	case Expr:
		return p.expr(n)
	case TypeExpr:
		return p.typeExpr(n)
	case Ident:
		return p.ident(n)
	case *Ident:
		return p.ident(*n)
	case QualifiedName:
		return p.name(n)
	case *QualifiedName:
		return p.name(*n)
	case *ColumnDef:
		return p.column(n)
	case *Watermark, *Constraint:
		return p.element(n)
	case *SelectItem:
		return p.selectItem(n)
	case *SortItem:
		return p.sortItem(n)
	case *WindowSpec:
		return p.windowSpec(n)
	case IntervalQualifier:
		return text(qualifierText(n))
	}
	return text(strings.TrimSpace(p.source(n)))
}

// source is the text of a node as it was written.
func (p *printer) source(n Node) string {
	s := n.Span()
	if s.End <= len(p.src) && s.Start <= s.End {
		return p.src[s.Start:s.End]
	}
	return ""
}
