package parquet

import (
	"io"
	"strings"

	pqfile "github.com/apache/arrow-go/v18/parquet/file"

	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/connectors/format/prune"
	"github.com/weir-sql/weir/connectors/option"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
)

// reader reads a file whose parts are its row groups.
type reader struct {
	file    *pqfile.Reader
	cfg     format.DecoderConfig
	columns []*column
	leaves  []*leaf
}

var _ format.FileReader = (*reader)(nil)

// openFile reads the footer and matches the wanted columns with the file's.
func openFile(r io.ReaderAt, size int64, cfg format.DecoderConfig) (_ format.FileReader, err error) {
	defer guard(&err)
	if size < 12 {
		return nil, diag.Errorf("W0512", diag.Span{}, "the file has %d bytes and is no Parquet file", size)
	}
	if err := magic(r, size); err != nil {
		return nil, err
	}
	o := option.Read(options, cfg.Options).Named("parquet.")
	var opts readOptions
	if !o.Bool("utc-timezone") {
		opts.local = cfg.Zone
	}
	if err := o.Err(); err != nil {
		return nil, err
	}
	f, err := pqfile.NewParquetReader(io.NewSectionReader(r, 0, size))
	if err != nil {
		return nil, damaged(err)
	}
	b := &builder{file: f.MetaData().Schema, opts: opts}
	out := &reader{file: f, cfg: cfg}
	known := len(cfg.Columns) == 0
	for _, c := range cfg.Columns {
		node, def, rep := b.find(c.Path)
		if node == nil {
			out.columns = append(out.columns, &column{typ: c.Type, kind: absentColumn})
			continue
		}
		known = true
		col, err := b.column(strings.Join(c.Path, "."), c.Type, node, def, rep)
		if err != nil {
			return nil, err
		}
		out.columns = append(out.columns, col)
	}
	if !known {
		return nil, noColumn(f, cfg)
	}
	out.leaves = b.leaves
	return out, nil
}

// magic tells files that are no Parquet or were cut off from those damaged inside.
func magic(r io.ReaderAt, size int64) error {
	var head, tail [4]byte
	if _, err := r.ReadAt(head[:], 0); err != nil {
		return err
	}
	if _, err := r.ReadAt(tail[:], size-4); err != nil {
		return err
	}
	switch {
	case string(head[:]) != "PAR1":
		return diag.Errorf("W0512", diag.Span{}, "the file does not begin with PAR1 and is no Parquet file")
	case string(tail[:]) != "PAR1":
		return diag.Errorf("W0512", diag.Span{}, "the Parquet file does not end with PAR1: it is truncated or still being written")
	}
	return nil
}

// noColumn tells that a file has none of the wanted columns.
func noColumn(f *pqfile.Reader, cfg format.DecoderConfig) error {
	var names []string
	root := f.MetaData().Schema.Root()
	for i := range root.NumFields() {
		names = append(names, root.Field(i).Name())
	}
	d := diag.Errorf("W0515", diag.Span{}, "the Parquet file has no column %q", cfg.Columns[0].Path[0])
	if near := diag.Nearest(cfg.Columns[0].Path[0], names); near != "" {
		return d.WithHint("did you mean %q?", near)
	}
	return d.WithHint("its columns are %s", strings.Join(names, ", "))
}

func (r *reader) Parts() int           { return r.file.NumRowGroups() }
func (r *reader) PartRows(i int) int64 { return r.file.MetaData().RowGroup(i).NumRows() }
func (r *reader) Close() error         { return nil }

// Skip looks at the statistics of a row group.
func (r *reader) Skip(i int) (skip bool) {
	defer func() {
		if recover() != nil {
			skip = false // damaged statistics are met again when the group is read
		}
	}()
	if len(r.cfg.Filters) == 0 {
		return false
	}
	ranges := make([]prune.Range, len(r.columns))
	group := r.file.MetaData().RowGroup(i)
	for c := range prune.Columns(r.cfg.Filters) {
		if c < len(ranges) {
			ranges[c] = r.columns[c].stats(group)
		}
	}
	return !prune.Possible(r.cfg.Filters, ranges)
}

// part reads one row group. Columns without lists are read batch by batch. Columns with
// lists are read whole at the first batch and given in slices.
type part struct {
	*reader
	left  int64
	at    int64
	whole map[*column]*vec.Vec
}

// Read opens a row group at a row.
func (r *reader) Read(i int, row int64) (_ format.PartReader, err error) {
	defer guard(&err)
	group := r.file.RowGroup(i)
	p := &part{reader: r, left: group.NumRows() - row, at: row, whole: map[*column]*vec.Vec{}}
	if p.left < 0 {
		return nil, diag.Errorf("W0512", diag.Span{}, "the stored reading position does not fit the file")
	}
	for _, l := range r.leaves {
		if l.chunk, err = group.Column(l.index); err != nil {
			return nil, damaged(err)
		}
	}
	for _, c := range r.columns {
		if c.repeated() {
			p.whole[c], err = c.load(int(group.NumRows()), group)
		} else {
			err = c.eachLeaf(func(l *leaf) error { return l.skip(row) })
		}
		if err != nil {
			return nil, damaged(err)
		}
	}
	return p, nil
}

// repeated reports whether there is a list in the column.
func (c *column) repeated() bool {
	if c.kind == listColumn {
		return true
	}
	for _, k := range c.kids {
		if k.repeated() {
			return true
		}
	}
	return false
}

// eachLeaf calls f for the leaves of a column.
func (c *column) eachLeaf(f func(*leaf) error) error {
	if c.leaf != nil {
		return f(c.leaf)
	}
	seen := false
	for _, k := range c.kids {
		if err := k.eachLeaf(f); err != nil {
			return err
		}
		seen = seen || k.first != nil
	}
	if !seen && c.first != nil {
		return f(c.first)
	}
	return nil
}

// load reads all of a column with lists.
func (c *column) load(rows int, group *pqfile.RowGroupReader) (*vec.Vec, error) {
	err := c.eachLeaf(func(l *leaf) error {
		chunk, err := group.MetaData().ColumnChunk(l.index)
		if err != nil {
			return err
		}
		return l.load(int(chunk.NumValues()))
	})
	if err != nil {
		return nil, err
	}
	return c.build(0, 0, rows), nil
}

// Next gives the next rows.
func (p *part) Next(max int) (_ *vec.Batch, err error) {
	defer guard(&err)
	if p.left == 0 {
		return nil, io.EOF
	}
	n := int(min(int64(max), p.left))
	out := &vec.Batch{Len: n}
	for _, c := range p.columns {
		if whole := p.whole[c]; whole != nil {
			out.Cols = append(out.Cols, whole.Slice(int(p.at), n))
			continue
		}
		err := c.eachLeaf(func(l *leaf) error {
			if err := l.load(n); err != nil {
				return err
			}
			if l.n != n {
				return diag.Errorf("W0512", diag.Span{}, "the Parquet file is damaged: column %q has fewer values than its row group has rows", l.desc.Path())
			}
			return nil
		})
		if err != nil {
			return nil, damaged(err)
		}
		out.Cols = append(out.Cols, c.build(0, 0, n))
	}
	p.left -= int64(n)
	p.at += int64(n)
	return out, nil
}

// Close releases the column chunks.
func (p *part) Close() (err error) {
	defer guard(&err)
	for _, l := range p.leaves {
		if l.chunk != nil {
			err = l.chunk.Close()
			l.chunk = nil
		}
	}
	return damaged(err)
}
