package parquet_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"
	pqfile "github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/connectors/format/formattest"
	"github.com/weir-sql/weir/connectors/format/parquet"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

const everything = "b BOOLEAN, t TINYINT, s SMALLINT, i INT, l BIGINT, f FLOAT, d DOUBLE, d5 DECIMAL(5, 2), d18 DECIMAL(18, 4), d38 DECIMAL(38, 10), " +
	"st STRING, c CHAR(3), by BYTES, dt DATE, tm TIME, ts3 TIMESTAMP(3), ts6 TIMESTAMP(6), lz TIMESTAMP_LTZ(3), n BIGINT NOT NULL, " +
	"a ARRAY<INT>, an ARRAY<INT NOT NULL> NOT NULL, r ROW<x INT, y STRING>, m MAP<STRING, BIGINT>, " +
	"aa ARRAY<ARRAY<STRING>>, ar ARRAY<ROW<x INT, y ARRAY<BIGINT>>>, rr ROW<p ROW<q INT, v STRING>, w ARRAY<INT>>, ma MAP<STRING, ARRAY<ROW<z DOUBLE>>>, ms MULTISET<STRING>"

// random appends a value of the builder's type that survives text: small numbers.
func random(r *rand.Rand, b *vec.Builder) {
	t := b.Type()
	if t.Nullable && r.IntN(4) == 0 {
		b.Null()
		return
	}
	switch t.Kind {
	case types.Boolean:
		b.Bool(r.IntN(2) == 0)
	case types.Float, types.Double:
		b.Append(float64(r.IntN(1000)) / 8)
	case types.Decimal:
		x := r.Int64N(200000) - 100000
		if vec.PhysOf(t) == vec.PhysDec {
			b.Decimal(vec.DecimalOf(x * 1e12))
		} else {
			b.Int64(x % 99999)
		}
	case types.Char:
		b.String("abc")
	case types.VarChar:
		b.String(fmt.Sprintf("é%d", r.IntN(50)))
	case types.Binary, types.VarBinary:
		b.Bytes([]byte{byte(r.IntN(256)), 0, 1})
	case types.Time:
		b.Int32(int32(r.IntN(86400)) * 1000)
	case types.Timestamp, types.TimestampLTZ:
		b.Int64(r.Int64N(2e12) - 1e12)
	case types.Array:
		for range r.IntN(4) {
			random(r, b.Kid(0))
		}
		b.EndList()
	case types.Map, types.Multiset:
		for k := range r.IntN(3) {
			b.Kid(0).String(fmt.Sprintf("k%d", k))
			random(r, b.Kid(1))
		}
		b.EndMap()
	case types.Row:
		for i := range t.Fields {
			random(r, b.Kid(i))
		}
		b.EndRow()
	default:
		b.Append(int64(r.IntN(100)) - 50)
	}
}

func randomBatch(r *rand.Rand, fields []types.Field, n int) *vec.Batch {
	b := vec.NewBatchBuilder(fieldTypes(fields), n)
	for range n {
		for i := range fields {
			random(r, b.Cols[i])
		}
		b.EndRow(vec.Insert)
	}
	return b.Finish()
}

func fieldTypes(fields []types.Field) (ts []types.Type) {
	for _, f := range fields {
		ts = append(ts, f.Type)
	}
	return ts
}

func rowsOf(b *vec.Batch) (rows [][]any) {
	for i := range b.Len {
		rows = append(rows, formattest.Row(b, i))
	}
	return rows
}

