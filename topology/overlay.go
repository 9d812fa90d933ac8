package topology

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/weir-sql/weir/planner/diag"
)

// Overlay is the file of edits beside a script, orders.topology.yaml for orders.sql:
//
//	version: 1
//	operators:
//	  lookup-join-vmhk2d7q3e:          # a uid, or an anchor such as
//	    name: lookup-users             #   spend_by_city/lookup-join[user_id]
//	    parallelism: 8
//	    in: hash[user_id]
//
// It is reviewed and merged like code: edits to it keep comments and every line
// that they do not concern, and new operators and fields go in a fixed order.
// OverlaySchema describes it for editors.
type Overlay struct {
	Source  diag.Source // name and text of the file
	Entries []OverlayEntry
}

// OverlayEntry is the edits of one operator.
type OverlayEntry struct {
	Key  string // uid or anchor
	Name string // the operator's name when the entry was written; helps when Key no longer attaches
	Edit NodeEdit
	Span diag.Span // of the key
}

// overlayFields are the fields of an operator in the order in which they are written.
var overlayFields = []string{"name", "uid", "parallelism", "maxParallelism", "chaining", "slotGroup", "stateTTL", "resources", "in", "inputs"}

// ParseOverlay reads an overlay. The list holds everything that does not read, at
// its place; with errors the overlay must not be applied.
func ParseOverlay(src diag.Source) (*Overlay, diag.List) {
	root, problems := readYAML(src.Text)
	o := &Overlay{Source: src}
	if problems.HasErrors() {
		return o, problems // what it says cannot be known
	}
	p := &overlayParser{}
	version := 0
	for _, e := range root.entries {
		switch e.key {
		case "version":
			if version = p.number(e); version != 1 {
				p.fail(e.valueSpan, "overlay has version %q", Clean(e.value)).WithHint("This weir reads version 1.")
			}
		case "operators":
			if e.value != "" {
				p.fail(e.valueSpan, "operators must be a mapping of uids or anchors")
			}
			for _, op := range e.entries {
				o.Entries = append(o.Entries, p.operator(op))
			}
		default:
			p.unknown(e, []string{"version", "operators"})
		}
	}
	if version == 0 && len(root.entries) > 0 && !p.problems.HasErrors() {
		p.fail(root.entries[0].span, "overlay has no version").WithHint("version: 1")
	}
	return o, p.problems
}

type overlayParser struct{ problems diag.List }

func (p *overlayParser) fail(span diag.Span, format string, args ...any) *diag.Diagnostic {
	d := diag.Errorf("W0404", span, format, args...)
	p.problems.Add(d)
	return d
}

func (p *overlayParser) unknown(e *yamlEntry, known []string) {
	d := p.fail(e.span, "field %q is none", Clean(e.key))
	if near := diag.Nearest(e.key, known); near != "" {
		d.WithHint("did you mean %q?", near)
	} else {
		d.WithHint("fields: %s", strings.Join(known, ", "))
	}
}

func (p *overlayParser) number(e *yamlEntry) int {
	n, err := strconv.Atoi(e.value)
	if err != nil || n < 1 || len(e.entries) > 0 {
		p.fail(e.valueSpan, "%s must be a number of at least 1", Clean(e.key))
		return 0
	}
	return n
}

func (p *overlayParser) text(e *yamlEntry) string {
	if e.value == "" || len(e.entries) > 0 {
		p.fail(e.span, "%s must have a value", Clean(e.key))
	}
	return e.value
}

func (p *overlayParser) operator(op *yamlEntry) OverlayEntry {
	entry := OverlayEntry{Key: op.key, Span: op.span}
	edit := &entry.Edit
	if op.value != "" {
		p.fail(op.valueSpan, "operator %q must be a mapping of fields", Clean(op.key))
	}
	for _, e := range op.entries {
		switch e.key {
		case "name":
			entry.Name = p.text(e)
		case "uid":
			edit.UID = p.text(e)
		case "parallelism":
			edit.Parallelism = p.number(e)
		case "maxParallelism":
			edit.MaxParallelism = p.number(e)
		case "chaining":
			if edit.Chaining = Chaining(p.text(e)); !slices.Contains([]Chaining{ChainAlways, ChainNever, ChainHead}, edit.Chaining) {
				p.fail(e.valueSpan, "chaining %q is none", Clean(e.value)).WithHint("always, never or head")
			}
		case "slotGroup":
			edit.SlotGroup = p.text(e)
		case "stateTTL":
			edit.StateTTL = p.ttls(e)
		case "resources":
			edit.Resources = p.resources(e)
		case "in":
			p.exchange(edit, e, 0)
		case "inputs":
			for i, in := range p.numbered(e) {
				p.exchange(edit, e.entries[i], in)
			}
		default:
			p.unknown(e, overlayFields)
		}
	}
	slices.SortFunc(edit.Inputs, func(a, b EdgeEdit) int { return cmp.Compare(a.Input, b.Input) })
	return entry
}

