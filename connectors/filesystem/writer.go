package filesystem

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"sort"
	"strings"
	"time"

	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
)

// maxOpen bounds the files a writer has open; with more partitions at a time,
// parts end early.
const maxOpen = 256

// writer writes the rows of one subtask, one open part a partition.
type writer struct {
	sink      *Sink
	subtask   int
	seq       int
	parts     map[string]*part // by partition directory
	done      []donePart       // since the last Prepare
	watermark int64
	overwrote bool

	maxSize          int64
	maxAge, maxQuiet time.Duration
	check            time.Duration
	checked          time.Time

	key  []byte
	rows map[string][]int32
}

var (
	_ exec.Writer          = (*writer)(nil)
	_ exec.WatermarkWriter = (*writer)(nil)
)

// donePart is a complete part that waits for its commit.
type donePart struct {
	Tmp       string `json:"tmp"`
	To        string `json:"to"`
	Partition string `json:"partition"` // directory below the table's, "" = none
}

// part is a file being written.
type part struct {
	donePart
	file   *os.File
	out    *bufio.Writer
	size   int64
	opened time.Time
	last   time.Time

	encoder format.Encoder // line formats
	rows    vec.Rows
	whole   format.FileWriter // structured formats
}

// Write puts the rows of a batch into the parts of their partitions.
func (w *writer) Write(_ context.Context, b *vec.Batch) error {
	now := w.sink.env.Now()
	if err := w.rollByTime(now); err != nil {
		return err
	}
	if len(w.sink.keys) == 0 {
		return w.writeTo("", b, now)
	}
	if w.rows == nil {
		w.rows = map[string][]int32{}
	}
	for i := range b.Len {
		w.key = w.sink.directory(w.key[:0], b, i)
		w.rows[string(w.key)] = append(w.rows[string(w.key)], int32(i))
	}
	dirs := make([]string, 0, len(w.rows))
	for dir, sel := range w.rows {
		if len(sel) > 0 {
			dirs = append(dirs, dir)
		}
	}
	sort.Strings(dirs) // for parts to be numbered the same way in every run
	for _, dir := range dirs {
		sel := w.rows[dir]
		rows := b
		if len(sel) < b.Len {
			rows = b.Take(sel)
		}
		w.rows[dir] = sel[:0]
		if err := w.writeTo(dir, rows, now); err != nil {
			return err
		}
	}
	if len(w.rows) > 4*maxOpen {
		w.rows = nil
	}
	return nil
}

// directory appends the partition directory of row i: "dt=2026-11-20/hour=7".
func (s *Sink) directory(dst []byte, b *vec.Batch, i int) []byte {
	for n, k := range s.keys {
		if n > 0 {
			dst = append(dst, '/')
		}
		dst = append(append(dst, escapePath(k.name)...), '=')
		value := k.value
		if k.col >= 0 {
			value = partitionText(b.Cols[k.col], i, s.defaultName)
		}
		dst = append(dst, escapePath(value)...)
	}
	return dst
}

