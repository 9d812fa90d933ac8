package state

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// A snapshot as a stream of bytes:
//
//	magic    8 bytes "weirsnap"
//	version  uint32, 1
//	blocks   length uint32 (not 0), CRC-32C of the payload uint32, payload
//	trailer  length uint32 0, CRC-32C uint32 of: number of entries uint64, of blocks uint64
//
// All numbers are little endian. A payload is records of two kinds, lengths and
// numbers as uvarints:
//
//	0, length, name              the next name; names are numbered from 0 through all blocks
//	1, name, key group, length, key, length, value
//
// Blocks find flipped bits, the trailer finds missing ends and missing blocks.
const (
	snapshotMagic   = "weirsnap"
	snapshotVersion = 1
	blockTarget     = 64 << 10
)

// Encoder writes a snapshot to a stream, entry by entry. Close must be called, and
// its error minded: before it the snapshot is not whole.
type Encoder struct {
	w       io.Writer
	buf     []byte
	names   map[string]uint64
	entries uint64
	blocks  uint64
	written int64
	err     error
}

var _ Writer = (*Encoder)(nil)

// NewEncoder starts a snapshot on w.
func NewEncoder(w io.Writer) *Encoder {
	e := &Encoder{w: w, names: map[string]uint64{}}
	e.write(binary.LittleEndian.AppendUint32([]byte(snapshotMagic), snapshotVersion))
	return e
}

// Put adds an entry.
func (e *Encoder) Put(name string, keyGroup int, key, value []byte) error {
	if len(key)+len(value) >= 1<<31 {
		return fmt.Errorf("writing a snapshot: an entry of %s has %d bytes", name, len(key)+len(value))
	}
	n, ok := e.names[name]
	if !ok {
		n = uint64(len(e.names))
		e.names[name] = n
		e.buf = append(binary.AppendUvarint(append(e.buf, 0), uint64(len(name))), name...)
	}
	e.buf = binary.AppendUvarint(append(e.buf, 1), n)
	e.buf = binary.AppendUvarint(e.buf, uint64(keyGroup))
	e.buf = append(binary.AppendUvarint(e.buf, uint64(len(key))), key...)
	e.buf = append(binary.AppendUvarint(e.buf, uint64(len(value))), value...)
	e.entries++
	if len(e.buf) >= blockTarget {
		e.flush()
	}
	return e.err
}

func (e *Encoder) flush() {
	if len(e.buf) == 0 {
		return
	}
	e.write(frame(uint32(len(e.buf)), e.buf))
	e.write(e.buf)
	e.blocks++
	e.buf = e.buf[:0]
}

// frame gives the head of a block.
func frame(length uint32, payload []byte) []byte {
	head := binary.LittleEndian.AppendUint32(nil, length)
	return binary.LittleEndian.AppendUint32(head, crc32.Checksum(payload, castagnoli))
}

func (e *Encoder) write(b []byte) {
	if e.err == nil {
		n, err := e.w.Write(b)
		e.written += int64(n)
		e.err = err
	}
}

// Close writes the trailer; it does not close the stream.
func (e *Encoder) Close() error {
	e.flush()
	trailer := binary.LittleEndian.AppendUint64(nil, e.entries)
	trailer = binary.LittleEndian.AppendUint64(trailer, e.blocks)
	e.write(append(frame(0, trailer), trailer...))
	return e.err
}

// Written is the number of bytes written so far.
func (e *Encoder) Written() int64 { return e.written }

// Decode reads a snapshot and gives its entries to w, in the order they were
// written. Bytes that are no whole snapshot give an error that wraps ErrCorrupt; w
// may then hold a part of it.
func Decode(r io.Reader, w Writer) error {
	d := decoder{r: r}
	head := d.next(len(snapshotMagic) + 4)
	if d.err == nil && string(head[:len(snapshotMagic)]) != snapshotMagic {
		return fmt.Errorf("%w: it does not start like one", ErrCorrupt)
	}
	if d.err == nil {
		if v := binary.LittleEndian.Uint32(head[len(snapshotMagic):]); v != snapshotVersion {
			return fmt.Errorf("the snapshot has format version %d, this program reads %d", v, snapshotVersion)
		}
	}
	for d.err == nil {
		frame := d.next(8)
		if d.err != nil {
			break
		}
		length, sum := binary.LittleEndian.Uint32(frame), binary.LittleEndian.Uint32(frame[4:])
		if length == 0 {
			return d.trailer(sum)
		}
		block := d.next(int(length))
		if d.err == nil && crc32.Checksum(block, castagnoli) != sum {
			return fmt.Errorf("%w: block %d fails its checksum", ErrCorrupt, d.blocks)
		}
		if d.err == nil {
			if err := d.block(block, w); err != nil {
				return err
			}
			d.blocks++
		}
	}
	return d.err
}

