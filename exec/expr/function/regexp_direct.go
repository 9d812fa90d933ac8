package function

import (
	"regexp"
	"regexp/syntax"
	"strings"
)

// javaRegexp is a compiled pattern. Simple patterns around a fixed text, such as
// '(&|^)channel_id=([^&]*)', are matched directly; the automaton of package regexp, which is
// ten times slower, does the others. Both give the same matches.
type javaRegexp struct {
	*regexp.Regexp
	direct *directMatch // nil = the automaton
}

// directLimit is the length of text up to which a pattern is matched directly: a text made
// for it could take time quadratic in its length.
const directLimit = 4096

// FindStringSubmatchIndex is that of regexp; the result is valid until the next call.
func (r *javaRegexp) FindStringSubmatchIndex(s string) []int {
	if r.direct == nil || len(s) > directLimit {
		return r.Regexp.FindStringSubmatchIndex(s)
	}
	return r.direct.find(s)
}

// FindStringIndex is that of regexp; the result is valid until the next call.
func (r *javaRegexp) FindStringIndex(s string) []int {
	if r.direct == nil || len(s) > directLimit {
		return r.Regexp.FindStringIndex(s)
	}
	if m := r.direct.find(s); m != nil {
		return m[:2]
	}
	return nil
}

// MatchString is that of regexp.
func (r *javaRegexp) MatchString(s string) bool {
	if r.direct == nil || len(s) > directLimit {
		return r.Regexp.MatchString(s)
	}
	return r.direct.find(s) != nil
}

// directMatch matches a pattern of texts, single ASCII characters, runs of characters that stop
// at what must follow them, groups, a few alternatives, and the ends of the text. Nothing in
// it needs to give back what it took but an alternative, so there is a match or none as
// soon as the alternatives were tried in order.
type directMatch struct {
	steps  []directStep
	groups []int // of the last match, as regexp gives them
	// Every match holds literal, between least and most bytes behind its start.
	literal     string
	least, most int
}

type directOp uint8

const (
	directText  directOp = iota // text
	directOne                   // one byte of set
	directRun                   // at least least bytes of set, as many as there are
	directAlt                   // one of the steps to, in order
	directSave                  // the place is groups[n]
	directBegin                 // of the text
	directEnd                   // of the text
	directDone
)

type directStep struct {
	op    directOp
	next  int
	text  string
	set   *[256]bool
	least int
	to    []int
	n     int
}

// find gives the leftmost match.
func (d *directMatch) find(s string) []int {
	for from, tried := 0, -1; ; {
		at := strings.Index(s[from:], d.literal)
		if at < 0 {
			return nil
		}
		at += from
		for start := max(at-d.most, tried+1); start <= at-d.least; start++ {
			tried = start
			for i := range d.groups {
				d.groups[i] = -1
			}
			if end := d.match(0, s, start); end >= 0 {
				d.groups[0], d.groups[1] = start, end
				return d.groups
			}
		}
		from = at + 1
	}
}

// match goes on from a step at a place and gives the end of the match, -1 if there is none.
func (d *directMatch) match(step int, s string, at int) int {
	for {
		p := &d.steps[step]
		switch p.op {
		case directText:
			if len(s)-at < len(p.text) || s[at:at+len(p.text)] != p.text {
				return -1
			}
			at += len(p.text)
		case directOne:
			if at == len(s) || !p.set[s[at]] {
				return -1
			}
			at++
		case directRun:
			from := at
			for at < len(s) && p.set[s[at]] {
				at++
			}
			if at-from < p.least {
				return -1
			}
		case directAlt:
			for _, to := range p.to {
				if end := d.match(to, s, at); end >= 0 {
					return end
				}
			}
			return -1
		case directSave:
			before := d.groups[p.n]
			d.groups[p.n] = at
			end := d.match(p.next, s, at)
			if end < 0 {
				d.groups[p.n] = before
			}
			return end
		case directBegin:
			if at != 0 {
				return -1
			}
		case directEnd:
			if at != len(s) {
				return -1
			}
		default:
			return at
		}
		step = p.next
	}
}

// newDirectMatch compiles a pattern, nil if it is not simple.
func newDirectMatch(pattern string, groups int) *directMatch {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil
	}
	c := &directCompiler{d: &directMatch{groups: make([]int, 2*groups+2)}, alts: 4}
	c.add(directStep{op: directDone})
	re = re.Simplify()
	first, ok := c.compile(re, 0)
	if !ok || !c.findLiteral(re) {
		return nil
	}
	// Steps were added from the last to the first; find starts at step 0.
	steps := c.d.steps
	start := directStep{op: directAlt, to: []int{first}}
	c.d.steps = append([]directStep{start}, steps...)
	for i := range c.d.steps {
		p := &c.d.steps[i]
		p.next++
		for k := range p.to {
			p.to[k]++
		}
	}
	return c.d
}

type directCompiler struct {
	d    *directMatch
	alts int // that are still allowed
}

func (c *directCompiler) add(s directStep) int {
	c.d.steps = append(c.d.steps, s)
	return len(c.d.steps) - 1
}

