package op

import (
	"context"
	"errors"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
)

// indexedLookup looks rows up by other columns than their key: it asks an index table
// for keys, and the table for the rows with those.
type indexedLookup struct {
	ask, fetch exec.Lookup
	columns    []int // of the index' rows: the keys
	spec       *physical.LookupJoin
}

// openLookup opens the table of a lookup join, or its index and the table.
func openLookup(ctx context.Context, conns exec.Connectors, spec *physical.LookupJoin) (exec.Lookup, error) {
	if spec.Index == nil {
		return conns.Lookup(ctx, spec)
	}
	ask, err := conns.Lookup(ctx, spec.Index.Ask)
	if err != nil {
		return nil, err
	}
	fetch, err := conns.Lookup(ctx, spec.Index.Fetch)
	if err != nil {
		return nil, errors.Join(err, ask.Close())
	}
	return &indexedLookup{ask: ask, fetch: fetch, columns: spec.Index.Columns, spec: spec.Index.Fetch}, nil
}

// Concurrent: if both tables are.
func (l *indexedLookup) Concurrent() bool {
	for _, t := range []exec.Lookup{l.ask, l.fetch} {
		if c, ok := t.(exec.ConcurrentLookup); !ok || !c.Concurrent() {
			return false
		}
	}
	return true
}

// Lookup asks the index, then the table. Keys of the index that the table does not have
// give no row.
func (l *indexedLookup) Lookup(ctx context.Context, keys *vec.Batch) (*vec.Batch, []int32, error) {
	found, of, err := l.ask.Lookup(ctx, keys)
	if err != nil {
		return nil, nil, err
	}
	own := &vec.Batch{Len: found.Len}
	for k, c := range l.columns {
		own.Cols = append(own.Cols, found.Cols[c].As(l.spec.Scan.Read[l.spec.Keys[k].Column].Type))
	}
	rows, owner, err := l.fetch.Lookup(ctx, own)
	if err != nil {
		return nil, nil, err
	}
	for i, o := range owner {
		owner[i] = of[o]
	}
	return rows, owner, nil
}

// Close closes both tables.
func (l *indexedLookup) Close() error { return errors.Join(l.ask.Close(), l.fetch.Close()) }
