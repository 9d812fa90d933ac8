// Package result writes what a query gives: one file a format. A Writer gets the
// changelog of one output batch by batch; Fold turns a changelog into final rows,
// and Digest into a hash that is equal for equal results.
package result

import (
	"io"
	"sort"
	"strings"
	"time"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
)

// Writer takes the changelog of one output.
type Writer interface {
	Write(b *vec.Batch) error
	// Flush shows what is held back (for column widths), as far as the format can.
	Flush() error
	// Close ends the document; the underlying writer stays open.
	Close() error
}

// Options say what is written.
type Options struct {
	Output string        // name of the output; put on every row if Several
	Schema []types.Field // columns
	// Changelog says that row kinds are shown: the run is a stream and not folded.
	Changelog bool
	// Several outputs share the stream: each row or table says whose it is.
	Several bool
	// Width is the terminal's, 0 for no limit.
	Width int
	// Zone is the session time zone, in which people read TIMESTAMP_LTZ; nil = UTC. JSON
	// has it in UTC with a Z.
	Zone *time.Location
}

// text is a value as people read it.
func (o Options) text(v *vec.Vec, i int) string {
	zone := o.Zone
	if zone == nil {
		zone = time.UTC
	}
	return string(vec.AppendText(nil, v, i, zone))
}

// Format is one output format.
type Format struct {
	Name    string
	Summary string
	New     func(w io.Writer, o Options) (Writer, error)
	Binary  bool // not for a terminal
	Single  bool // one document, so one output a stream
}

// Formats lists the formats in the order in which help shows them.
func Formats() []Format {
	return []Format{
		{Name: "table", Summary: "aligned columns for people", New: newTable},
		{Name: "jsonl", Summary: `one object a line: {"op":"+I","row":{…}}`, New: newJSONLines},
		{Name: "json", Summary: "one array of objects in a file; on standard output one object with the outcome too", New: newJSON, Single: true},
		{Name: "csv", Summary: "comma-separated with a header line", New: newCSV, Single: true},
		{Name: "md", Summary: "a Markdown table", New: newMarkdown},
		{Name: "arrow", Summary: "an Arrow IPC stream", New: newArrow, Binary: true, Single: true},
		{Name: "parquet", Summary: "a Parquet file", New: newParquet, Binary: true, Single: true},
	}
}

// FormatNamed finds a format; the error lists the nearest name.
func FormatNamed(name string) (Format, error) {
	var names []string
	for _, f := range Formats() {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	d := diag.Errorf("W0610", diag.Span{}, "there is no output format %q", name).WithDetail("Formats: %s.", strings.Join(names, ", "))
	if near := diag.Nearest(name, names); near != "" {
		d = d.WithHint("did you mean %q?", near)
	}
	return Format{}, d
}

// Count counts rows on their way to another writer.
type Count struct {
	Writer
	Rows int64
}

// Write counts and passes on.
func (c *Count) Write(b *vec.Batch) error {
	c.Rows += int64(b.Len)
	return c.Writer.Write(b)
}

// sortedLines gives the final rows of a fold as sorted JSON lines.
func sortedLines(f *Fold) []string {
	var lines []string
	f.each(func(b *vec.Batch) {
		for i := range b.Len {
			lines = append(lines, string(appendRow(nil, f.schema, b, i)))
		}
	})
	sort.Strings(lines)
	return lines
}

// appendRow appends {"name":value,…}.
func appendRow(dst []byte, schema []types.Field, b *vec.Batch, i int) []byte {
	dst = append(dst, '{')
	for c, f := range schema {
		if c > 0 {
			dst = append(dst, ',')
		}
		dst = vec.AppendJSONString(dst, []byte(f.Name))
		dst = append(dst, ':')
		dst = vec.AppendJSON(dst, b.Cols[c], i)
	}
	return append(dst, '}')
}