// escapePath writes as %XX what Hive does not have in partition names.
func escapePath(s string) string {
	if !strings.ContainsFunc(s, special) {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if special(rune(s[i])) {
			fmt.Fprintf(&b, "%%%02X", s[i])
		} else {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

func special(r rune) bool { return r < ' ' || r == 0x7f || strings.ContainsRune(`"#%'*/:=?\{}[]^`, r) }

// writeTo appends rows to the part of a partition.
func (w *writer) writeTo(dir string, b *vec.Batch, now time.Time) error {
	p := w.parts[dir]
	if p == nil {
		if len(w.parts) >= maxOpen {
			if err := w.finishAll(); err != nil {
				return err
			}
		}
		var err error
		if p, err = w.open(dir, now); err != nil {
			return err
		}
		w.parts[dir] = p
	}
	if err := p.write(b); err != nil {
		return w.failed(p, err)
	}
	p.last = now
	if p.size >= w.maxSize {
		return w.finish(dir)
	}
	return nil
}

// open begins a part.
func (w *writer) open(dir string, now time.Time) (*part, error) {
	name := fmt.Sprintf("part-%s-%d-%d", w.sink.run, w.subtask, w.seq)
	w.seq++
	below := path.Join(w.sink.loc.rel, dir)
	p := &part{opened: now, last: now, donePart: donePart{
		Tmp: path.Join(below, "."+name+".tmp"), To: path.Join(below, name+"."+extension(w.sink.table.format.Name)), Partition: dir}}
	var err error
	if p.file, err = w.sink.create(p.Tmp); err != nil {
		return nil, err
	}
	p.out = bufio.NewWriterSize(p.file, 256<<10)
	if f := w.sink.table.format; f.CreateFile != nil {
		p.whole, err = f.CreateFile(p.out, w.sink.encoder)
	} else {
		p.encoder, err = f.NewEncoder(w.sink.encoder)
	}
	if err != nil {
		p.file.Close()
		return nil, err
	}
	if h, ok := p.encoder.(format.HeaderEncoder); ok {
		if _, err := p.out.Write(h.Header()); err != nil {
			return nil, w.failed(p, err)
		}
	}
	return p, nil
}

// extension is the end of a file's name: "debezium-json" → "json".
func extension(name string) string { return name[strings.LastIndexByte(name, '-')+1:] }

func (p *part) write(b *vec.Batch) error {
	if p.whole != nil {
		err := p.whole.Write(b)
		p.size = p.whole.Size()
		return err
	}
	p.rows.Reset()
	if err := p.encoder.Encode(b, &p.rows); err != nil {
		return err
	}
	p.size += int64(len(p.rows.Data))
	_, err := p.out.Write(p.rows.Data)
	return err
}

// failed places an error of a part.
func (w *writer) failed(p *part, err error) error {
	return fileError(err, w.sink.loc.show(p.To), 0)
}

// rollByTime ends parts that have been open or quiet for too long.
func (w *writer) rollByTime(now time.Time) error {
	if w.maxAge <= 0 && w.maxQuiet <= 0 || now.Sub(w.checked) < w.check {
		return nil
	}
	w.checked = now
	for dir, p := range w.parts {
		if w.maxAge > 0 && now.Sub(p.opened) >= w.maxAge || w.maxQuiet > 0 && now.Sub(p.last) >= w.maxQuiet {
			if err := w.finish(dir); err != nil {
				return err
			}
		}
	}
	return nil
}

// finish completes a part: all of it is on the disk when finish returns.
func (w *writer) finish(dir string) error {
	p := w.parts[dir]
	delete(w.parts, dir)
	var err error
	if p.whole != nil {
		err = p.whole.Close()
	}
	err = errors.Join(err, p.out.Flush())
	if err == nil {
		err = p.file.Sync()
	}
	if err := errors.Join(err, p.file.Close()); err != nil {
		return w.failed(p, err)
	}
	w.done = append(w.done, p.donePart)
	return nil
}

func (w *writer) finishAll() error {
	dirs := make([]string, 0, len(w.parts))
	for dir := range w.parts {
		dirs = append(dirs, dir)
	}
	sort.Strings(dirs)
	for _, dir := range dirs {
		if err := w.finish(dir); err != nil {
			return err
		}
	}
	return nil
}

// prepared is what a writer gives to Commit.
type prepared struct {
	Run       string     `json:"run"`
	Subtask   int        `json:"subtask"`
	Overwrite bool       `json:"overwrite,omitempty"`
	Static    string     `json:"static,omitempty"` // directory an INSERT OVERWRITE replaces whole
	Parts     []donePart `json:"parts,omitempty"`
	Watermark int64      `json:"watermark"`
}

// Prepare completes all open parts and lists them.
func (w *writer) Prepare(context.Context) ([]byte, error) {
	if err := w.finishAll(); err != nil {
		return nil, err
	}
	s := w.sink
	truncates := s.spec.Overwrite && w.subtask == 0 && !w.overwrote && s.replaced() != nil
	if len(w.done) == 0 && !truncates && s.commits == nil {
		return nil, nil
	}
	p := prepared{Run: s.run, Subtask: w.subtask, Overwrite: s.spec.Overwrite, Parts: w.done, Watermark: w.watermark}
	if truncates {
		w.overwrote = true
		p.Static = *s.replaced()
	}
	w.done = nil
	return json.Marshal(p)
}

// replaced is the directory, below the table's, that an INSERT OVERWRITE replaces even
// if no row is written: the table, or its static partition; nil if that depends on
// the rows.
func (s *Sink) replaced() *string {
	var dirs []string
	for _, k := range s.keys {
		if k.col >= 0 {
			break
		}
		dirs = append(dirs, escapePath(k.name)+"="+escapePath(k.value))
	}
	if len(dirs) < len(s.keys) {
		return nil
	}
	dir := "./" + path.Join(dirs...)
	return &dir
}

// Watermark remembers event time for the commit of partitions.
func (w *writer) Watermark(wm int64) error {
	w.watermark = wm
	return nil
}

// Close closes files without completing them.
func (w *writer) Close() error {
	var errs []error
	for dir, p := range w.parts {
		errs = append(errs, p.file.Close())
		delete(w.parts, dir)
	}
	return errors.Join(errs...)
}