// decoder reads a stream.
type decoder struct {
	r       io.Reader
	buf     bytes.Buffer
	names   []string
	entries uint64
	blocks  uint64
	err     error
}

// next gives the next n bytes, valid until the next call. Memory grows with what
// is there, not with what is claimed.
func (d *decoder) next(n int) []byte {
	d.buf.Reset()
	got, err := io.CopyN(&d.buf, d.r, int64(n))
	if err != nil && !errors.Is(err, io.EOF) {
		d.err = err
	} else if got < int64(n) {
		d.err = fmt.Errorf("%w: it ends early", ErrCorrupt)
	}
	return d.buf.Bytes()
}

func (d *decoder) trailer(sum uint32) error {
	t := d.next(16)
	switch {
	case d.err != nil:
		return d.err
	case crc32.Checksum(t, castagnoli) != sum:
		return fmt.Errorf("%w: its end fails the checksum", ErrCorrupt)
	case binary.LittleEndian.Uint64(t) != d.entries || binary.LittleEndian.Uint64(t[8:]) != d.blocks:
		return fmt.Errorf("%w: it holds %d entries in %d blocks, its end says %d in %d", ErrCorrupt,
			d.entries, d.blocks, binary.LittleEndian.Uint64(t), binary.LittleEndian.Uint64(t[8:]))
	}
	if d.next(1); d.err == nil {
		return fmt.Errorf("%w: bytes follow its end", ErrCorrupt)
	} else if !errors.Is(d.err, ErrCorrupt) {
		return d.err
	}
	return nil
}

// block gives the entries of a block to w.
func (d *decoder) block(b []byte, w Writer) error {
	f := fields{b: b}
	for len(f.b) > 0 {
		switch kind := f.number(); {
		case f.bad:
		case kind == 0:
			d.names = append(d.names, string(f.bytes()))
		case kind == 1:
			name, group := f.number(), f.number()
			key, value := f.bytes(), f.bytes()
			if f.bad || name >= uint64(len(d.names)) || group >= 1<<31 {
				f.bad = true
				break
			}
			d.entries++
			if err := w.Put(d.names[name], int(group), key, value); err != nil {
				return err
			}
		default:
			f.bad = true
		}
		if f.bad {
			return fmt.Errorf("%w: block %d does not parse", ErrCorrupt, d.blocks)
		}
	}
	return nil
}

// fields reads uvarints and byte strings.
type fields struct {
	b   []byte
	bad bool
}

func (f *fields) number() uint64 {
	x, n := binary.Uvarint(f.b)
	if n <= 0 {
		f.bad, f.b = true, nil
		return 0
	}
	f.b = f.b[n:]
	return x
}

func (f *fields) bytes() []byte {
	n := f.number()
	if n > uint64(len(f.b)) {
		f.bad, f.b = true, nil
		return nil
	}
	x := f.b[:n]
	f.b = f.b[n:]
	return x
}

// WriteTo writes the snapshot as a stream of bytes, names and entries sorted, so
// that equal snapshots are equal bytes.
func (m *Memory) WriteTo(w io.Writer) (int64, error) {
	e := NewEncoder(w)
	for _, name := range m.Names() {
		arena, entries := m.sortedEntries(name)
		for _, en := range entries {
			if err := e.Put(name, int(en.group), en.keyIn(arena), en.valueIn(arena)); err != nil {
				return e.written, err
			}
		}
	}
	err := e.Close()
	return e.written, err
}

// ReadFrom adds the entries of a stream of bytes.
func (m *Memory) ReadFrom(r io.Reader) (int64, error) {
	c := counter{r: r}
	err := Decode(&c, m)
	return c.n, err
}

type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