// compile adds the steps of re in front of the step next and gives the first of them.
func (c *directCompiler) compile(re *syntax.Regexp, next int) (int, bool) {
	switch re.Op {
	case syntax.OpEmptyMatch:
		return next, true
	case syntax.OpLiteral:
		return c.add(directStep{op: directText, text: string(re.Rune), next: next}), re.Flags&syntax.FoldCase == 0
	case syntax.OpCharClass:
		set, wide, ok := byteSet(re)
		return c.add(directStep{op: directOne, set: set, next: next}), ok && !wide
	case syntax.OpStar, syntax.OpPlus:
		set, _, ok := byteSet(re.Sub[0])
		if !ok || re.Flags&syntax.NonGreedy != 0 || c.meets(next, set) {
			return 0, false
		}
		least := 0
		if re.Op == syntax.OpPlus {
			least = 1
		}
		return c.add(directStep{op: directRun, set: set, least: least, next: next}), true
	case syntax.OpQuest:
		if re.Flags&syntax.NonGreedy != 0 {
			return 0, false
		}
		return c.alternatives([]*syntax.Regexp{re.Sub[0], {Op: syntax.OpEmptyMatch}}, next)
	case syntax.OpAlternate:
		return c.alternatives(re.Sub, next)
	case syntax.OpConcat:
		ok := true
		for i := len(re.Sub) - 1; i >= 0 && ok; i-- {
			next, ok = c.compile(re.Sub[i], next)
		}
		return next, ok
	case syntax.OpCapture:
		inner, ok := c.compile(re.Sub[0], c.add(directStep{op: directSave, n: 2*re.Cap + 1, next: next}))
		return c.add(directStep{op: directSave, n: 2 * re.Cap, next: inner}), ok
	case syntax.OpBeginText:
		return c.add(directStep{op: directBegin, next: next}), true
	case syntax.OpEndText:
		return c.add(directStep{op: directEnd, next: next}), true
	}
	return 0, false
}

func (c *directCompiler) alternatives(subs []*syntax.Regexp, next int) (int, bool) {
	if c.alts--; c.alts < 0 || len(subs) > 4 {
		return 0, false
	}
	var to []int
	for _, sub := range subs {
		first, ok := c.compile(sub, next)
		if !ok {
			return 0, false
		}
		to = append(to, first)
	}
	return c.add(directStep{op: directAlt, to: to}), true
}

// meets reports whether what follows a run could begin with a byte of the run, so that the
// run might have to give some back. Behind the last run nothing follows.
func (c *directCompiler) meets(step int, set *[256]bool) bool {
	p := c.d.steps[step]
	switch p.op {
	case directText:
		return set[p.text[0]]
	case directOne, directRun:
		for b := range set {
			if set[b] && p.set[b] {
				return true
			}
		}
		return p.op == directRun && p.least == 0 && c.meets(p.next, set)
	case directAlt:
		for _, to := range p.to {
			if c.d.steps[to].op == directDone || c.meets(to, set) {
				return true // an empty alternative might be preferred to a longer run
			}
		}
		return false
	case directSave:
		return c.meets(p.next, set)
	case directBegin:
		return true
	default:
		return false
	}
}

// byteSet gives the bytes of a class of characters: of its ASCII characters, and of all others
// if it has all others (wide); a class with some of them is not ok.
func byteSet(re *syntax.Regexp) (set *[256]bool, wide, ok bool) {
	set = &[256]bool{}
	ranges := re.Rune
	switch re.Op {
	case syntax.OpAnyChar:
		ranges = []rune{0, 0x10FFFF}
	case syntax.OpAnyCharNotNL:
		ranges = []rune{0, '\n' - 1, '\n' + 1, 0x10FFFF}
	case syntax.OpLiteral:
		if len(re.Rune) != 1 || re.Flags&syntax.FoldCase != 0 {
			return nil, false, false
		}
		ranges = []rune{re.Rune[0], re.Rune[0]}
	case syntax.OpCharClass:
	default:
		return nil, false, false
	}
	for i := 0; i < len(ranges); i += 2 {
		lo, hi := ranges[i], ranges[i+1]
		for r := lo; r <= min(hi, 0x7F); r++ {
			set[r] = true
		}
		if hi < 0x80 {
			continue
		}
		if lo > 0x80 || hi != 0x10FFFF {
			return nil, false, false
		}
		wide = true
		for b := 0x80; b < 256; b++ {
			set[b] = true
		}
	}
	return set, wide, true
}

// findLiteral finds the longest text that every match holds, a bounded number of bytes behind
// its start.
func (c *directCompiler) findLiteral(re *syntax.Regexp) bool {
	subs := []*syntax.Regexp{re}
	if re.Op == syntax.OpConcat {
		subs = re.Sub
	}
	least, most := 0, 0
	for _, sub := range subs {
		for sub.Op == syntax.OpCapture {
			sub = sub.Sub[0]
		}
		if sub.Op == syntax.OpLiteral {
			if text := string(sub.Rune); len(text) > len(c.d.literal) {
				c.d.literal, c.d.least, c.d.most = text, least, most
			}
		}
		lo, hi, ok := width(sub)
		if !ok {
			break
		}
		least, most = least+lo, most+hi
	}
	return c.d.literal != "" && c.d.most-c.d.least <= 64
}

// width gives how many bytes a pattern takes; false if there is no bound.
func width(re *syntax.Regexp) (least, most int, ok bool) {
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpBeginText, syntax.OpEndText:
		return 0, 0, true
	case syntax.OpLiteral:
		n := len(string(re.Rune))
		return n, n, true
	case syntax.OpCharClass:
		return 1, 1, true // of ASCII, or it was refused
	case syntax.OpCapture:
		return width(re.Sub[0])
	case syntax.OpQuest:
		_, most, ok = width(re.Sub[0])
		return 0, most, ok
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			lo, hi, fine := width(sub)
			if !fine {
				return 0, 0, false
			}
			least, most = least+lo, most+hi
		}
		return least, most, true
	case syntax.OpAlternate:
		for i, sub := range re.Sub {
			lo, hi, fine := width(sub)
			if !fine {
				return 0, 0, false
			}
			if i == 0 {
				least = lo
			}
			least, most = min(least, lo), max(most, hi)
		}
		return least, most, true
	}
	return 0, 0, false
}
