package state

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
)

// CodeSpill is the code of diagnostics about the spill directory.
const CodeSpill diag.Code = "W0510"

// Spill makes temporary files of batches ("runs") for operators that hold more
// than their budget: sorted runs of an external sort, partitions of a hash join or
// an aggregation. Its directory is made when the first run is; Close deletes all.
// A Spill belongs to one goroutine, and so does each run.
type Spill struct {
	parent string // "" = the system's temporary directory
	dir    string // "" until the first run
	runs   int
	bytes  int64
	create func(path string) (spillFile, error)
}

// spillFile is what a run needs of a file.
type spillFile interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
}

// NewSpill makes a spill area under directory parent, which must exist; "" means
// the system's temporary directory. What it writes can be read by the user only.
func NewSpill(parent string) *Spill {
	return &Spill{parent: parent, create: func(path string) (spillFile, error) {
		return os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	}}
}

// Run is one temporary file of batches of one type: first written, then, after
// Finish, read as often as needed.
//
// The file is a sequence of blocks: length (uint32), CRC-32C (uint32), bytes of
// vec.AppendBlock.
type Run struct {
	ts    []types.Type
	s     *Spill
	path  string
	f     spillFile // nil after Close
	buf   []byte
	rows  int64
	bytes int64
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

const blockHeader = 8

// NewRun opens a new run for batches of the given column types. Errors, here and
// in Write, are diagnostics that name the directory.
func (s *Spill) NewRun(ts []types.Type) (*Run, error) {
	if s.dir == "" {
		dir, err := os.MkdirTemp(s.parent, "weir-spill-")
		if err != nil {
			return nil, s.explain("creating the spill directory", err)
		}
		s.dir = dir
	}
	s.runs++
	path := filepath.Join(s.dir, fmt.Sprintf("run-%06d", s.runs))
	f, err := s.create(path)
	if err != nil {
		return nil, s.explain("creating a spill file", err)
	}
	return &Run{ts: ts, s: s, path: path, f: f}, nil
}

// Write appends a batch.
func (r *Run) Write(b *vec.Batch) error {
	if b == nil || b.Len == 0 {
		return nil
	}
	buf := append(r.buf[:0], make([]byte, blockHeader)...)
	buf = vec.AppendBlock(buf, b)
	r.buf = buf
	binary.LittleEndian.PutUint32(buf, uint32(len(buf)-blockHeader))
	binary.LittleEndian.PutUint32(buf[4:], crc32.Checksum(buf[blockHeader:], castagnoli))
	if _, err := r.f.WriteAt(buf, r.bytes); err != nil {
		return r.s.explain("writing a spill file", err)
	}
	r.rows += int64(b.Len)
	r.bytes += int64(len(buf))
	r.s.bytes += int64(len(buf))
	return nil
}

// Finish ends writing and gives the write buffer's memory back.
func (r *Run) Finish() { r.buf = nil }

// Rows is the number of rows written.
func (r *Run) Rows() int64 { return r.rows }

// Bytes is the size of the file.
func (r *Run) Bytes() int64 { return r.bytes }

// Reader gives a function that gives the batches from the first on, and nil after
// the last: what vec.NewMerger takes. Several readers of a run do not disturb each
// other.
func (r *Run) Reader() func() (*vec.Batch, error) {
	at := int64(0)
	return func() (*vec.Batch, error) {
		if at == r.bytes {
			return nil, nil
		}
		b, size, err := r.readBlock(at)
		at += size
		return b, err
	}
}

func (r *Run) readBlock(at int64) (*vec.Batch, int64, error) {
	var head [blockHeader]byte
	if _, err := r.f.ReadAt(head[:], at); err != nil {
		return nil, 0, r.s.explain("reading a spill file", err)
	}
	n := int64(binary.LittleEndian.Uint32(head[:]))
	if n > r.bytes-at-blockHeader {
		return nil, 0, r.s.explain("reading a spill file", io.ErrUnexpectedEOF)
	}
	block := vec.AlignedBytes(int(n))
	if _, err := r.f.ReadAt(block, at+blockHeader); err != nil {
		return nil, 0, r.s.explain("reading a spill file", err)
	}
	if crc32.Checksum(block, castagnoli) != binary.LittleEndian.Uint32(head[4:]) {
		return nil, 0, r.s.explain("reading a spill file", fmt.Errorf("block at byte %d fails its checksum", at))
	}
	b, err := vec.DecodeBlock(block, r.ts)
	if err != nil {
		return nil, 0, r.s.explain("reading a spill file", err)
	}
	return b, blockHeader + n, nil
}

// Close deletes the run.
func (r *Run) Close() error {
	if r.f == nil {
		return nil
	}
	err := errors.Join(r.f.Close(), os.Remove(r.path))
	r.f = nil
	return err
}

// Bytes is the number of bytes ever written, for metrics.
func (s *Spill) Bytes() int64 { return s.bytes }

// Close deletes all runs and the directory; runs still open must not be used.
func (s *Spill) Close() error {
	if s.dir == "" {
		return nil
	}
	dir := s.dir
	s.dir = ""
	return os.RemoveAll(dir)
}

// explain turns an I/O error into a diagnostic.
func (s *Spill) explain(action string, err error) error {
	dir := s.dir
	if dir == "" {
		if dir = s.parent; dir == "" {
			dir = os.TempDir()
		}
	}
	d := diag.Errorf(CodeSpill, diag.Span{}, "%s failed: %v", action, err)
	d.File = dir
	switch {
	case diskFull(err):
		d.Primary = fmt.Sprintf("%s failed: the disk is full", action)
		d.WithHint("Free some space, or spill to another disk.")
	case errors.Is(err, os.ErrPermission):
		d.WithHint("Spill to a directory that you may write to.")
	}
	return d
}

// diskFull reports that there is no space, or none for this user.
func diskFull(err error) bool {
	const windowsDiskFull = syscall.Errno(112)
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) ||
		runtime.GOOS == "windows" && errors.Is(err, windowsDiskFull)
}
