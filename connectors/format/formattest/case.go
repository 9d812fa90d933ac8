// Package formattest replays what Apache Flink 2.2 made of small files against
// weir's formats. The recordings lie in each format's testdata/flink.jsonl.
package formattest

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// Case is one file, how it is read, and what Flink made of it.
type Case struct {
	ID      string            `json:"id"`
	Schema  string            `json:"schema"`
	Options map[string]string `json:"options"`
	Data    []byte            `json:"data"` // base64 in the file
	// Read are the paths of the columns read, "a.x"; nil = all.
	Read  []string `json:"read"`
	Rows  [][]any  `json:"rows"`  // kind, values
	Error string   `json:"error"` // Flink's message, "" if it read the file
	// Differs says why weir gives something else, and Want what.
	Differs string  `json:"differs"`
	Want    [][]any `json:"want"`
}

// Load reads recorded cases.
func Load(t testing.TB, file string) []Case {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var cases []Case
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c Case
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	if len(cases) == 0 {
		t.Fatalf("%s has no cases", file)
	}
	return cases
}

// Columns gives the columns to read of a schema: those named by paths, or all.
func Columns(fields []types.Field, paths []string) []physical.ReadColumn {
	var cols []physical.ReadColumn
	if paths == nil {
		for _, f := range fields {
			cols = append(cols, physical.ReadColumn{Name: f.Name, Path: []string{f.Name}, Type: f.Type})
		}
		return cols
	}
	for _, p := range paths {
		path := strings.Split(p, ".")
		level, t := fields, types.Type{}
		for _, name := range path {
			for _, f := range level {
				if f.Name == name {
					t = f.Type
				}
			}
			level = t.Fields
		}
		cols = append(cols, physical.ReadColumn{Name: p, Path: path, Type: t.Null()})
	}
	return cols
}

// Replay reads every case with the format, as a file and message by message, and
// compares the rows or that there is an error.
func Replay(t *testing.T, f format.Format, file string) {
	for _, c := range Load(t, file) {
		t.Run(c.ID, func(t *testing.T) {
			want, wantErr := c.Rows, c.Error != ""
			if c.Differs != "" {
				want, wantErr = c.Want, c.Want == nil
			}
			got, err := ReadFile(f, c, 1<<20)
			check(t, got, err, want, wantErr)
			got, err = ReadFile(f, c, 7)
			check(t, got, err, want, wantErr)
		})
	}
}

func check(t *testing.T, got [][]any, err error, want [][]any, wantErr bool) {
	t.Helper()
	if wantErr {
		if err == nil {
			t.Fatalf("read %v, want an error", got)
		}
		return
	}
	if err != nil {
		t.Fatalf("%v, want %v", err, want)
	}
	if len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
		t.Fatalf("read %v, want %v", got, want)
	}
}

// ReadFile decodes the data of a case as a file that arrives in chunks of a size.
func ReadFile(f format.Format, c Case, size int) ([][]any, error) {
	fields := Schema(c.Schema)
	cols := Columns(fields, c.Read)
	dec, err := f.NewDecoder(format.DecoderConfig{Options: c.Options, Fields: fields, Columns: cols})
	if err != nil {
		return nil, err
	}
	var ts []types.Type
	for _, col := range cols {
		ts = append(ts, col.Type)
	}
	into := vec.NewBatchBuilder(ts, 4)
	var out [][]any
	var pending []byte
	data := c.Data
	for {
		n := min(size, len(data))
		pending = append(pending, data[:n]...)
		data = data[n:]
		last := len(data) == 0
		used, _, err := dec.(format.LineDecoder).DecodeLines(pending, last, 3, into)
		if err != nil {
			return nil, err
		}
		full := into.Len() >= 3
		if b := into.Finish(); b != nil {
			for i := range b.Len {
				out = append(out, Row(b, i))
			}
		}
		pending = pending[used:]
		if last && !full {
			if len(pending) > 0 {
				return nil, fmt.Errorf("%d bytes left over", len(pending))
			}
			return out, nil
		}
	}
}

// Row gives row i as the recordings have it: kind, then values as JSON would read them.
func Row(b *vec.Batch, i int) []any {
	row := []any{b.Kind(i).String()}
	for _, c := range b.Cols {
		row = append(row, Value(c, i))
	}
	return row
}

// Value gives a value as the recordings have it.
func Value(v *vec.Vec, i int) any {
	if v.IsNull(i) {
		return nil
	}
	switch v.Type.Kind {
	case types.Boolean:
		return v.Bools()[i]
	case types.TinyInt, types.SmallInt, types.Integer, types.BigInt:
		return float64(v.Value(i).(int64))
	case types.Float:
		return float(vec.FormatValue(v, i))
	case types.Double:
		return float(vec.FormatValue(v, i))
	case types.Binary, types.VarBinary:
		return "0x" + hex.EncodeToString(v.BytesAt(i))
	case types.Time:
		return strings.SplitN(vec.FormatValue(v, i), ".", 2)[0]
	case types.Date, types.Timestamp:
		if s := vec.FormatValue(v, i); strings.IndexByte(s, '-') <= 4 {
			return s
		}
		return "+" + vec.FormatValue(v, i) // Java signs years of five digits
	case types.TimestampLTZ:
		return string(vec.AppendText(nil, v, i, time.UTC)) + "Z"
	case types.Array:
		out := []any{}
		for k := v.Off[i]; k < v.Off[i+1]; k++ {
			out = append(out, Value(v.Kids[0], int(k)))
		}
		return out
	case types.Map, types.Multiset:
		out := []any{}
		for k := v.Off[i]; k < v.Off[i+1]; k++ {
			out = append(out, []any{Value(v.Kids[0], int(k)), Value(v.Kids[1], int(k))})
		}
		sort.Slice(out, func(a, b int) bool { return fmt.Sprint(out[a]) < fmt.Sprint(out[b]) })
		return out
	case types.Row:
		out := []any{}
		for _, k := range v.Kids {
			out = append(out, Value(k, i))
		}
		return out
	default:
		return vec.FormatValue(v, i)
	}
}

// float gives a number, or the word for what JSON has no number for.
func float(s string) any {
	var x float64
	if json.Unmarshal([]byte(s), &x) != nil {
		return s
	}
	return x
}