// writeFile writes batches as one file.
func writeFile(t testing.TB, fields []types.Field, options map[string]string, batches ...*vec.Batch) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := parquet.Format().CreateFile(&out, format.EncoderConfig{Options: options, Fields: fields})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range batches {
		if err := w.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func openFile(t testing.TB, data []byte, cfg format.DecoderConfig) format.FileReader {
	t.Helper()
	r, err := parquet.Format().OpenFile(bytes.NewReader(data), int64(len(data)), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// readFile reads all row groups from a row on, in batches of max rows.
func readFile(t testing.TB, r format.FileReader, row int64, max int) (rows [][]any) {
	t.Helper()
	for i := range r.Parts() {
		p, err := r.Read(i, min(row, r.PartRows(i)))
		if err != nil {
			t.Fatal(err)
		}
		row = 0
		for {
			b, err := p.Next(max)
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, rowsOf(b)...)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return rows
}

func TestRoundTrip(t *testing.T) {
	fields := formattest.Schema(everything)
	for seed := range uint64(5) {
		for _, options := range []map[string]string{nil, {"write.int64.timestamp": "false", "compression": "ZSTD"}, {"timestamp.time.unit": "nanos", "compression": "UNCOMPRESSED"}} {
			r := rand.New(rand.NewPCG(seed, 1))
			first, second := randomBatch(r, fields, 500), randomBatch(r, fields, 300)
			data := writeFile(t, fields, options, first, second)
			want := append(rowsOf(first), rowsOf(second)...)
			cfg := format.DecoderConfig{Options: options, Fields: fields, Columns: formattest.Columns(fields, nil)}
			got := readFile(t, openFile(t, data, cfg), 0, 64)
			compare(t, fields, got, want)
			if got := readFile(t, openFile(t, data, cfg), 123, 1000); !reflect.DeepEqual(got, want[123:]) {
				t.Fatal("reading from row 123 on gave other rows")
			}
		}
	}
}

func compare(t *testing.T, fields []types.Field, got, want [][]any) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("read %d rows, want %d", len(got), len(want))
	}
	for i := range got {
		for c := range fields {
			if !reflect.DeepEqual(got[i][c+1], want[i][c+1]) {
				t.Fatalf("row %d column %s is %v, want %v", i, fields[c].Name, got[i][c+1], want[i][c+1])
			}
		}
	}
}

// TestProjection reads columns and nested fields by themselves, in another order.
func TestProjection(t *testing.T) {
	fields := formattest.Schema(everything)
	b := randomBatch(rand.New(rand.NewPCG(7, 7)), fields, 400)
	data := writeFile(t, fields, nil, b)
	cols := formattest.Columns(fields, []string{"rr.p.v", "l", "r.x", "rr.w", "st"})
	got := readFile(t, openFile(t, data, format.DecoderConfig{Fields: fields, Columns: cols}), 0, 100)
	at := map[string]int{}
	for i, f := range fields {
		at[f.Name] = i
	}
	for i := range got {
		full := formattest.Row(b, i)[1:]
		pick := func(v any, path ...int) any {
			for _, p := range path {
				if v == nil {
					return nil
				}
				v = v.([]any)[p]
			}
			return v
		}
		want := []any{"+I", pick(full[at["rr"]], 0, 1), full[at["l"]], pick(full[at["r"]], 0), pick(full[at["rr"]], 1), full[at["st"]]}
		if !reflect.DeepEqual(got[i], want) {
			t.Fatalf("row %d is %v, want %v", i, got[i], want)
		}
	}
}

// TestOtherReader lets arrow-go's own reader read what weir wrote.
func TestOtherReader(t *testing.T) {
	fields := formattest.Schema("l BIGINT, st STRING, a ARRAY<INT>, r ROW<x INT, y STRING>, ar ARRAY<ROW<x INT, y ARRAY<BIGINT>>>, m MAP<STRING, BIGINT>")
	b := randomBatch(rand.New(rand.NewPCG(3, 3)), fields, 300)
	data := writeFile(t, fields, nil, b)
	f, err := pqfile.NewParquetReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	fr, err := pqarrow.NewFileReader(f, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	table, err := fr.ReadTable(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for c, field := range fields {
		text, err := table.Column(c).Data().Chunk(0).MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		var values []any
		if err := json.Unmarshal(text, &values); err != nil {
			t.Fatal(err)
		}
		for i := range b.Len {
			if got, want := values[i], named(formattest.Value(b.Cols[c], i), field.Type); !reflect.DeepEqual(got, want) {
				t.Fatalf("row %d column %s is %v, want %v", i, field.Name, got, want)
			}
		}
	}
}

// named gives rows and maps the names that Arrow's JSON has.
func named(x any, t types.Type) any {
	if x == nil {
		return nil
	}
	switch t.Kind {
	case types.Row:
		out := map[string]any{}
		for i, f := range t.Fields {
			out[f.Name] = named(x.([]any)[i], f.Type)
		}
		return out
	case types.Array:
		out := []any{}
		for _, e := range x.([]any) {
			out = append(out, named(e, *t.Elem))
		}
		return out
	case types.Map:
		out := []any{}
		for _, e := range x.([]any) {
			kv := e.([]any)
			out = append(out, map[string]any{"key": kv[0], "value": kv[1]})
		}
		return out
	}
	return x
}

func TestEvolution(t *testing.T) {
	old := formattest.Schema("id INT, price DECIMAL(5, 2), ts TIMESTAMP(6), r ROW<x INT>")
	data := writeFile(t, old, nil, formattest.Batch(old, [][]any{{"+I", 1.0, "1.25", "2026-11-20 20:49:18.722999", []any{7.0}}, {"+I", nil, nil, nil, nil}}))
	now := formattest.Schema("ts TIMESTAMP(3), id BIGINT, price DECIMAL(20, 4), added STRING, r ROW<y STRING, x INT>")
	got := readFile(t, openFile(t, data, format.DecoderConfig{Fields: now, Columns: formattest.Columns(now, nil)}), 0, 10)
	want := [][]any{{"+I", "2026-11-20 20:49:18.722", 1.0, "1.2500", nil, []any{nil, 7.0}}, {"+I", nil, nil, nil, nil, nil}}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("read %v, want %v", got, want)
	}
}

func TestSkip(t *testing.T) {
	fields := formattest.Schema("id BIGINT, name STRING, price DECIMAL(10, 2), ts TIMESTAMP(3), never INT")
	b := formattest.Batch(fields, [][]any{{"+I", 10.0, "b", "1.50", "2026-11-20 00:00:00.000", nil}, {"+I", 20.0, "d", "3.50", "2026-11-21 00:00:00.000", nil}})
	data := writeFile(t, fields, nil, b)
	ref := func(i int) rex.Expr { return &rex.Ref{Index: i, T: fields[i].Type} }
	lit := func(i int, v any) rex.Expr { return &rex.Lit{Value: v, T: fields[i].Type} }
	call := func(fn string, args ...rex.Expr) rex.Expr { return &rex.Call{Fn: fn, Args: args, T: types.Bool} }
	day := int64(86400000) * 20777 // 2026-11-20
	for _, c := range []struct {
		filter rex.Expr
		skip   bool
	}{
		{call("=", ref(0), lit(0, int64(15))), false},
		{call("=", ref(0), lit(0, int64(9))), true},
		{call(">", ref(0), lit(0, int64(20))), true},
		{call(">=", ref(0), lit(0, int64(20))), false},
		{call("<", lit(0, int64(20)), ref(0)), true},
		{call("IN", ref(0), lit(0, int64(1)), lit(0, int64(30))), true},
		{call("IN", ref(0), lit(0, int64(1)), lit(0, int64(20))), false},
		{call("=", ref(1), lit(1, "a")), true},
		{call("=", ref(1), lit(1, "c")), false},
		{call(">", ref(2), lit(2, int64(351))), true},
		{call("=", ref(2), lit(2, int64(351))), true},
		{call("=", ref(2), lit(2, int64(350))), false},
		{call("<", ref(3), lit(3, day)), true},
		{call("<=", ref(3), lit(3, day)), false},
		{call("IS_NULL", ref(0)), true},
		{call("IS_NOT_NULL", ref(4)), true},
		{call("IS_NULL", ref(4)), false},
		{call("=", ref(4), lit(4, int64(1))), true},
		{call("OR", call("=", ref(0), lit(0, int64(9))), call("=", ref(1), lit(1, "b"))), false},
		{call("OR", call("=", ref(0), lit(0, int64(9))), call("=", ref(1), lit(1, "a"))), true},
		{call("LIKE", ref(1), lit(1, "x%")), false},
	} {
		r := openFile(t, data, format.DecoderConfig{Fields: fields, Columns: formattest.Columns(fields, nil), Filters: []rex.Expr{c.filter}})
		if got := r.Skip(0); got != c.skip {
			t.Errorf("%s: skip is %v, want %v", c.filter, got, c.skip)
		}
	}
}

// TestDamaged cuts the file off at every length and flips bytes of it: there is an
// error or other rows, never a panic.
func TestDamaged(t *testing.T) {
	fields := formattest.Schema("id BIGINT, name STRING, a ARRAY<INT>")
	data := writeFile(t, fields, nil, randomBatch(rand.New(rand.NewPCG(1, 1)), fields, 50))
	cfg := format.DecoderConfig{Fields: fields, Columns: formattest.Columns(fields, nil)}
	try := func(data []byte) error {
		r, err := parquet.Format().OpenFile(bytes.NewReader(data), int64(len(data)), cfg)
		if err != nil {
			return err
		}
		for i := range r.Parts() {
			p, err := r.Read(i, 0)
			if err != nil {
				return err
			}
			for {
				_, err := p.Next(16)
				if err == io.EOF {
					break
				}
				if err != nil {
					return err
				}
			}
		}
		return nil
	}
	for n := range len(data) {
		if _, ok := try(data[:n]).(*diag.Diagnostic); !ok {
			t.Fatalf("a file cut off at %d of %d bytes gave no diagnostic", n, len(data))
		}
	}
	for at := range data {
		bad := bytes.Clone(data)
		bad[at] ^= 0xff
		if err := try(bad); err != nil {
			if _, ok := err.(*diag.Diagnostic); !ok {
				t.Fatalf("byte %d flipped gave %T %v", at, err, err)
			}
		}
	}
}
