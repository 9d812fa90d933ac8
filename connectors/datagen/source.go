package datagen

import (
	"context"
	"io"
	"math"
	"time"

	"github.com/weir-sql/weir/connectors/connector"
	"github.com/weir-sql/weir/connectors/option"
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
)

// source generates the rows of a table, a stripe in each split.
type source struct {
	env     *connector.Env
	read    []physical.ReadColumn
	columns []generator
	rows    int64   // -1 = endless
	rate    float64 // rows a second of all splits; 0 = unlimited
}

var (
	_ exec.Source      = (*source)(nil)
	_ exec.Interleaved = (*source)(nil)
)

func newSource(_ context.Context, env *connector.Env, spec *physical.Source) (exec.Source, error) {
	p, errs := newPlan(spec.Table, spec.Options)
	if err := errs.Err(); err != nil {
		return nil, err
	}
	r := option.Read(options, spec.Options)
	s := &source{env: env, read: spec.Read, rows: p.rows, rate: float64(max(r.Int("rows-per-second"), 0))}
	if env.Batch && s.rows >= 0 && !r.Has("rows-per-second") {
		s.rate = 0
	}
	if spec.Limit > 0 && (s.rows < 0 || spec.Limit < s.rows) {
		s.rows = spec.Limit
	}
	for _, c := range spec.Read {
		g := p.columns[first(c.Path)]
		if g == nil || len(c.Path) != 1 {
			return nil, diag.Errorf("W0333", diag.Span{}, "the datagen connector cannot read column %q by itself", c.Name)
		}
		s.columns = append(s.columns, g)
	}
	return s, r.Err()
}

func first(path []string) string {
	if len(path) == 0 {
		return ""
	}
	return path[0]
}

// Interleaved is true: splits run side by side.
func (s *source) Interleaved() bool { return true }

// Splits makes a split for every reader.
func (s *source) Splits(context.Context) ([]exec.Split, error) {
	return connector.Stripes(s.env.Parallelism, s.rows), nil
}

// Resume gives the splits of an earlier run.
func (s *source) Resume(ids []string) []exec.Split {
	return connector.ResumeStripes(ids, s.env.Parallelism, s.rows)
}

// Open starts a split at its beginning or after the rows of a position.
func (s *source) Open(_ context.Context, split exec.Split, position []byte) (exec.Reader, error) {
	stripe, err := connector.OpenStripe("datagen", split, position)
	if err != nil {
		return nil, err
	}
	return &reader{source: s, Stripe: stripe, rate: s.rate / float64(stripe.Parts()), start: s.env.Now()}, nil
}

func (s *source) Close() error { return nil }

// reader generates the rows of one split.
type reader struct {
	*source
	connector.Stripe
	given int64 // rows given since start
	rate  float64
	start time.Time
}

// wait is how long a Read waits at most for rows to become due.
const wait = 100 * time.Millisecond

// Read generates the rows that are due.
func (r *reader) Read(ctx context.Context) (*vec.Batch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	from, n := r.Next()
	if r.rows >= 0 {
		n = min(n, r.rows-from)
	}
	if n <= 0 {
		return nil, io.EOF
	}
	if r.rate > 0 {
		due, err := r.due(ctx)
		if err != nil || due == 0 {
			return nil, err
		}
		n = min(n, due)
	}
	m := moment{r.env.Now(), r.env.Location()}
	b := &vec.Batch{Len: int(n), Cols: make([]*vec.Vec, len(r.columns))}
	for i, g := range r.columns {
		b.Cols[i] = g.fill(from, int(n), m).As(r.read[i].Type)
	}
	r.Give(n)
	r.given += n
	return b, nil
}

// due gives the rows that may be given now, waiting a little if there are none.
func (r *reader) due(ctx context.Context) (int64, error) {
	if n := r.allowance(); n > 0 {
		return n, nil
	}
	next := time.Duration(float64(r.given+1) / r.rate * float64(time.Second))
	t := time.NewTimer(min(max(next-r.env.Now().Sub(r.start), time.Millisecond), wait))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-t.C:
		return r.allowance(), nil
	}
}

// allowance is the rows that the time passed allows and that were not given yet. Rows
// of the first instant count, so that a slow table shows something at once.
func (r *reader) allowance() int64 {
	allowed := r.env.Now().Sub(r.start).Seconds()*r.rate + 1
	return int64(math.Min(allowed, math.MaxInt64/2)) - r.given
}

func (r *reader) Close() error { return nil }
