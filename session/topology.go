package session

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/topology"
)

// Topology is the graph of a script with its overlay, opened to be edited. It is a
// value: an edit gives a TopologyChange and changes nothing until that is saved.
type Topology struct {
	Script   diag.Source
	Planned  *topology.Graph   // without edits
	Graph    *topology.Graph   // with them; Planned where Problems has errors
	Overlay  *topology.Overlay // without entries if the script has none
	Problems diag.List         // of the overlay: what does not attach, what is not legal
	path     string            // of the overlay
	other    func() *topology.Graph
	both     bool // edits must be legal in the graph of the other mode too
}

// TopologyChange is an edit that has been judged.
type TopologyChange struct {
	Before  *topology.Graph
	After   *topology.Edited
	Overlay *topology.Overlay // as it shall be
	Diff    *topology.GraphDiff
	path    string
}

// Topology opens the topology of a script. The list holds problems of the script or of
// an overlay that does not read; without a topology there is at least one error.
func (s *Session) Topology(src diag.Source, mode Mode) (*Topology, diag.List) {
	plain := *s
	plain.opts.NoOverlay = true
	p, list := plain.Plan(src, mode)
	if list.HasErrors() {
		return nil, list
	}
	if p.Graph == nil {
		return nil, diag.List{diag.Errorf("W0407", diag.Span{}, "%s has no query and no INSERT: it has no graph", topology.Clean(src.Name))}
	}
	path := OverlayPath(src.Name)
	if path == "" {
		return nil, diag.List{diag.Errorf("W0407", diag.Span{}, "an overlay lies beside a file named X.sql, which %s is not", topology.Clean(src.Name))}
	}
	if !filepath.IsAbs(path) && !s.files.exists(src.Name) {
		path = filepath.Join(s.Project.Dir, path) // as overlay reads it
	}
	reader := *s
	reader.opts.NoOverlay = false
	o, problems := reader.overlay(src.Name)
	if list = append(list, problems...); list.HasErrors() {
		return nil, list
	}
	t := &Topology{Script: src, Planned: p.Planned, Graph: p.Planned, Overlay: o, path: path, other: func() *topology.Graph { return s.otherGraph(p) }}
	if o == nil {
		t.Overlay = &topology.Overlay{Source: diag.Source{Name: path}}
		return t, list
	}
	edited, problems := applyOverlay(t.Planned, o, t.other)
	t.Problems = problems
	if edited != nil {
		t.Graph = edited.Graph
	}
	return t, list
}

// JudgeBoth has edits judged by the graphs of both modes, if the script plans in both, as
// one overlay serves both. It gives what is wrong in the other mode with those there are.
func (t *Topology) JudgeBoth() diag.List {
	t.both = true
	return t.elsewhere(t.Overlay)
}

// elsewhere gives the errors that an overlay has in the other mode's graph.
func (t *Topology) elsewhere(o *topology.Overlay) (wrong diag.List) {
	if !t.both || len(o.Entries) == 0 {
		return nil
	}
	g := t.other()
	if g == nil {
		return nil // the script is for one mode only
	}
	_, list := applyOverlay(g, o, func() *topology.Graph { return t.Planned })
	for _, d := range list {
		if d.Severity == diag.Error && d.Code != "W0405" { // what attaches nowhere is said of this mode
			e := *d
			e.Primary = fmt.Sprintf("run as a %s: %s", g.Mode, d.Primary)
			wrong.Add(&e)
		}
	}
	return wrong
}

// Find gives an operator by name, uid or anchor, as it was planned.
func (t *Topology) Find(operator string) (*topology.Node, error) {
	n, err := t.Planned.Find(operator)
	if err == nil {
		return n, nil
	}
	if n, aerr := t.Planned.Attach(operator, ""); aerr == nil {
		return n, nil
	}
	if n, gerr := t.Graph.Find(operator); gerr == nil { // a uid that the overlay gives
		return t.Planned.Node(n.ID), nil
	}
	return nil, err
}

// key is under what an operator stands, or shall stand, in the overlay: its uid or, if
// wanted, its anchor.
func (t *Topology) key(n *topology.Node, anchor bool) string {
	for _, e := range t.Overlay.Entries {
		if m, err := t.Planned.Attach(e.Key, e.Name); err == nil && m.ID == n.ID {
			return e.Key
		}
	}
	if anchor || n.UID == "" {
		return t.Planned.Anchors()[n.ID]
	}
	return n.UID
}

// Set judges an edit of one operator on top of those in the overlay. With errors in
// the list it is refused; the change is nil then.
func (t *Topology) Set(operator string, edit topology.NodeEdit, byAnchor bool) (*TopologyChange, diag.List) {
	n, err := t.Find(operator)
	if err != nil {
		return nil, diag.List{asDiagnostic(err)}
	}
	key := t.key(n, byAnchor)
	o, list := t.Overlay.Set(key, nameFor(key, n), edit)
	if list.HasErrors() {
		return nil, placedIn(list, o)
	}
	return t.change(o, key)
}

