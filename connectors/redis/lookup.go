package redis

import (
	"context"
	"errors"
	"fmt"
	"sync"

	goredis "github.com/redis/go-redis/v9"

	"github.com/weir-sql/weir/connectors/connector"
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
)

// lookup finds rows by key, for several goroutines at once.
type lookup struct {
	*table
	client *goredis.Client
	order  []int     // for each column of the key: which looked-up key gives it
	free   sync.Pool // of *fetcher
}

func newLookup(_ context.Context, env *connector.Env, spec *physical.LookupJoin) (exec.Lookup, error) {
	x := newTable(spec.Scan.Table, spec.Scan.Options)
	l := &lookup{table: x}
	for _, k := range x.keys {
		at := -1
		for i, key := range spec.Keys {
			if c := spec.Scan.Read[key.Column]; len(c.Path) == 1 && x.Column(c.Path[0]) == k {
				at = i
			}
		}
		if at < 0 || len(spec.Keys) != len(x.keys) {
			return nil, diag.Errorf("W0336", diag.Span{}, "table %q is looked up by all columns of its key and no others", x.Path.Name)
		}
		l.order = append(l.order, at)
	}
	first, err := newLayout(env, x, spec.Scan.Read)
	if err != nil {
		return nil, err
	}
	if l.client, err = x.open(); err != nil {
		return nil, err
	}
	l.free.Put(&fetcher{first, l.client})
	l.free.New = func() any {
		more, err := newLayout(env, x, spec.Scan.Read)
		if err != nil {
			panic(fmt.Sprintf("layout of %s: %v", x.Path.Name, err)) // the first was made
		}
		return &fetcher{more, l.client}
	}
	return l, nil
}

// Concurrent: the client is made for that.
func (l *lookup) Concurrent() bool { return true }

// Lookup finds the rows of each key. A key with NULL has none.
func (l *lookup) Lookup(ctx context.Context, keys *vec.Batch) (*vec.Batch, []int32, error) {
	cols := make([]*vec.Vec, len(l.order))
	for k, at := range l.order {
		cols[k] = keys.Cols[at]
	}
	names, err := l.names(cols, keys.Len, nil)
	if err != nil {
		return nil, nil, err
	}
	f := l.free.Get().(*fetcher)
	defer l.free.Put(f)
	return f.fetch(ctx, names, vec.NewBatch(keys.Len, cols...))
}

// Close ends the connections.
func (l *lookup) Close() error {
	if err := l.client.Close(); err != nil && !errors.Is(err, goredis.ErrClosed) {
		return err
	}
	return nil
}
