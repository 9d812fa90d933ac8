package state

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/cockroachdb/pebble"
	"github.com/cockroachdb/pebble/vfs"
)

// Pebble is a store of entries on disk: for snapshots and for state that is larger
// than memory. Its keys are
//
//	name, 00, key group (uint16, big endian), key
//
// so that a name's entries lie together, by key group and key. Writes gather in a
// batch; reads see what was flushed. It is safe for use by several goroutines.
type Pebble struct {
	db   *pebble.DB
	log  *pebbleLog
	mu   sync.Mutex
	b    *pebble.Batch
	sync *pebble.WriteOptions
}

var (
	_ Writer = (*Pebble)(nil)
	_ Reader = (*Pebble)(nil)
)

// PebbleConfig says where and how a store lives.
type PebbleConfig struct {
	Dir string
	FS  vfs.FS // nil: the disk
	// CacheBytes is the memory for blocks that were read; 0 means 8 MB.
	CacheBytes int64
	// NoLog leaves out the write-ahead log, for working state that a checkpoint
	// covers: after a crash the store is of no use.
	NoLog bool
}

// batchBytes is how much gathers before it is written.
const batchBytes = 1 << 20

// OpenPebble opens a store, making it if there is none.
func OpenPebble(c PebbleConfig) (*Pebble, error) {
	if c.CacheBytes == 0 {
		c.CacheBytes = 8 << 20
	}
	if c.FS == nil {
		c.FS = vfs.Default
	}
	if err := makeDir(c.FS, c.Dir); err != nil {
		return nil, fmt.Errorf("opening the state store %s: %w", c.Dir, err)
	}
	cache := pebble.NewCache(c.CacheBytes)
	defer cache.Unref()
	log := &pebbleLog{}
	db, err := pebble.Open(c.Dir, &pebble.Options{
		Cache: cache, FS: c.FS, DisableWAL: c.NoLog, Logger: log,
		FormatMajorVersion: pebble.FormatNewest,
		MemTableSize:       8 << 20,
	})
	if err != nil {
		return nil, fmt.Errorf("opening the state store %s: %w", c.Dir, pebbleError(err))
	}
	p := &Pebble{db: db, log: log, b: db.NewBatch(), sync: pebble.Sync}
	if c.NoLog {
		p.sync = pebble.NoSync
	}
	return p, nil
}

// makeDir makes a directory and sees its name on disk, which pebble leaves to its
// caller: without it a crash can take the whole store.
func makeDir(fs vfs.FS, dir string) error {
	if err := fs.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	parent, err := fs.OpenDir(fs.PathDir(dir))
	if err != nil {
		return err
	}
	return errors.Join(parent.Sync(), parent.Close())
}

// pebbleLog keeps pebble off the terminal. Fatalf is where pebble reports that a
// write failed and then expects the program to end: the error is kept instead, and
// every later call returns it.
type pebbleLog struct {
	mu  sync.Mutex
	err error
}

func (*pebbleLog) Infof(string, ...any) {}

func (l *pebbleLog) Fatalf(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = fmt.Errorf(format, args...)
	}
}

func (l *pebbleLog) failure() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// pebbleError marks corruption as ours.
func pebbleError(err error) error {
	if errors.Is(err, pebble.ErrCorruption) {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return err
}

// storeKey appends the store's key of an entry to dst.
func storeKey(dst []byte, name string, keyGroup int, key []byte) ([]byte, error) {
	if strings.IndexByte(name, 0) >= 0 || keyGroup < 0 || keyGroup > 1<<16-1 {
		return nil, fmt.Errorf("state entry %q in key group %d cannot be stored", name, keyGroup)
	}
	dst = append(append(dst, name...), 0)
	return append(binary.BigEndian.AppendUint16(dst, uint16(keyGroup)), key...), nil
}

// Put sets an entry.
func (p *Pebble) Put(name string, keyGroup int, key, value []byte) error {
	return p.change(name, keyGroup, key, func(k []byte) error { return p.b.Set(k, value, nil) })
}

// Delete removes an entry, if there is one.
func (p *Pebble) Delete(name string, keyGroup int, key []byte) error {
	return p.change(name, keyGroup, key, func(k []byte) error { return p.b.Delete(k, nil) })
}

// DeleteAll removes the entries of a name within a range of key groups.
func (p *Pebble) DeleteAll(name string, groups Range) error {
	return p.change(name, groups.First, nil, func(lo []byte) error { return p.b.DeleteRange(lo, upperBound(name, groups), nil) })
}

func (p *Pebble) change(name string, keyGroup int, key []byte, do func(k []byte) error) error {
	k, err := storeKey(nil, name, keyGroup, key)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := do(k); err != nil {
		return pebbleError(err)
	}
	if p.b.Len() >= batchBytes {
		return p.commit(pebble.NoSync)
	}
	return nil
}

// Flush writes what has gathered and, unless the store has no log, sees it on disk.
func (p *Pebble) Flush() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.commit(p.sync)
}

