package redis

import (
	"context"
	"errors"
	"io"
	"slices"
	"sort"
	"strings"

	goredis "github.com/redis/go-redis/v9"

	"github.com/weir-sql/weir/connectors/connector"
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
)

// source reads all rows of a table as one split, in the order of their keys. A position
// is the last key read.
type source struct {
	*table
	env    *connector.Env
	spec   physical.Scan
	client *goredis.Client
}

func newSource(_ context.Context, env *connector.Env, spec *physical.Source) (exec.Source, error) {
	x := newTable(spec.Table, spec.Options)
	client, err := x.open()
	if err != nil {
		return nil, err
	}
	return &source{table: x, env: env, spec: spec.Scan, client: client}, nil
}

// Splits: SCAN cannot be divided.
func (s *source) Splits(context.Context) ([]exec.Split, error) {
	return []exec.Split{{ID: s.prefix}}, nil
}

// Open begins behind the key that position names.
func (s *source) Open(_ context.Context, _ exec.Split, position []byte) (exec.Reader, error) {
	l, err := newLayout(s.env, s.table, s.spec.Read)
	if err != nil {
		return nil, err
	}
	keys, err := newKeyReader(s.env, s.table)
	if err != nil {
		return nil, err
	}
	return &reader{source: s, fetcher: &fetcher{l, s.client}, keys: keys, last: slices.Clone(position), begun: position != nil}, nil
}

// Close ends the connections.
func (s *source) Close() error {
	if err := s.client.Close(); err != nil && !errors.Is(err, goredis.ErrClosed) {
		return err
	}
	return nil
}

// readKeys is how many keys are read at once.
const readKeys = 1000

type reader struct {
	source  *source
	fetcher *fetcher
	keys    *keyReader
	found   []string // keys to read; nil before they are looked for
	looked  bool
	last    []byte
	begun   bool // last is a key
}

// Read gives the rows of the next keys.
func (r *reader) Read(ctx context.Context) (*vec.Batch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !r.looked {
		if err := r.find(ctx); err != nil {
			return nil, r.source.explain(err)
		}
	}
	for len(r.found) > 0 {
		names := r.found[:min(readKeys, len(r.found))]
		keys, err := r.keys.read(names)
		if err != nil {
			return nil, err
		}
		rows, _, err := r.fetcher.fetch(ctx, names, keys)
		if err != nil {
			return nil, err
		}
		r.found = r.found[len(names):]
		r.last, r.begun = []byte(names[len(names)-1]), true
		if rows.Len > 0 {
			return rows, nil
		}
	}
	return nil, io.EOF
}

// find lists the keys behind the position, in order. SCAN may give a key twice.
func (r *reader) find(ctx context.Context) error {
	match := globEscape.Replace(r.source.prefix) + "*"
	for cursor := uint64(0); ; {
		keys, next, err := r.source.client.ScanType(ctx, cursor, match, readKeys, r.source.dataType).Result()
		if err != nil {
			return err
		}
		for _, k := range keys {
			if !r.begun || k > string(r.last) {
				r.found = append(r.found, k)
			}
		}
		if cursor = next; cursor == 0 {
			break
		}
	}
	sort.Strings(r.found)
	r.found = slices.Compact(r.found)
	r.looked = true
	return nil
}

// globEscape takes the meaning from the characters of Redis' patterns.
var globEscape = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`)

// Position is the last key read.
func (r *reader) Position() []byte {
	if !r.begun {
		return nil
	}
	return r.last
}

// Close has nothing to do: the source holds the connections.
func (r *reader) Close() error { return nil }