// numbered returns the keys of a mapping of inputs.
func (p *overlayParser) numbered(e *yamlEntry) (numbers []int) {
	if e.value != "" || len(e.entries) == 0 {
		p.fail(e.span, "%s must be a mapping by input: 0, 1, …", Clean(e.key))
	}
	for _, c := range e.entries {
		n, err := strconv.Atoi(c.key)
		if err != nil || n < 0 || n > 1000 || strconv.Itoa(n) != c.key {
			p.fail(c.span, "input %q is not a number from 0", Clean(c.key))
		}
		numbers = append(numbers, n)
	}
	return numbers
}

func (p *overlayParser) exchange(edit *NodeEdit, e *yamlEntry, input int) {
	if len(e.entries) > 0 {
		p.fail(e.span, "%s must be an exchange such as \"hash[city]\"", Clean(e.key))
		return
	}
	in, err := ParseExchange(e.value)
	if err != nil {
		var d *diag.Diagnostic
		if !errors.As(err, &d) {
			d = diag.Errorf("W0404", e.span, "%v", err)
		}
		if d.Span = e.valueSpan; e.value == "" {
			d.Span = e.span
		}
		p.problems.Add(d)
		return
	}
	in.Input = input
	edit.Inputs = append(edit.Inputs, in)
}

func (p *overlayParser) ttls(e *yamlEntry) []time.Duration {
	if len(e.entries) == 0 {
		return []time.Duration{p.ttl(e)}
	}
	numbers := p.numbered(e)
	ttls := make([]time.Duration, len(numbers))
	for i, n := range numbers {
		if n >= len(numbers) {
			p.fail(e.entries[i].span, "state TTL must be given for input 0 to %d each, or once for all", len(numbers)-1)
			continue
		}
		ttls[n] = p.ttl(e.entries[i])
	}
	return ttls
}

func (p *overlayParser) ttl(e *yamlEntry) time.Duration {
	d, ok := ParseTTL(e.value)
	if !ok || len(e.entries) > 0 {
		p.fail(e.valueSpan, "state TTL %q is no duration", Clean(e.value)).WithHint("e.g. 36h, 7d, 90min, or 0 to keep state for ever")
	}
	return d
}

func (p *overlayParser) resources(e *yamlEntry) (r Resources) {
	if e.value != "" || len(e.entries) == 0 {
		p.fail(e.span, "resources must be a mapping of cpu and memoryMiB")
	}
	for _, c := range e.entries {
		switch c.key {
		case "cpu":
			v, err := strconv.ParseFloat(c.value, 64)
			if err != nil || !(v > 0) || v > 1e6 {
				p.fail(c.valueSpan, "cpu must be a number of cores above 0")
				continue
			}
			r.CPU = v
		case "memoryMiB":
			r.MemoryMiB = p.number(c)
		default:
			p.unknown(c, []string{"cpu", "memoryMiB"})
		}
	}
	return r
}

// ParseTTL reads a duration as Flink's options take it: a number and a unit, d, h,
// min or m, s or ms, with or without space; 0 alone is for ever.
func ParseTTL(s string) (time.Duration, bool) {
	digits := strings.TrimRight(strings.TrimSpace(s), "abcdefghijklmnopqrstuvwxyz ")
	unit := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(s), digits))
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 {
		return 0, false
	}
	if n == 0 && unit == "" {
		return 0, true
	}
	size, ok := map[string]time.Duration{"d": 24 * time.Hour, "h": time.Hour, "min": time.Minute, "m": time.Minute, "s": time.Second, "ms": time.Millisecond}[unit]
	if !ok || n > int64(1<<62)/int64(size) {
		return 0, false
	}
	return time.Duration(n) * size, true
}

// Edits attaches every entry to an operator of a graph. An entry that attaches to
// none, or to one that another entry has, is an error at its place.
func (o *Overlay) Edits(g *Graph) ([]Edit, diag.List) {
	var problems diag.List
	var edits []Edit
	by := map[NodeID]string{}
	attach := g.Attacher()
	for _, e := range o.Entries {
		n, err := attach(e.Key, e.Name)
		if err != nil {
			err.Span = e.Span
			problems.Add(err)
			continue
		}
		if other, taken := by[n.ID]; taken {
			problems.Add(diag.Errorf("W0405", e.Span, "%q and %q attach to one operator, %s", Clean(other), Clean(e.Key), Clean(n.Name)))
			continue
		}
		by[n.ID] = e.Key
		edits = append(edits, Edit{Node: n.ID, NodeEdit: e.Edit, Span: e.Span})
	}
	return edits, problems
}

