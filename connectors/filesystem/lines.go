package filesystem

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
)

const (
	bufferSize = 1 << 20
	// maxRecord is the longest record taken from a file.
	maxRecord = 256 << 20
)

// lineReader reads the records of a range of a text file.
//
//	file   ........|start......................|end.....
//	buf              [taken|pending....|free]
//	                  ^base  ^r          ^w
//
// A range owns the records that begin in it: a reader that starts in mid-file skips to
// the line after the one that the byte before start belongs to, and the last
// record goes on past end up to its line end. base, the offset of buf[0], and stop
// count bytes of the decompressed text. stop is known once the line end behind end
// has been seen; until then it is -1.
type lineReader struct {
	frame *frame
	shown string
	open  func() (io.ReadCloser, error) // again from the file's beginning

	in       io.ReadCloser
	decoder  format.LineDecoder
	into     *vec.BatchBuilder
	buf      []byte
	r, w     int
	base     int64
	end      int64 // -1 = the end of the file
	stop     int64
	eof      bool
	line     int64 // lines before buf[r], counted from lineFrom
	lineFrom int64 // offset where counting lines began
	header   bool  // the header is still to be read
	failed   error
}

var (
	_ exec.Reader  = (*lineReader)(nil)
	_ exec.Skipper = (*lineReader)(nil)
)

// openLines opens a piece of a text file, at a position if it is not nil.
func (s *Source) openLines(p *piece, fr *frame, position []byte) (exec.Reader, error) {
	shown := s.loc.show(p.Rel)
	dec, err := s.table.format.NewDecoder(s.decoder)
	if err != nil {
		return nil, err
	}
	lines, ok := dec.(format.LineDecoder)
	if !ok {
		return nil, diag.Errorf("W0335", diag.Span{}, "format %q cannot be read from files", s.table.format.Name)
	}
	ts := make([]types.Type, len(s.decoder.Columns))
	for i, c := range s.decoder.Columns {
		ts[i] = c.Type
	}
	// Small files, of which there may be many, get small buffers.
	buffer := int64(bufferSize)
	if !compressed(p.Rel) {
		buffer = min(buffer, p.size()+512)
	}
	r := &lineReader{frame: fr, shown: shown, decoder: lines, into: vec.NewBatchBuilder(ts, int(min(vec.BatchSize, buffer/8))),
		buf: make([]byte, buffer), end: p.End, stop: -1}
	if p.Whole {
		r.end = -1
	}
	r.open = func() (io.ReadCloser, error) { return s.openText(p.Rel) }
	if h, ok := dec.(format.Header); ok && h.HasHeader() && p.Start == 0 {
		r.header = true
	}
	if err := r.start(p.Start, position); err != nil {
		r.Close()
		return nil, fileError(err, shown, 0)
	}
	if at := r.base + int64(r.r); r.end >= 0 && at >= r.end {
		r.stop = at // no record begins in the range, or all were read before
	}
	return r, nil
}

// textFile is an opened file and what decompresses it.
type textFile struct {
	io.Reader
	closers []io.Closer
}

func (t *textFile) Close() (err error) {
	for _, c := range t.closers {
		err = errors.Join(err, c.Close())
	}
	return err
}

