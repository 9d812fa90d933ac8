package result

import (
	"encoding/csv"
	"io"

	"github.com/weir-sql/weir/exec/vec"
)

// csvWriter writes RFC 4180 with a header line. NULL is an empty field; with a
// changelog the first column is op.
type csvWriter struct {
	w      *csv.Writer
	o      Options
	record []string
	begun  bool
}

func newCSV(w io.Writer, o Options) (Writer, error) {
	return &csvWriter{w: csv.NewWriter(w), o: o}, nil
}

func (c *csvWriter) begin() error {
	if c.begun {
		return nil
	}
	c.begun = true
	var head []string
	if c.o.Changelog {
		head = append(head, "op")
	}
	for _, f := range c.o.Schema {
		head = append(head, f.Name)
	}
	return c.w.Write(head)
}

func (c *csvWriter) Write(b *vec.Batch) error {
	if err := c.begin(); err != nil {
		return err
	}
	for i := range b.Len {
		c.record = c.record[:0]
		if c.o.Changelog {
			c.record = append(c.record, b.Kind(i).String())
		}
		for _, v := range b.Cols {
			text := ""
			if !v.IsNull(i) {
				text = c.o.text(v, i)
			}
			c.record = append(c.record, text)
		}
		if err := c.w.Write(c.record); err != nil {
			return err
		}
	}
	return c.Flush()
}

func (c *csvWriter) Flush() error {
	c.w.Flush()
	return c.w.Error()
}

func (c *csvWriter) Close() error {
	if err := c.begin(); err != nil {
		return err
	}
	return c.Flush()
}
