package session

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/topology"
)

// OverlaySuffix is what the overlay of a script is called by: orders.topology.yaml
// lies beside orders.sql.
const OverlaySuffix = ".topology.yaml"

// OverlayPath is where the overlay of a script lies, "" for a text that is no file
// (standard input, -e).
func OverlayPath(script string) string {
	base, ok := strings.CutSuffix(script, ".sql")
	if !ok || base == "" {
		return ""
	}
	return base + OverlaySuffix
}

// overlay reads the overlay of a script; nil if there is none. A script that is not
// found under its name is one of the project's (the demo's are named so).
func (s *Session) overlay(script string) (*topology.Overlay, diag.List) {
	path := OverlayPath(script)
	if path == "" || s.opts.NoOverlay {
		return nil, nil
	}
	if own := s.opts.Overlay; own != "" {
		src, err := s.files.script(filepath.Join(s.Project.Dir, own))
		if err != nil {
			d := asDiagnostic(err)
			d.Primary = strings.Replace(d.Primary, "script", "overlay", 1)
			return nil, diag.List{d}
		}
		src.Name = own
		o, problems := topology.ParseOverlay(src)
		return o, placedIn(problems, o)
	}
	if !filepath.IsAbs(script) && !s.files.exists(script) {
		path = filepath.Join(s.Project.Dir, path)
	}
	if !s.files.exists(path) {
		return nil, nil
	}
	src, err := s.files.script(path)
	if err != nil {
		d := asDiagnostic(err)
		d.Primary = strings.Replace(d.Primary, "the script", "the overlay", 1)
		return nil, diag.List{d}
	}
	src.Name = OverlayPath(script)
	o, problems := topology.ParseOverlay(src)
	return o, placedIn(problems, o)
}

// placedIn makes the places of a list point into an overlay. Problems of the graph as
// a whole (W0402) have theirs in the script.
func placedIn(list diag.List, o *topology.Overlay) diag.List {
	for _, d := range list {
		if d.Code != "W0402" && d.Source == nil {
			d.Source = &o.Source
		}
	}
	return list
}

// edit applies the overlay of a plan's script to its graph.
func (s *Session) edit(p *Plan) diag.List {
	o, list := s.overlay(p.Source.Name)
	if o == nil || list.HasErrors() {
		return list
	}
	p.Overlay = o
	edited, problems := applyOverlay(p.Planned, o, func() *topology.Graph { return s.otherGraph(p) })
	list = append(list, problems...)
	if edited != nil {
		p.Graph, p.Follows = edited.Graph, edited.Follows
	}
	return list
}

// otherGraph plans a script for the other mode, as far as that goes; nil if it does not.
func (s *Session) otherGraph(p *Plan) *topology.Graph {
	mode := Batch
	if p.Mode == Batch {
		mode = Stream
	}
	plain := *s
	plain.opts.NoOverlay = true
	other, _ := plain.Plan(p.Source, mode)
	if other == nil {
		return nil
	}
	return other.Graph
}

// applyOverlay gives a graph with the edits of an overlay; other gives the graph of the
// other mode, or nil. Operators that only the other mode has keep their edits for it:
// that they have no effect here is a note.
func applyOverlay(g *topology.Graph, o *topology.Overlay, other func() *topology.Graph) (*topology.Edited, diag.List) {
	here := &topology.Overlay{Source: o.Source}
	var elsewhere *topology.Graph
	var list diag.List
	attach := g.Attacher()
	for _, e := range o.Entries {
		if _, err := attach(e.Key, e.Name); err != nil && other != nil {
			if elsewhere == nil {
				if elsewhere = other(); elsewhere == nil {
					other = nil
				}
			}
			if elsewhere != nil {
				if n, err := elsewhere.Attach(e.Key, e.Name); err == nil {
					d := diag.Warnf("W0406", e.Span, "operator %q is only in the %s graph; its edits have no effect here", topology.Clean(n.Name), elsewhere.Mode)
					d.Severity = diag.Note
					list.Add(d)
					continue
				}
			}
		}
		if g.Mode == Batch && e.Edit.StateTTL != nil { // state ends with the run
			e.Edit.StateTTL = nil
			d := diag.Warnf("W0406", e.Span, "state TTL has no effect in batch mode")
			d.Severity = diag.Note
			list.Add(d)
		}
		here.Entries = append(here.Entries, e)
	}
	edits, problems := here.Edits(g)
	list = append(list, problems...)
	if list.HasErrors() {
		return nil, placedIn(list, o)
	}
	edited, problems := ApplyEdits(g, edits)
	return edited, placedIn(append(list, problems...), o)
}

// ApplyEdits is Graph.Apply for a graph that shall run: what the executor reads of specs
// follows the nodes.
func ApplyEdits(g *topology.Graph, edits []topology.Edit) (*topology.Edited, diag.List) {
	var list diag.List
	for _, e := range edits {
		n := g.Node(e.Node)
		if n == nil || e.StateTTL == nil || n.State == nil {
			continue // Apply says what is wrong with it
		}
		if _, ok := withTTL(n.Spec, e.StateTTL); !ok {
			list.Add(diag.Errorf("W0412", e.Span, "%s frees its state as time passes and takes no TTL", topology.Clean(n.Name)).
				WithHint("TTLs bound the state of group aggregates, regular joins, top-n, deduplication, normalization and sink materialization."))
		}
	}
	if list.HasErrors() {
		return nil, list
	}
	edited, list := g.Apply(edits)
	if edited == nil {
		return nil, list
	}
	for _, e := range edits {
		if n := edited.Graph.Node(e.Node); e.StateTTL != nil {
			n.Spec, _ = withTTL(n.Spec, n.StateTTL)
		}
	}
	return edited, list
}

// withTTL gives a spec that keeps its state so long, per input; false if its kind of
// operator has no TTL. Specs are immutable: it is a copy.
func withTTL(spec any, ttl []time.Duration) (any, bool) {
	first, last := ttl[0], ttl[len(ttl)-1]
	switch s := spec.(type) {
	case *physical.GroupAgg:
		c := *s
		c.TTL = first
		return &c, true
	case *physical.Join:
		c := *s
		c.LeftTTL, c.RightTTL = first, last
		return &c, true
	case *physical.TopN:
		c := *s
		c.TTL = first
		return &c, len(s.Order) > 0 // LIMIT counts for ever
	case *physical.Dedup:
		c := *s
		c.TTL = first
		return &c, true
	case *physical.Normalize:
		c := *s
		c.TTL = first
		return &c, true
	case *physical.Materialize:
		c := *s
		c.TTL = first
		return &c, true
	}
	return spec, false
}

// files is where a session reads scripts, declarations and overlays: the disk, or a
// revision of a repository.
type files interface {
	script(path string) (diag.Source, error)
	exists(path string) bool // as a file
}

// disk is the file system as it is.
type disk struct{}

func (disk) script(path string) (diag.Source, error) { return ReadFile(path, nil) }

func (disk) exists(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