// openText opens a file for reading its text from the beginning.
func (s *Source) openText(rel string) (io.ReadCloser, error) {
	s.tellOpened(rel)
	f, err := s.loc.root.Open(rel)
	if err != nil {
		return nil, err
	}
	if !compressed(rel) {
		return f, nil
	}
	z, err := decompress(rel, f)
	if err != nil {
		f.Close()
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return &textFile{Reader: z, closers: []io.Closer{z, f}}, nil
}

// start goes to where reading begins.
func (r *lineReader) start(start int64, position []byte) (err error) {
	if r.in, err = r.open(); err != nil {
		return err
	}
	if position != nil {
		offset, line, from, ok := decodePosition(position)
		if !ok {
			return diag.Errorf("W0512", diag.Span{}, "the stored reading position is damaged")
		}
		r.line, r.lineFrom = line, from
		if offset > 0 {
			r.header = false
		}
		return r.seek(offset)
	}
	r.lineFrom = start
	if start == 0 {
		return nil
	}
	// A record begins at start only if a line ends right before it.
	if err := r.seek(start - 1); err != nil {
		return err
	}
	for {
		if err := r.fill(); err != nil {
			return err
		}
		if n := bytes.IndexByte(r.buf[:r.w], '\n'); n >= 0 {
			r.r = n + 1
			r.lineFrom = r.base + int64(r.r)
			return nil
		}
		if r.eof {
			r.r, r.lineFrom = r.w, r.base+int64(r.w)
			return nil
		}
		r.r = r.w
	}
}

// seek moves to an offset of the text.
func (r *lineReader) seek(offset int64) error {
	r.base = offset
	if f, ok := r.in.(*os.File); ok {
		_, err := f.Seek(offset, io.SeekStart)
		return err
	}
	_, err := io.CopyN(io.Discard, r.in, offset)
	if errors.Is(err, io.EOF) {
		return diag.Errorf("W0512", diag.Span{}, "the file is shorter than when it was read last")
	}
	return err
}

// fill reads more text behind what is pending.
func (r *lineReader) fill() error {
	if r.r > 0 {
		copy(r.buf, r.buf[r.r:r.w])
		r.base += int64(r.r)
		r.r, r.w = 0, r.w-r.r
	}
	if r.w == len(r.buf) {
		if len(r.buf) >= maxRecord {
			return diag.Errorf("W0501", diag.Span{}, "a record is longer than %d MB", maxRecord>>20)
		}
		r.buf = append(r.buf, make([]byte, len(r.buf))...)
	}
	for r.w < len(r.buf) {
		n, err := r.in.Read(r.buf[r.w:])
		r.w += n
		if errors.Is(err, io.EOF) {
			r.eof = true
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Read decodes the next records.
func (r *lineReader) Read(ctx context.Context) (*vec.Batch, error) {
	if r.failed != nil {
		return nil, r.failed
	}
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if r.frame.done() {
			return nil, io.EOF
		}
		if err := r.decode(); err != nil {
			// What came before the wrong record is given first.
			r.failed = r.place(err)
		}
		if b := r.into.Finish(); b != nil {
			return r.frame.complete(b), nil
		}
		if r.failed != nil {
			return nil, r.failed
		}
		if r.ended() {
			return nil, io.EOF
		}
		if r.eof || r.stop >= 0 {
			return nil, fmt.Errorf("format %T left %d bytes at the end of %s", r.decoder, r.w-r.r, r.shown)
		}
		if err := r.fill(); err != nil {
			r.failed = r.place(err)
		}
	}
}

// ended reports that nothing of the range is left.
func (r *lineReader) ended() bool {
	at := r.base + int64(r.r)
	if r.stop >= 0 {
		return at >= r.stop
	}
	return r.eof && r.r == r.w
}

// pending gives the buffered text of the range and whether it is its last.
func (r *lineReader) pending() (text []byte, last bool) {
	if r.end >= 0 && r.stop < 0 {
		// The range's last record ends with the first line end at or behind end-1.
		if from := r.end - 1 - r.base; from < int64(r.w) {
			from = max(from, 0)
			if n := bytes.IndexByte(r.buf[from:r.w], '\n'); n >= 0 {
				r.stop = r.base + from + int64(n) + 1
			}
		}
	}
	if r.stop >= 0 {
		return r.buf[r.r:max(int(r.stop-r.base), r.r)], true
	}
	return r.buf[r.r:r.w], r.eof
}

func (r *lineReader) decode() error {
	text, last := r.pending()
	if len(text) == 0 {
		return nil
	}
	if r.header {
		n, lines, err := r.decoder.(format.Header).DecodeHeader(text, last)
		if n == 0 || err != nil {
			return err
		}
		r.header = false
		r.r += n
		r.line += int64(lines)
		text = text[n:]
	}
	n, lines, err := r.decoder.DecodeLines(text, last, r.frame.want(), r.into)
	r.r += n
	r.line += int64(lines)
	return err
}

// place adds file and line to an error.
func (r *lineReader) place(err error) error {
	line := int64(0)
	var d *diag.Diagnostic
	if errors.As(err, &d) {
		line = r.line + 1
		if r.lineFrom > 0 {
			before, countErr := r.linesBefore(r.lineFrom)
			if countErr != nil {
				line = 0
			}
			line += before
		}
	}
	return fileError(err, r.shown, int(line))
}

// linesBefore counts the lines of the text before an offset; only errors need it.
func (r *lineReader) linesBefore(offset int64) (int64, error) {
	in, err := r.open()
	if err != nil {
		return 0, err
	}
	defer in.Close()
	lines, buf := int64(0), make([]byte, bufferSize)
	for left := io.LimitReader(in, offset); ; {
		n, err := left.Read(buf)
		lines += int64(bytes.Count(buf[:n], []byte{'\n'}))
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return 0, err
		}
	}
}

// Position holds the offset of the next record and the count of lines.
func (r *lineReader) Position() []byte {
	p := binary.AppendUvarint(nil, uint64(r.base+int64(r.r)))
	p = binary.AppendUvarint(p, uint64(r.line))
	return binary.AppendUvarint(p, uint64(r.lineFrom))
}

func decodePosition(p []byte) (offset, line, from int64, ok bool) {
	var out [3]int64
	for i := range out {
		x, n := binary.Uvarint(p)
		if n <= 0 {
			return 0, 0, 0, false
		}
		out[i] = int64(x)
		p = p[n:]
	}
	return out[0], out[1], out[2], len(p) == 0
}

// Skipped counts the records dropped by 'ignore-parse-errors'.
func (r *lineReader) Skipped() int64 { return r.decoder.Skipped() }

// Close closes the file; it may be called again.
func (r *lineReader) Close() error {
	if r.in == nil {
		return nil
	}
	err := r.in.Close()
	r.in = nil
	return err
}
