package redis

import (
	"context"
	"errors"
	"sort"

	goredis "github.com/redis/go-redis/v9"

	"github.com/weir-sql/weir/exec/vec"
)

// fetcher gets the rows of keys: strings with one MGET, hashes and sets with one
// pipeline. It is used by one goroutine at a time, having buffers.
type fetcher struct {
	*layout
	client *goredis.Client
}

// fetch gives the rows under the named keys; "" names none. keys are the key columns of
// the same rows. Rows are in the order of keys, owner tells which they belong to.
func (f *fetcher) fetch(ctx context.Context, names []string, keys *vec.Batch) (*vec.Batch, []int32, error) {
	into, owner := vec.NewBatchBuilder(f.types, len(names)), make([]int32, 0, len(names))
	ask := make([]string, 0, len(names))
	at := make([]int, 0, len(names))
	for i, n := range names {
		if n != "" {
			ask, at = append(ask, n), append(at, i)
		}
	}
	var values [][][]any // by key: rows: values
	var err error
	switch {
	case len(ask) == 0:
	case f.dataType == stringType:
		values, err = f.strings(ctx, ask)
	case f.dataType == setType:
		values, err = f.sets(ctx, ask)
	default:
		values, err = f.hashes(ctx, ask)
	}
	if err != nil {
		return nil, nil, f.explain(err)
	}
	for k, rows := range values {
		for _, row := range rows {
			before := into.Len()
			if err := f.row(into, keys, at[k], row); err != nil {
				return nil, nil, f.placed(err, ask[k])
			}
			for range into.Len() - before {
				owner = append(owner, int32(at[k]))
			}
		}
	}
	if b := into.Finish(); b != nil {
		return b, owner, nil
	}
	return f.none(), owner, nil
}

// none is a batch without rows.
func (f *fetcher) none() *vec.Batch {
	b := &vec.Batch{}
	for _, t := range f.types {
		b.Cols = append(b.Cols, vec.New(t, 0))
	}
	return b
}

func (f *fetcher) strings(ctx context.Context, ask []string) ([][][]any, error) {
	got, err := f.client.MGet(ctx, ask...).Result()
	if err != nil {
		return nil, err
	}
	out := make([][][]any, len(ask))
	for k, v := range got {
		if v != nil {
			out[k] = [][]any{{v}}
		}
	}
	return out, nil
}

// hashes asks for the wanted fields. A hash that has none of them is told from one that
// does not exist by asking for that.
func (f *fetcher) hashes(ctx context.Context, ask []string) ([][][]any, error) {
	out := make([][][]any, len(ask))
	var bare []int
	if len(f.fields) == 0 {
		for k := range ask {
			bare = append(bare, k)
		}
	} else {
		cmds, err := f.client.Pipelined(ctx, func(p goredis.Pipeliner) error {
			for _, key := range ask {
				p.HMGet(ctx, key, f.fields...)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		for k, c := range cmds {
			row := c.(*goredis.SliceCmd).Val()
			if some(row) {
				out[k] = [][]any{row}
			} else {
				bare = append(bare, k)
			}
		}
	}
	if len(bare) == 0 {
		return out, nil
	}
	cmds, err := f.client.Pipelined(ctx, func(p goredis.Pipeliner) error {
		for _, k := range bare {
			p.Exists(ctx, ask[k])
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for n, c := range cmds {
		if c.(*goredis.IntCmd).Val() > 0 {
			out[bare[n]] = [][]any{make([]any, len(f.fields))}
		}
	}
	return out, nil
}

func some(row []any) bool {
	for _, v := range row {
		if v != nil {
			return true
		}
	}
	return false
}

// sets gives members in the order of their text.
func (f *fetcher) sets(ctx context.Context, ask []string) ([][][]any, error) {
	cmds, err := f.client.Pipelined(ctx, func(p goredis.Pipeliner) error {
		for _, key := range ask {
			p.SMembers(ctx, key)
		}
		return nil
	})
	if err != nil && !errors.Is(err, goredis.Nil) {
		return nil, err
	}
	out := make([][][]any, len(ask))
	for k, c := range cmds {
		members := c.(*goredis.StringSliceCmd).Val()
		sort.Strings(members)
		for _, m := range members {
			out[k] = append(out[k], []any{m})
		}
	}
	return out, nil
}
