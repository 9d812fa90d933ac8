package filesystem

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"

	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
)

// partRows is the number of rows at which a split of a structured file ends.
const partRows = 1 << 20

// parts divides a structured file into runs of its parts (row groups), without
// those that cannot hold rows asked for.
func (s *Source) parts(f *file) ([]piece, error) {
	if f.Size <= splitSize/16 {
		return []piece{{file: *f, Whole: true}}, nil
	}
	r, closer, err := s.openFile(f.Rel)
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	defer r.Close()
	var out []piece
	rows := int64(0)
	for i := 0; i < r.Parts(); i++ {
		if r.Skip(i) {
			rows = partRows // the run ends here
			continue
		}
		if len(out) == 0 || rows >= partRows {
			out = append(out, piece{file: *f, Start: int64(i), End: int64(i)})
			rows = 0
		}
		out[len(out)-1].End = int64(i) + 1
		rows += r.PartRows(i)
	}
	return out, nil
}

// openFile opens a structured file.
func (s *Source) openFile(rel string) (format.FileReader, io.Closer, error) {
	s.tellOpened(rel)
	f, err := s.loc.root.Open(rel)
	if err != nil {
		return nil, nil, fileError(err, s.loc.show(rel), 0)
	}
	st, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, nil, fileError(err, s.loc.show(rel), 0)
	}
	r, err := s.table.format.OpenFile(f, st.Size(), s.decoder)
	if err != nil {
		f.Close()
		return nil, nil, fileError(err, s.loc.show(rel), 0)
	}
	return r, f, nil
}

// partReader reads a run of parts. Its position is a part and the rows of it that
// were given.
type partReader struct {
	frame *frame
	shown string
	file  io.Closer
	all   format.FileReader
	part  format.PartReader // nil between parts
	at    int
	end   int
	row   int64
}

var _ exec.Reader = (*partReader)(nil)

func (s *Source) openParts(p *piece, fr *frame, position []byte) (exec.Reader, error) {
	all, f, err := s.openFile(p.Rel)
	if err != nil {
		return nil, err
	}
	r := &partReader{frame: fr, shown: s.loc.show(p.Rel), file: f, all: all, at: int(p.Start), end: int(p.End)}
	if p.Whole {
		r.end = all.Parts()
	}
	if position != nil {
		at, n := binary.Uvarint(position)
		row, m := binary.Uvarint(position[max(n, 0):])
		if n <= 0 || m <= 0 || int(at) > r.end {
			r.Close()
			return nil, fileError(diag.Errorf("W0512", diag.Span{}, "the stored reading position does not fit the file"), r.shown, 0)
		}
		r.at, r.row = int(at), int64(row)
	}
	return r, nil
}

// Read gives the next rows.
func (r *partReader) Read(ctx context.Context) (*vec.Batch, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if r.frame.done() {
			return nil, io.EOF
		}
		if r.part == nil {
			if r.at >= r.end {
				return nil, io.EOF
			}
			if r.row == 0 && r.all.Skip(r.at) {
				r.at++
				continue
			}
			part, err := r.all.Read(r.at, r.row)
			if err != nil {
				return nil, fileError(err, r.shown, 0)
			}
			r.part = part
		}
		b, err := r.part.Next(r.frame.want())
		if errors.Is(err, io.EOF) {
			err = r.part.Close()
			r.part, r.at, r.row = nil, r.at+1, 0
			if err != nil {
				return nil, fileError(err, r.shown, 0)
			}
			continue
		}
		if err != nil {
			return nil, fileError(err, r.shown, 0)
		}
		r.row += int64(b.Len)
		return r.frame.complete(b), nil
	}
}

// Position is the part and the row in it.
func (r *partReader) Position() []byte {
	return binary.AppendUvarint(binary.AppendUvarint(nil, uint64(r.at)), uint64(r.row))
}

// Close closes the file; it may be called again.
func (r *partReader) Close() error {
	if r.file == nil {
		return nil
	}
	var err error
	if r.part != nil {
		err = r.part.Close()
	}
	err = errors.Join(err, r.all.Close(), r.file.Close())
	if errors.Is(err, os.ErrClosed) {
		err = nil // the format's reader may have closed the file already
	}
	r.part, r.file = nil, nil
	return err
}