// nameFor is the name that an entry keeps beside a uid; an anchor speaks for itself.
func nameFor(key string, n *topology.Node) string {
	if key == n.UID {
		return n.Name
	}
	return ""
}

// Unset judges the removal of fields of an operator's edits, or of all of them. The
// operator may be a key of the overlay that attaches to nothing any more.
func (t *Topology) Unset(operator string, fields ...string) (*TopologyChange, diag.List) {
	key := operator
	if !t.has(key) {
		n, err := t.Find(operator)
		if err != nil {
			return nil, diag.List{asDiagnostic(err)}
		}
		if key = t.key(n, false); !t.has(key) {
			return nil, diag.List{diag.Errorf("W0401", diag.Span{}, "%s has no edits in %s", topology.Clean(n.Name), topology.Clean(t.path))}
		}
	}
	o, list := t.Overlay.Unset(key, fields...)
	if list.HasErrors() {
		return nil, placedIn(list, o)
	}
	if o.Source.Text == t.Overlay.Source.Text {
		return nil, diag.List{diag.Errorf("W0401", diag.Span{}, "%s has no such field in %s", topology.Clean(operator), topology.Clean(t.path)).
			WithHint("fields are named as in the file: parallelism, in, inputs.1, stateTTL …")}
	}
	return t.change(o, "")
}

func (t *Topology) has(key string) bool {
	return slices.ContainsFunc(t.Overlay.Entries, func(e topology.OverlayEntry) bool { return e.Key == key })
}

// Merge judges all edits of another overlay on top of those there are: all of them
// or none.
func (t *Topology) Merge(patch *topology.Overlay) (*TopologyChange, diag.List) {
	if _, list := patch.Edits(t.Planned); list.HasErrors() {
		return nil, placedIn(list, patch)
	}
	o := t.Overlay
	for _, e := range patch.Entries {
		n, _ := t.Planned.Attach(e.Key, e.Name)
		key := e.Key
		if have := t.key(n, false); t.has(have) {
			key = have
		}
		var list diag.List
		if o, list = o.Set(key, e.Name, e.Edit); list.HasErrors() {
			return nil, placedIn(list, o)
		}
	}
	return t.change(o, "")
}

// change judges an overlay as a whole. Problems of the entry under key, which was just
// typed and lies in no file yet, lose their place.
func (t *Topology) change(o *topology.Overlay, key string) (*TopologyChange, diag.List) {
	edited, list := applyOverlay(t.Planned, o, t.other)
	if wrong := t.elsewhere(o); edited != nil && len(wrong) > 0 {
		edited, list = nil, append(list, wrong...)
	}
	for _, e := range o.Entries {
		for _, d := range list {
			if e.Key == key && d.Span == e.Span {
				d.Span, d.Source = diag.Span{}, nil
			}
		}
	}
	if edited == nil {
		return nil, list
	}
	diff, err := topology.Diff(t.Graph, edited.Graph)
	if err != nil {
		return nil, append(list, asDiagnostic(err))
	}
	return &TopologyChange{Before: t.Graph, After: edited, Overlay: o, Diff: diff, path: t.path}, list
}

// With is the topology with a change that has not been saved, to be edited further. Save
// writes all there is of it.
func (t *Topology) With(c *TopologyChange) *Topology {
	next := *t
	next.Graph, next.Overlay, next.Problems = c.After.Graph, c.Overlay, nil
	return &next
}

// WhyNoTTL says why an operator takes no state TTL, "" if it takes one.
func (t *Topology) WhyNoTTL(n *topology.Node) string {
	switch _, ok := withTTL(n.Spec, []time.Duration{0}); {
	case n.State == nil:
		return "it keeps no state"
	case t.Planned.Mode == Batch:
		return "state ends with a batch"
	case !ok:
		return "it frees its state as time passes"
	}
	return ""
}

// Path is the file that Save writes.
func (t *Topology) Path() string { return t.path }

// ErrOverlayChanged says that an overlay was written by somebody else since it was opened.
var ErrOverlayChanged = errors.New("the overlay was changed on disk since it was opened")

// Save writes the overlay, whole or not at all. opened is its text as it was when it was
// opened, "" if there was none: what others wrote since is not written over.
func (t *Topology) Save(opened string) error {
	now, err := os.ReadFile(t.path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if string(now) != opened {
		return fmt.Errorf("%s: %w", filepath.Base(t.path), ErrOverlayChanged)
	}
	return (&TopologyChange{Overlay: t.Overlay, path: t.path}).Save()
}

// Path is the file that Save writes.
func (c *TopologyChange) Path() string { return c.path }

// Save writes the overlay, whole or not at all.
func (c *TopologyChange) Save() error {
	if _, err := os.Stat(c.path); err == nil {
		return ReplaceFile(c.path, c.Overlay.Source.Text)
	} else if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(c.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("writing the overlay: %w", err)
	}
	_, err = f.WriteString(c.Overlay.Source.Text)
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", filepath.Base(c.path), err), os.Remove(c.path))
	}
	return nil
}
