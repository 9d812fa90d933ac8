package filesystem

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/weir-sql/weir/connectors/connector"
	"github.com/weir-sql/weir/connectors/fullcache"
	"github.com/weir-sql/weir/planner/physical"
)

// newFullCache holds all rows of a table in memory. They are read again when the reload
// options say so and a file has changed.
func newFullCache(_ context.Context, env *connector.Env, spec *physical.LookupJoin, closed func()) (*fullcache.Table, error) {
	src, err := openSource(env, spec.Scan)
	if err != nil {
		return nil, err
	}
	if err := src.readSnapshots(env); err != nil {
		return nil, errors.Join(err, src.Close())
	}
	reload, err := fullcache.NewReload(src.table.Table, src.table.options, env.Location())
	if err == nil {
		var t *fullcache.Table
		if t, err = fullcache.New(spec, src, reload, env.Now, src.state, closed); err == nil {
			return t, nil
		}
	}
	return nil, errors.Join(err, src.Close())
}

// state tells one state of the files from another.
func (s *Source) state(ctx context.Context) (string, error) {
	files, err := s.listing.files(ctx)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, f := range files {
		fmt.Fprintf(&b, "%s %d %d\n", f.Rel, f.Size, f.Modified.UnixNano())
	}
	return b.String(), nil
}
