package nexmark

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/session/result"
)

// Settings are the configuration of a measured run: that of the figures of Flink.
var Settings = map[string]string{
	"table.exec.mini-batch.enabled":              "true",
	"table.exec.mini-batch.allow-latency":        "2 s",
	"table.exec.mini-batch.size":                 "50000",
	"table.optimizer.distinct-agg.split.enabled": "true",
}

// Task is one run of one query.
type Task struct {
	Query       string
	From        Source
	Dir         string // of the side input and of what q10 writes
	Mode        session.Mode
	Parallelism int
}

func (t Task) session() (*session.Session, error) {
	config := maps.Clone(Settings)
	config["parallelism.default"] = fmt.Sprint(t.Parallelism)
	return session.Open(session.Options{Dir: t.Dir, Config: config, AllowPaths: []string{t.Dir}})
}

// Run runs the query into its sink and gives the time from planning to the end.
func (t Task) Run(ctx context.Context) (time.Duration, error) {
	s, err := t.session()
	if err != nil {
		return 0, err
	}
	defer s.Close()
	began := time.Now()
	if _, err := s.RunToEnd(ctx, Script(t.Query, t.From, t.Dir), t.Mode, nil); err != nil {
		return 0, err
	}
	return time.Since(began), nil
}

// Checksum runs the query for its result and gives the sum of the hashes of its final rows,
// which neither order nor the changes on the way move: equal in both modes and at any
// parallelism. q12 has none: its rows depend on the clock. Where rows that tie are told
// apart by the order in which they come, the columns that they need not share do not count.
func (t Task) Checksum(ctx context.Context) (string, error) {
	if t.Query == "q12" {
		return "", nil
	}
	s, err := t.session()
	if err != nil {
		return "", err
	}
	defer s.Close()
	sum := &checksum{columns: settled[t.Query]}
	_, err = s.RunToEnd(ctx, ResultScript(t.Query, t.From, t.Dir), t.Mode, func(session.Output) (result.Writer, error) { return sum, nil })
	return fmt.Sprintf("%016x", sum.total), err
}

// checksum sums the hashes of rows, less those taken back.
type checksum struct {
	mu      sync.Mutex
	total   uint64
	hashes  []uint64
	columns []int // that count; nil = all
}

// settled are, for queries with ties, the columns that do not depend on the order of rows.
var settled = map[string][]int{
	"q9":  {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13}, // not bidder and bid_extra
	"q18": {0, 1, 5},                                  // auction, bidder, dateTime
	"q19": {0, 2, 7},                                  // auction, price, place
}

func (c *checksum) Write(b *vec.Batch) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if cap(c.hashes) < b.Len {
		c.hashes = make([]uint64, b.Len)
	}
	h := c.hashes[:b.Len]
	cols := b.Cols
	if c.columns != nil {
		cols = nil
		for _, i := range c.columns {
			cols = append(cols, b.Cols[i])
		}
	}
	vec.HashColumns(cols, h)
	for i, x := range h {
		if b.Kind(i).Adds() {
			c.total += x
		} else {
			c.total -= x
		}
	}
	return nil
}

func (c *checksum) Flush() error { return nil }
func (c *checksum) Close() error { return nil }
