package parquet_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/connectors/format/formattest"
)

// TestPyarrowFiles reads one table as PyArrow writes it with other encodings, page
// versions, codecs and timestamps.
func TestPyarrowFiles(t *testing.T) {
	data, err := os.ReadFile("testdata/pyarrow.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Schema string
		Rows   [][]any
	}
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	fields := formattest.Schema(want.Schema)
	files, err := filepath.Glob("testdata/*.parquet")
	if err != nil || len(files) < 6 {
		t.Fatalf("files are %v, %v", files, err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".parquet"), func(t *testing.T) {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			cfg := format.DecoderConfig{Fields: fields, Columns: formattest.Columns(fields, nil)}
			for _, max := range []int{7, 1000} {
				compare(t, fields, readFile(t, openFile(t, data, cfg), 0, max), want.Rows)
			}
			r := openFile(t, data, cfg)
			if first := min(r.PartRows(0), 13); first > 0 {
				compare(t, fields, readFile(t, r, first, 10), want.Rows[first:])
			}
		})
	}
}