func (p *Pebble) commit(o *pebble.WriteOptions) error {
	if p.b.Empty() && o != pebble.Sync {
		return p.log.failure()
	}
	if p.b.Empty() {
		// An empty batch would not be synced: let a marker carry the batches before it.
		if err := p.b.LogData(nil, nil); err != nil {
			return pebbleError(err)
		}
	}
	if err := p.b.Commit(o); err != nil {
		return pebbleError(err)
	}
	p.b.Close()
	p.b = p.db.NewBatch()
	return p.log.failure()
}

// Get gives a copy of an entry's value; ok is false if there is no such entry.
func (p *Pebble) Get(name string, keyGroup int, key []byte) (value []byte, ok bool, err error) {
	k, err := storeKey(nil, name, keyGroup, key)
	if err != nil {
		return nil, false, err
	}
	v, closer, err := p.db.Get(k)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, pebbleError(err)
	}
	value = append([]byte{}, v...)
	return value, true, closer.Close()
}

// Each gives the flushed entries of a name in order of key group and key.
func (p *Pebble) Each(name string, groups Range, fn func(keyGroup int, key, value []byte) error) error {
	lo, err := storeKey(nil, name, groups.First, nil)
	if err != nil || groups.Len() <= 0 {
		return err
	}
	it, err := p.db.NewIter(&pebble.IterOptions{LowerBound: lo, UpperBound: upperBound(name, groups)})
	if err != nil {
		return pebbleError(err)
	}
	head := len(name) + 3
	for ok := it.First(); ok; ok = it.Next() {
		k := it.Key()
		value, err := it.ValueAndErr()
		if err == nil {
			err = fn(int(binary.BigEndian.Uint16(k[len(name)+1:])), k[head:], value)
		} else {
			err = pebbleError(err)
		}
		if err != nil {
			it.Close()
			return err
		}
	}
	return pebbleError(it.Close())
}

// upperBound is the first key behind a range of a name's key groups.
func upperBound(name string, groups Range) []byte {
	k := append([]byte(name), 0)
	if groups.End > 1<<16-1 {
		return append([]byte(name), 1)
	}
	return binary.BigEndian.AppendUint16(k, uint16(groups.End))
}

// Names gives the names in the store, sorted.
func (p *Pebble) Names() ([]string, error) {
	it, err := p.db.NewIter(nil)
	if err != nil {
		return nil, pebbleError(err)
	}
	var names []string
	for ok := it.First(); ok; {
		name, _, found := strings.Cut(string(it.Key()), "\x00")
		if !found {
			it.Close()
			return nil, fmt.Errorf("%w: a key without a name", ErrCorrupt)
		}
		names = append(names, name)
		ok = it.SeekGE(append([]byte(name), 1))
	}
	return names, pebbleError(it.Close())
}

// Checkpoint makes a copy of the flushed store in a directory that must not exist,
// of hard links where the disk allows: fast, whatever the size.
func (p *Pebble) Checkpoint(dir string) error {
	if err := p.Flush(); err != nil {
		return err
	}
	if p.sync != pebble.Sync {
		if err := p.db.Flush(); err != nil {
			return pebbleError(err)
		}
	}
	return pebbleError(p.db.Checkpoint(dir, pebble.WithFlushedWAL()))
}

// Close flushes and closes the store.
func (p *Pebble) Close() error {
	err := p.Flush()
	p.mu.Lock()
	defer p.mu.Unlock()
	return errors.Join(err, p.b.Close(), p.db.Close())
}
