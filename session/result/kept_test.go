package result

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

func keptOf(t *testing.T, most, batches, rows int) *Kept {
	t.Helper()
	schema := []types.Field{{Name: "n", Type: types.Int64}, {Name: "s", Type: types.String}}
	k := NewKept(schema, true, nil, most)
	for b := range batches {
		bb := vec.NewBatchBuilder([]types.Type{types.Int64, types.String}, rows)
		for i := range rows {
			n := b*rows + i
			if n%7 == 3 {
				bb.Cols[0].Null()
			} else {
				bb.Cols[0].Int64(int64((n * 37) % 101))
			}
			bb.Cols[1].String(string(rune('a'+n%26)) + "\x1b[31m")
			bb.EndRow(vec.RowKind(n % 4))
		}
		if err := k.Write(bb.Finish()); err != nil {
			t.Fatal(err)
		}
	}
	return k
}

func TestKeptPagesSortsAndFilters(t *testing.T) {
	k := keptOf(t, 0, 10, 100)
	if k.Len() != 1000 || len(k.Rows(995, 50)) != 5 || len(k.Rows(2000, 5)) != 0 || k.Rows(-3, 4)[0].Cells == nil {
		t.Errorf("%d rows, %d at the end", k.Len(), len(k.Rows(995, 50)))
	}
	r := k.Rows(103, 1)[0]
	if r.Kind != "-D" || r.Cells[1].Text != `z\e[31m` && r.Cells[1].Text != `z\x1b[31m` {
		t.Errorf("row 103 is %+v", r)
	}
	order := k.Order(context.Background(), 0, true, "")
	if len(order) != 1000 {
		t.Fatalf("%d rows in order", len(order))
	}
	last, nulls := "", false
	for i, n := range order {
		c := k.Rows(n, 1)[0].Cells[0]
		if nulls && !c.Null {
			t.Fatal("a value behind NULL")
		}
		nulls = nulls || c.Null
		if i > 0 && !c.Null && len(c.Text) > len(last) {
			t.Fatalf("%s behind %s", c.Text, last)
		}
		last = c.Text
	}
	if got := k.Order(context.Background(), -1, false, "B\x1b"); len(got) == 0 || k.Rows(got[0], 1)[0].Cells[1].Text[0] != 'b' {
		t.Errorf("filter gives %d rows", len(got))
	}
	if got := k.Order(context.Background(), -1, false, "-d"); len(got) != 250 {
		t.Errorf("%d deletes", len(got))
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if k.Order(gone, 0, false, "") != nil {
		t.Error("an order that nobody waits for")
	}
}

func TestKeptLetsGoOfTheOldest(t *testing.T) {
	k := keptOf(t, 250, 10, 100)
	if k.Len() < 250 || k.Len() > 400 || k.Len()+k.Dropped() != 1000 {
		t.Errorf("%d kept, %d dropped", k.Len(), k.Dropped())
	}
	if err := k.Each([]int{0, 1 << 20, -1}, NewKept(k.schema, true, nil, 0)); err != nil {
		t.Error(err)
	}
}

func TestKeptIsExported(t *testing.T) {
	k := keptOf(t, 0, 2, 10)
	path := filepath.Join(t.TempDir(), "rows.csv")
	n, err := k.Export(path, []int{3, 1})
	if err != nil || n != 2 {
		t.Fatal(n, err)
	}
	if _, err := k.Export(path, nil); !os.IsExist(err) {
		t.Errorf("written over: %v", err)
	}
	if _, err := k.Export(filepath.Join(t.TempDir(), "rows.exe"), nil); err == nil {
		t.Error("an unknown format was written")
	}
	text, err := os.ReadFile(path)
	if err != nil || !slices.Contains([]byte{'-', 'o', 'n'}, text[0]) {
		t.Errorf("%q %v", text, err)
	}
}
