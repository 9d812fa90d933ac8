package op

import (
	"fmt"
	"strings"
	"testing"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/expr/function"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// kept collects what is emitted.
type kept struct{ rows []string }

func (k *kept) Emit(b *vec.Batch) error {
	for i := range b.Len {
		k.rows = append(k.rows, fmt.Sprint(b.Kind(i), b.Cols[0].Value(i), ":", b.Cols[1].Value(i)))
	}
	return nil
}

// TestNormalizeFilter: rows of one key pass, fail and pass again, as a stream with and
// without −U and as a batch.
func TestNormalizeFilter(t *testing.T) {
	fields := []types.Field{{Name: "k", Type: types.Int64}, {Name: "v", Type: types.Int64}}
	filter := &rex.Call{Fn: ">", T: types.Bool, Args: []rex.Expr{&rex.Ref{Index: 1, T: types.Int64}, &rex.Lit{Value: int64(3), T: types.Int64.NotNull()}}}
	for _, c := range []struct {
		before, batch bool
		want          string
	}{
		{true, false, "+I 1:5 -U 1:5 +U 1:6 -D 1:6 +I 1:9 +I 2:8 -D 2:8"},
		{false, false, "+I 1:5 +U 1:6 -D 1:6 +I 1:9 +I 2:8 -D 2:8"},
		{true, true, "+I 1:9"},
	} {
		op, err := NewNormalize(&physical.Normalize{Out: physical.Out{Fields: fields}, Keys: []int{0}, EmitUpdateBefore: c.before, Filter: filter}, function.Builtin())
		if err != nil {
			t.Fatal(err)
		}
		if err := op.Open(&exec.Context{Batch: c.batch, Clock: exec.SystemClock{}, Counters: &exec.Counters{}}); err != nil {
			t.Fatal(err)
		}
		out := &kept{}
		for _, r := range []struct {
			kind vec.RowKind
			k, v int64
		}{{vec.Insert, 1, 2}, {vec.Insert, 1, 5}, {vec.UpdateAfter, 1, 6}, {vec.UpdateAfter, 1, 1}, {vec.UpdateAfter, 1, 2}, {vec.UpdateAfter, 1, 9},
			{vec.Insert, 2, 8}, {vec.Delete, 2, 8}, {vec.Delete, 3, 9}} {
			b := vec.NewBatchBuilder([]types.Type{types.Int64, types.Int64}, 1)
			b.Cols[0].Int64(r.k)
			b.Cols[1].Int64(r.v)
			b.EndRow(r.kind)
			if err := op.Process(0, b.Finish(), out); err != nil {
				t.Fatal(err)
			}
		}
		if err := op.OnEnd(0, out); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(out.rows, " "); got != c.want {
			t.Errorf("−U %t, batch %t: %s, want %s", c.before, c.batch, got, c.want)
		}
	}
}
