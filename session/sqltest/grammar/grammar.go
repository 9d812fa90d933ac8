// Package grammar writes random statements of everything that the parser accepts. grammar.txt has the productions; what
// depends on names and types (tables, columns, the functions that give a type) is here.
package grammar

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
)

//go:embed grammar.txt
var text string

// production are the alternatives of a name.
type production [][]piece

// piece is text, or a place for a production.
type piece struct {
	text  string
	name  string // of a production; empty for text
	times byte   // 0 once, ? perhaps, comma one to three in a list, * up to three
}

var place = regexp.MustCompile(`<([a-z][a-z0-9:-]*)([?,*]?)>`)

var productions = read(text)

// read reads productions.
func read(text string) map[string]production {
	out := map[string]production{}
	name := ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		rest := strings.TrimPrefix(strings.TrimSpace(line), "| ")
		if !strings.HasPrefix(line, " ") {
			name, rest, _ = strings.Cut(line, " = ")
			if out[name] != nil {
				panic("grammar.txt: " + name + " is there twice")
			}
		}
		for _, alternative := range strings.Split(rest, " | ") {
			out[name] = append(out[name], pieces(strings.TrimSpace(strings.ReplaceAll(alternative, `\|`, "|"))))
		}
	}
	return out
}

func pieces(alternative string) []piece {
	var out []piece
	at := 0
	for _, m := range place.FindAllStringSubmatchIndex(alternative, -1) {
		if m[0] > at {
			out = append(out, piece{text: alternative[at:m[0]]})
		}
		p := piece{name: alternative[m[2]:m[3]]}
		if m[5] > m[4] {
			p.times = alternative[m[4]]
		}
		out, at = append(out, p), m[1]
	}
	if at < len(alternative) {
		out = append(out, piece{text: alternative[at:]})
	}
	return out
}

// Choices decides what a statement is.
type Choices interface {
	// IntN gives a number below n > 0.
	IntN(n int) int
}

// Bytes are choices that a fuzzer can change one by one. Behind their end all are 0.
type Bytes []byte

// IntN implements Choices.
func (b *Bytes) IntN(n int) int {
	if len(*b) == 0 {
		return 0
	}
	v := int((*b)[0])
	if *b = (*b)[1:]; n > 256 && len(*b) > 0 {
		v = v<<8 | int((*b)[0])
		*b = (*b)[1:]
	}
	return v % n
}

// writer writes one statement.
type writer struct {
	Choices
	out    strings.Builder
	depth  int // of productions within each other
	names  int
	scopes []*scope // what queries around see, the innermost last
}

// Limits of a statement: beyond them the first alternatives, which end, are taken.
const (
	deepest = 11
	longest = 2500
)

// Statement writes one statement, or a script of a few.
func Statement(c Choices) string {
	w := &writer{Choices: c}
	w.put("statement")
	return strings.TrimSpace(w.out.String())
}

// ends tells that the statement must come to its end.
func (w *writer) ends() bool { return w.depth > deepest || w.out.Len() > longest }

// chance is true in so many of a hundred cases.
func (w *writer) chance(percent int) bool { return !w.ends() && w.IntN(100) >= 100-percent }

// put writes a production.
func (w *writer) put(name string) {
	w.depth++
	defer func() { w.depth-- }()
	if hook := hooks[name]; hook != nil {
		hook(w)
		return
	}
	if of, kind, found := strings.Cut(name, ":"); found {
		kindHooks[of](w, Kind(kind))
		return
	}
	p := productions[name]
	if p == nil {
		panic(fmt.Sprintf("grammar.txt has no %s", name))
	}
	i := 0
	if !w.ends() && w.IntN(deepest) >= w.depth-3 { // the deeper, the sooner it ends
		i = w.IntN(len(p))
	}
	for _, piece := range p[i] {
		w.piece(piece)
	}
}

func (w *writer) piece(p piece) {
	times, between := 1, " "
	switch p.times {
	case '?':
		times = 0
		if w.chance(35) {
			times = 1
		}
	case ',':
		between = " , "
		if w.chance(45) {
			times += w.IntN(3)
		}
	case '*':
		times = 0
		if w.chance(45) {
			times = w.IntN(4)
		}
	}
	if p.name == "" {
		w.text(p.text)
		return
	}
	for i := range times {
		if i > 0 {
			w.text(between)
		}
		w.put(p.name)
	}
}

func (w *writer) text(s string) {
	w.out.WriteString(s)
}

// cut takes what was written since a place.
func (w *writer) cut(from int) string {
	all := w.out.String()
	w.out.Reset()
	w.out.WriteString(all[:from])
	return all[from:]
}

// made is a production as text.
func (w *writer) made(name string) string {
	at := w.out.Len()
	w.put(name)
	return w.cut(at)
}

// name is a new name.
func (w *writer) name(of string) string {
	w.names++
	return fmt.Sprintf("%s%d", of, w.names)
}