// Apply applies an overlay to a graph: see Graph.Apply. Places in the list are in
// the overlay's text.
func (o *Overlay) Apply(g *Graph) (*Edited, diag.List) {
	edits, problems := o.Edits(g)
	if problems.HasErrors() {
		return nil, problems
	}
	edited, more := g.Apply(edits)
	return edited, append(problems, more...)
}

// Set returns an overlay with an edit of an operator merged in: fields that the
// edit wants are set, others stay. The key is written as it is given; the name says
// to a reader, and to a later Attach, which operator was meant.
func (o *Overlay) Set(key, name string, edit NodeEdit) (*Overlay, diag.List) {
	text, crlf := unixLines(o.Source.Text)
	if strings.TrimSpace(text) == "" {
		text = overlayHeader
	}
	if root, _ := readYAML(text); root.child("version") == nil { // nothing but comments yet
		text = yamlSet(text, []string{"version"}, "1", overlayOrder)
	}
	set := func(value string, path ...string) {
		text = yamlSet(text, append([]string{"operators", key}, path...), value, overlayOrder)
	}
	for _, f := range []struct{ field, value string }{{"name", name}, {"uid", edit.UID}, {"chaining", string(edit.Chaining)}, {"slotGroup", edit.SlotGroup}} {
		if f.value != "" {
			set(yamlText(f.value), f.field)
		}
	}
	for _, f := range []struct {
		field string
		value int
	}{{"parallelism", edit.Parallelism}, {"maxParallelism", edit.MaxParallelism}} {
		if f.value != 0 {
			set(strconv.Itoa(f.value), f.field)
		}
	}
	for i, ttl := range edit.StateTTL {
		value := cmp.Or(ttlText(ttl), "0")
		if len(edit.StateTTL) == 1 {
			set(value, "stateTTL")
		} else {
			set(value, "stateTTL", strconv.Itoa(i))
		}
	}
	if edit.Resources.CPU != 0 {
		set(strconv.FormatFloat(edit.Resources.CPU, 'f', -1, 64), "resources", "cpu")
	}
	if edit.Resources.MemoryMiB != 0 {
		set(strconv.Itoa(edit.Resources.MemoryMiB), "resources", "memoryMiB")
	}
	for _, in := range edit.Inputs {
		value := yamlText(in.String())
		if in.Input == 0 && overlayField(text, key, "inputs", "0") == nil {
			set(value, "in")
		} else {
			set(value, "inputs", strconv.Itoa(in.Input))
		}
	}
	return o.reread(text, crlf)
}

func (o *Overlay) reread(text string, crlf bool) (*Overlay, diag.List) {
	if crlf {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	return ParseOverlay(diag.Source{Name: o.Source.Name, Text: text})
}

// unixLines returns a text with plain line ends, and whether it had others.
func unixLines(text string) (string, bool) {
	unix := strings.ReplaceAll(text, "\r\n", "\n")
	return unix, unix != text
}

// overlayField returns the entry at a path below operators, or nil.
func overlayField(text string, path ...string) *yamlEntry {
	e, _ := readYAML(text)
	for _, key := range append([]string{"operators"}, path...) {
		if e = e.child(key); e == nil {
			return nil
		}
	}
	return e
}

// Unset returns an overlay without fields of an operator ("parallelism", "in",
// "inputs.1", "stateTTL" …), or without the operator if none is named or none but
// its name is left.
func (o *Overlay) Unset(key string, fields ...string) (*Overlay, diag.List) {
	text, crlf := unixLines(o.Source.Text)
	for _, f := range fields {
		text = yamlRemove(text, append([]string{"operators", key}, strings.Split(f, ".")...), 2)
	}
	op := overlayField(text, key)
	if op != nil && (len(fields) == 0 || len(op.entries) == 0 || (len(op.entries) == 1 && op.entries[0].key == "name")) {
		text = yamlRemove(text, []string{"operators", key}, 1)
	}
	return o.reread(text, crlf)
}

const overlayHeader = `# Edits to the StreamGraph of the script beside this file.
# Keys are uids or anchors of operators: weir topology get lists them.
version: 1
operators:
`

// overlayOrder sorts operators by key, fields as in overlayFields, inputs by number.
func overlayOrder(path []string, a, b string) bool {
	switch len(path) {
	case 0:
		return a == "version"
	case 1:
		return a < b
	case 2:
		return slices.Index(overlayFields, a) < slices.Index(overlayFields, b)
	}
	x, err := strconv.Atoi(a)
	y, err2 := strconv.Atoi(b)
	if err == nil && err2 == nil {
		return x < y
	}
	return a < b
}
