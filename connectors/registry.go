// Package connectors lists the connectors and formats of weir and finds them by
// name. Each lives in a folder of its own; adding one is that folder and one line
// in all.go.
package connectors

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/weir-sql/weir/connectors/connector"
	"github.com/weir-sql/weir/connectors/fullcache"
	"github.com/weir-sql/weir/connectors/option"
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// Connector and Env are the contract's, named here for those who only use them.
type (
	Connector = connector.Connector
	Env       = connector.Env
)

// Registry finds connectors by name and opens what specs name in one environment.
type Registry struct {
	env    *Env
	byName map[string]*Connector
	names  []string

	mu   sync.Mutex
	full map[*physical.LookupJoin]*fullcache.Table // that tasks of this run hold
}

var (
	_ catalog.Connectors = (*Registry)(nil)
	_ catalog.Formats    = (*Registry)(nil)
	_ exec.Connectors    = (*Registry)(nil)
)

// NewRegistry makes a registry of connectors that run in env, whose Formats are
// those of AllFormats if nil. Two connectors of one name are a mistake of the
// program and panic.
func NewRegistry(env *Env, list ...Connector) *Registry {
	if env.Formats == nil {
		env.Formats = DefaultFormats()
	}
	r := &Registry{env: env, byName: map[string]*Connector{}, full: map[*physical.LookupJoin]*fullcache.Table{}}
	for i := range list {
		c := &list[i]
		if r.byName[c.Name] != nil {
			panic(fmt.Sprintf("connector %q is listed twice", c.Name))
		}
		r.byName[c.Name] = c
		r.names = append(r.names, c.Name)
	}
	return r
}

// Connector gives a connector's declaration, nil if there is none.
func (r *Registry) Connector(name string) *catalog.Connector {
	if c := r.byName[name]; c != nil {
		return &c.Connector
	}
	return nil
}

// ConnectorNames lists the connectors in the order of the list.
func (r *Registry) ConnectorNames() []string { return r.names }

// Format gives a format's declaration, nil if there is none.
func (r *Registry) Format(name string) *catalog.Format { return r.env.Formats.Format(name) }

// FormatNames lists the formats in the order of the list.
func (r *Registry) FormatNames() []string { return r.env.Formats.FormatNames() }

// CheckFields reports that a format cannot hold columns of some types.
func (r *Registry) CheckFields(format string, fields []types.Field, options map[string]string) error {
	return r.env.Formats.CheckFields(format, fields, options)
}

// Source opens the table of a source.
func (r *Registry) Source(ctx context.Context, spec *physical.Source) (exec.Source, error) {
	c, err := r.find(spec.Options["connector"], spec.Table)
	if err != nil {
		return nil, err
	}
	if c.NewSource == nil {
		return nil, cannot(c, spec.Table, "read")
	}
	return c.NewSource(ctx, r.env, spec)
}

// CountPartitions tells how many of the partitions of a table a scan reads. It opens no file. all is 0 if the table has none.
func (r *Registry) CountPartitions(ctx context.Context, scan physical.Scan) (read, all int, err error) {
	c, err := r.find(scan.Options["connector"], scan.Table)
	if err != nil || c.CountPartitions == nil || len(scan.Table.PartitionKey) == 0 {
		return 0, 0, err
	}
	return c.CountPartitions(ctx, r.env, scan)
}

// Sink opens the table of a sink.
func (r *Registry) Sink(ctx context.Context, spec *physical.Sink) (exec.Sink, error) {
	c, err := r.find(spec.Options["connector"], spec.Table)
	if err != nil {
		return nil, err
	}
	if c.NewSink == nil {
		return nil, cannot(c, spec.Table, "written")
	}
	return c.NewSink(ctx, r.env, spec)
}

// Lookup opens the dimension table of a lookup join for one task. What is held in memory
// as a whole is held once for all tasks.
func (r *Registry) Lookup(ctx context.Context, spec *physical.LookupJoin) (exec.Lookup, error) {
	c, err := r.find(spec.Scan.Options["connector"], spec.Scan.Table)
	if err != nil {
		return nil, err
	}
	switch {
	case c.NewFullCache != nil, spec.Preload && c.NewSource != nil:
		return r.fullCache(ctx, c, spec)
	case c.NewLookup == nil:
		return nil, cannot(c, spec.Scan.Table, "looked up by key")
	}
	return c.NewLookup(ctx, r.env, spec)
}

// fullCache gives a task the table that the tasks of one join share.
func (r *Registry) fullCache(ctx context.Context, c *Connector, spec *physical.LookupJoin) (exec.Lookup, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t := r.full[spec]; t != nil {
		if h := t.Handle(); h != nil {
			return h, nil
		}
	}
	var t *fullcache.Table
	closed := func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.full[spec] == t {
			delete(r.full, spec)
		}
	}
	var err error
	if c.NewFullCache != nil {
		t, err = c.NewFullCache(ctx, r.env, spec, closed)
	} else {
		t, err = r.readWhole(ctx, c, spec, closed)
	}
	if err != nil {
		return nil, err
	}
	r.full[spec] = t
	return t.Handle(), nil
}

// readWhole makes a table in memory of what a connector's source gives.
func (r *Registry) readWhole(ctx context.Context, c *Connector, spec *physical.LookupJoin, closed func()) (*fullcache.Table, error) {
	reload, err := fullcache.NewReload(spec.Scan.Table, option.Read(connector.LookupOptions(), spec.Scan.Options), r.env.Location())
	if err != nil {
		return nil, err
	}
	source := &physical.Source{Scan: spec.Scan, Bounded: true}
	for _, col := range spec.Scan.Read {
		source.Fields = append(source.Fields, types.Field{Name: col.Name, Type: col.Type})
	}
	src, err := c.NewSource(ctx, r.env, source)
	if err != nil {
		return nil, err
	}
	t, err := fullcache.New(spec, src, reload, r.env.Now, nil, closed)
	if err != nil {
		return nil, errors.Join(err, src.Close())
	}
	return t, nil
}

func (r *Registry) find(name string, t *catalog.Table) (*Connector, error) {
	if c := r.byName[name]; c != nil {
		return c, nil
	}
	d := diag.Errorf("W0330", t.OptionSpans["connector"].Value, "connector %q of table %q is not known", name, t.Path.Name)
	if near := diag.Nearest(name, r.names); near != "" {
		return nil, d.WithHint("did you mean %q?", near)
	}
	return nil, d.WithHint("known connectors: %s", strings.Join(r.names, ", "))
}

func cannot(c *Connector, t *catalog.Table, what string) error {
	return diag.Errorf("W0331", t.Span, "table %q cannot be %s: connector %q does not offer it", t.Path.Name, what, c.Name)
}
