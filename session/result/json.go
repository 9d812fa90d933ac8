package result

import (
	"io"

	"github.com/weir-sql/weir/exec/vec"
)

// jsonLines writes {"op":"+I","row":{…}}, with "output" first if several outputs
// share the stream.
type jsonLines struct {
	w   io.Writer
	o   Options
	buf []byte
}

func newJSONLines(w io.Writer, o Options) (Writer, error) { return &jsonLines{w: w, o: o}, nil }

func (j *jsonLines) Write(b *vec.Batch) error {
	j.buf = j.buf[:0]
	for i := range b.Len {
		j.buf = append(j.buf, '{')
		if j.o.Several {
			j.buf = append(j.buf, `"output":`...)
			j.buf = vec.AppendJSONString(j.buf, []byte(j.o.Output))
			j.buf = append(j.buf, ',')
		}
		j.buf = append(j.buf, `"op":"`...)
		j.buf = append(j.buf, b.Kind(i).String()...)
		j.buf = append(j.buf, `","row":`...)
		j.buf = appendRow(j.buf, j.o.Schema, b, i)
		j.buf = append(j.buf, '}', '\n')
	}
	_, err := j.w.Write(j.buf)
	return err
}

func (j *jsonLines) Flush() error { return nil }
func (j *jsonLines) Close() error { return nil }

// jsonArray writes one array; with a changelog each element is {"op":…,"row":{…}},
// else the row itself.
type jsonArray struct {
	w    io.Writer
	o    Options
	rows int
	buf  []byte
}

func newJSON(w io.Writer, o Options) (Writer, error) { return &jsonArray{w: w, o: o}, nil }

func (j *jsonArray) Write(b *vec.Batch) error {
	j.buf = j.buf[:0]
	for i := range b.Len {
		if j.rows == 0 {
			j.buf = append(j.buf, "[\n "...)
		} else {
			j.buf = append(j.buf, ",\n "...)
		}
		j.rows++
		if !j.o.Changelog {
			j.buf = appendRow(j.buf, j.o.Schema, b, i)
			continue
		}
		j.buf = append(j.buf, `{"op":"`...)
		j.buf = append(j.buf, b.Kind(i).String()...)
		j.buf = append(j.buf, `","row":`...)
		j.buf = append(appendRow(j.buf, j.o.Schema, b, i), '}')
	}
	_, err := j.w.Write(j.buf)
	return err
}

func (j *jsonArray) Flush() error { return nil }

func (j *jsonArray) Close() error {
	end := "\n]\n"
	if j.rows == 0 {
		end = "[]\n"
	}
	_, err := io.WriteString(j.w, end)
	return err
}
