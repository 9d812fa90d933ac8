package syntax

import (
	"fmt"
	"strings"

	"github.com/weir-sql/weir/planner/diag"
)

// report adds an error and lets the parser go on. A second error at one place says
// nothing new and is left out.
func (p *parser) report(d *diag.Diagnostic) {
	if n := len(p.errs); n > 0 && p.errs[n-1].Span == d.Span {
		return
	}
	if p.pos > 0 && p.cutsVariable(p.toks[p.pos-1]) {
		d.WithHint("quotes of a format end the string around the variable: double them, or leave the outer ones out, as in ${bizdate, 'yyyyMMdd'}")
	}
	p.errs.Add(d)
	if len(p.errs) >= maxErrors {
		p.full = true
		p.errs.Add(diag.Errorf(CodeTooDeep, d.Span, "more than %d errors, the rest of the script is not read", maxErrors))
		panic(bailout{})
	}
}

// cutsVariable reports whether a token is a string that ends within ${…}.
func (p *parser) cutsVariable(t Token) bool {
	if t.Kind != TokenString {
		return false
	}
	text := p.text(t)
	open := strings.LastIndex(text, "${")
	return open >= 0 && strings.HasSuffix(strings.TrimRight(text[:len(text)-1], " "), ",") && !strings.Contains(text[open:], "}")
}

// fail reports an error and gives up the part that is being read.
func (p *parser) fail(d *diag.Diagnostic) {
	p.report(d)
	panic(bailout{})
}

// unexpected gives up because the current token does not fit. want says in words
// what should be there.
func (p *parser) unexpected(want string) {
	t := p.tok()
	if p.repairAlias() || p.repairWord(p.pos, p.want) {
		panic(bailout{})
	}
	switch {
	case t.Kind == TokenBad:
		panic(bailout{}) // the scanner has reported it
	case t.Kind == TokenDoubleQuote:
		p.fail(diag.Errorf(CodeQuotes, t.Pos, "expected %s, found text in double quotes", want).
			WithHint("write strings in single quotes 'text' and names in backticks `name`"))
	case t.Word == ")" && p.parens <= 0, t.Word == "]" && p.parens <= 0:
		p.fail(diag.Errorf(CodeUnclosed, t.Pos, "%s closes nothing", describe(t.Word)).WithHint("remove it"))
	case t.Word == "," && p.pos > 0 && p.toks[p.pos-1].Word == ",":
		p.fail(diag.Errorf(CodeComma, t.Pos, "two commas in a row").WithHint("remove one"))
	}
	d := diag.Errorf(CodeUnexpected, t.Pos, "expected %s, found %s", want, p.quoted(t))
	if t.Kind == TokenEOF || t.Word == ";" {
		// Show the end of what is there, not the empty rest of the text.
		if end := p.end(); end > 0 && t.Kind == TokenEOF {
			d.Span = diag.Span{Start: end - 1, End: end}
		}
	}
	if h := foreign(p, t); h != "" {
		d.Code = CodeUnsupported
		if parsedByFlink[t.Word] {
			d.Code = CodeNowhere
		}
		d.WithHint("%s", h)
	} else if h := p.wanted(); h != "" && h != "expected "+want {
		d.WithHint("%s", h)
	}
	p.fail(d)
}

// wanted says which words the text could have gone on with, if they are few. A dot
// or a semicolon is no advice.
func (p *parser) wanted() string {
	var words []string
	for _, w := range p.want {
		seen := false
		for _, x := range words {
			seen = seen || x == describe(w)
		}
		if !seen && w != "." && w != ";" {
			words = append(words, describe(w))
		}
	}
	switch n := len(words); {
	case n == 0 || n > 10:
		return ""
	case n == 1:
		return "expected " + words[0]
	default:
		return "expected " + strings.Join(words[:n-1], ", ") + " or " + words[n-1]
	}
}

// repairAlias looks at a name just before the current token that was taken for an
// alias. If it is a misspelt keyword it is put right, and the statement has to be
// read again.
func (p *parser) repairAlias() bool {
	return p.pos > 0 && p.alias.tok == p.pos-1 && p.repairWord(p.alias.tok, p.alias.want)
}

// repairWord puts a name right that is nearly one of some keywords: it reports the
// slip, makes the token that keyword and asks for the statement to be read again.
func (p *parser) repairWord(i int, words []string) bool {
	t := p.toks[i]
	if t.Kind != TokenName || p.repairs >= maxRepairs || len(words) == 0 {
		return false
	}
	near := diag.Nearest(p.text(t), words)
	k, ok := lookupKeyword(near)
	if near == "" || !ok || len(p.text(t)) < 3 {
		return false
	}
	p.report(diag.Errorf(CodeMisspelt, t.Pos, "%q is no keyword", p.text(t)).WithHint("did you mean %s?", near))
	p.toks[i] = Token{Kind: TokenKeyword, Reserved: k.reserved, Word: k.word, Pos: t.Pos}
	p.repairs++
	p.repaired = true
	return true
}

// quoted names a token in a message.
func (p *parser) quoted(t Token) string {
	switch text := p.text(t); {
	case t.Kind == TokenEOF:
		return "the end of the text"
	case t.Kind == TokenString && len(text) > 24:
		return "a string"
	case len(text) > 40:
		return fmt.Sprintf("%q…", text[:strings.LastIndexByte(text[:40], ' ')+1])
	case t.Kind == TokenSymbol, t.Kind == TokenString, t.Kind == TokenQuotedName, t.Kind == TokenBinary:
		return describe(text)
	default:
		return fmt.Sprintf("%q", text)
	}
}

// describe puts a symbol in quotes and leaves keywords and strings as they are.
func describe(word string) string {
	if word == "" || isNameStart(word[0]) || word[0] == '\'' || word[0] == '`' {
		return word
	}
	return `"` + word + `"`
}

// parsedByFlink are words of foreign that Flink's grammar has.
var parsedByFlink = map[string]bool{"MERGE": true, "PIVOT": true, "UNPIVOT": true}

// foreign knows SQL of other systems and what Flink SQL has instead.
func foreign(p *parser, t Token) string {
	switch t.Word {
	case "::":
		return "write CAST(value AS type)"
	case "?":
		return "Flink SQL has no parameters; write the value"
	case "->":
		return "Flink SQL has no lambdas"
	case "&", "#", "@", "~", "^", "!":
		return fmt.Sprintf("Flink SQL has no operator %s", t.Word)
	case "MERGE":
		return "Flink SQL has no MERGE; an upsert sink merges by its primary key"
	case "COLLATE":
		return "Flink SQL has no collations"
	case "PIVOT", "UNPIVOT":
		return "write CASE expressions in an aggregate"
	case "SCHEMA":
		return "Flink SQL calls it DATABASE"
	}
	if t.Kind == TokenName && equalFold(p.text(t), "index") {
		return "Flink SQL has no indexes"
	}
	return ""
}
