package state

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/vfs"
	"pgregory.net/rapid"
)

// entry is one Put of the model.
type entry struct {
	name       string
	group      int
	key, value string
}

func genEntries(t *rapid.T) []entry {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) entry {
		return entry{
			rapid.SampledFrom([]string{"u1/groups", "u1/groups2", "u1", "u2/timers"}).Draw(t, "name"),
			rapid.SampledFrom([]int{0, 1, 2, 127, 255, 256, 32767}).Draw(t, "group"),
			rapid.SampledFrom([]string{"", "a", "a\x00", "b", "\xff\xff"}).Draw(t, "key"),
			rapid.StringN(0, 20, 40).Draw(t, "value"),
		}
	}), 0, 60).Draw(t, "entries")
}

// contents reads names and ranges back as text.
func contents(t *rapid.T, r Reader, names []string, groups Range) []string {
	var out []string
	for _, n := range names {
		if err := r.Each(n, groups, func(g int, key, value []byte) error {
			out = append(out, fmt.Sprintf("%s %d %q=%q", n, g, key, value))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// TestStoresAgree puts the same entries into a map, into memory, through bytes and
// into pebble, and reads the same from all.
func TestStoresAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entries := genEntries(t)
		groups := All(32768)
		if rapid.Bool().Draw(t, "part") {
			groups = Range{rapid.IntRange(0, 256).Draw(t, "first"), rapid.IntRange(1, 32768).Draw(t, "end")}
		}
		type place struct {
			name  string
			group int
			key   string
		}
		model := map[place]string{}
		mem := NewMemory()
		disk, err := OpenPebble(PebbleConfig{Dir: "db", FS: vfs.NewMem()})
		if err != nil {
			t.Fatal(err)
		}
		defer disk.Close()
		var stream bytes.Buffer
		enc := NewEncoder(&stream)
		for _, e := range entries {
			model[place{e.name, e.group, e.key}] = e.value
			for _, w := range []Writer{mem, disk, enc} {
				if err := w.Put(e.name, e.group, []byte(e.key), []byte(e.value)); err != nil {
					t.Fatal(err)
				}
			}
		}
		var names []string
		for p := range model {
			names = append(names, p.name)
		}
		slices.Sort(names)
		names = slices.Compact(names)
		var want []string
		places := []place{}
		for p := range model {
			if groups.Contains(p.group) {
				places = append(places, p)
			}
		}
		slices.SortFunc(places, func(a, b place) int {
			if c := bytes.Compare([]byte(a.name), []byte(b.name)); c != 0 {
				return c
			}
			if a.group != b.group {
				return a.group - b.group
			}
			return bytes.Compare([]byte(a.key), []byte(b.key))
		})
		for _, p := range places {
			want = append(want, fmt.Sprintf("%s %d %q=%q", p.name, p.group, p.key, model[p]))
		}
		if err := enc.Close(); err != nil {
			t.Fatal(err)
		}
		if enc.Written() != int64(stream.Len()) {
			t.Fatalf("written %d of %d bytes", enc.Written(), stream.Len())
		}
		decoded := NewMemory()
		if n, err := decoded.ReadFrom(bytes.NewReader(stream.Bytes())); err != nil || n != int64(stream.Len()) {
			t.Fatal(n, err)
		}
		var canonical, again bytes.Buffer
		mem.WriteTo(&canonical)
		decoded.WriteTo(&again)
		if !bytes.Equal(canonical.Bytes(), again.Bytes()) {
			t.Fatal("equal snapshots are written differently")
		}
		if err := disk.Flush(); err != nil {
			t.Fatal(err)
		}
		for what, r := range map[string]Reader{"memory": mem, "stream": decoded, "pebble": disk} {
			if got := contents(t, r, names, groups); !slices.Equal(got, want) {
				t.Fatalf("%s holds %v, want %v", what, got, want)
			}
		}
		stored, err := disk.Names()
		if err != nil || !slices.Equal(stored, names) || !slices.Equal(mem.Names(), names) {
			t.Fatalf("names %v and %v (%v), want %v", stored, mem.Names(), err, names)
		}
		for _, p := range places {
			v, ok, err := disk.Get(p.name, p.group, []byte(p.key))
			if err != nil || !ok || string(v) != model[p] {
				t.Fatalf("%v: %q %v %v", p, v, ok, err)
			}
		}
	})
}

// TestEachStops at the first error of the callback.
func TestEachStops(t *testing.T) {
	stop := errors.New("enough")
	mem := NewMemory()
	disk, err := OpenPebble(PebbleConfig{Dir: "db", FS: vfs.NewMem(), NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	defer disk.Close()
	for _, w := range []Writer{mem, disk} {
		for i := range 3 {
			w.Put("n", i, nil, nil)
		}
	}
	disk.Flush()
	for _, r := range []Reader{mem, disk} {
		n := 0
		if err := r.Each("n", All(10), func(int, []byte, []byte) error { n++; return stop }); err != stop || n != 1 {
			t.Errorf("%T: %v after %d entries", r, err, n)
		}
	}
}

// TestDecodeFindsDamage flips every bit and cuts at every byte of a snapshot of
// several blocks: each must be found, and found as corruption.
func TestDecodeFindsDamage(t *testing.T) {
	var stream bytes.Buffer
	e := NewEncoder(&stream)
	for i := range 3 {
		if err := e.Put(fmt.Sprintf("uid%d/x", i), i, []byte("key"), bytes.Repeat([]byte{byte(i)}, 20)); err != nil {
			t.Fatal(err)
		}
		e.flush()
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	whole := stream.Bytes()
	if err := Decode(bytes.NewReader(whole), NewMemory()); err != nil {
		t.Fatal(err)
	}
	for at := range whole {
		for bit := range 8 {
			bad := bytes.Clone(whole)
			bad[at] ^= 1 << bit
			err := Decode(bytes.NewReader(bad), NewMemory())
			if version := at >= len(snapshotMagic) && at < len(snapshotMagic)+4; err == nil || !version && !errors.Is(err, ErrCorrupt) {
				t.Fatalf("bit %d of byte %d flipped: %v", bit, at, err)
			}
		}
		if err := Decode(bytes.NewReader(whole[:at]), NewMemory()); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("cut at byte %d: %v", at, err)
		}
	}
	if err := Decode(bytes.NewReader(append(bytes.Clone(whole), 0)), NewMemory()); !errors.Is(err, ErrCorrupt) {
		t.Fatalf("a byte too many: %v", err)
	}
	middle := bytes.Index(whole, []byte("uid1/x"))
	block := 8 + 1 + 1 + 6 + 1 + 1 + 1 + 1 + 3 + 1 + 20
	start := middle - 2 - 8
	cut := append(bytes.Clone(whole[:start]), whole[start+block:]...)
	if err := Decode(bytes.NewReader(cut), NewMemory()); !errors.Is(err, ErrCorrupt) {
		t.Fatalf("a block missing: %v", err)
	}
}

// FuzzDecode looks for bytes that make Decode panic or take memory they do not hold.
func FuzzDecode(f *testing.F) {
	m := NewMemory()
	m.Put("uid/x", 3, []byte("k"), []byte("v"))
	var stream bytes.Buffer
	m.WriteTo(&stream)
	f.Add(stream.Bytes())
	f.Add([]byte(snapshotMagic + "\x01\x00\x00\x00\xff\xff\xff\xff\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		back := NewMemory()
		if _, err := back.ReadFrom(bytes.NewReader(data)); err != nil {
			return
		}
		var again bytes.Buffer
		if _, err := back.WriteTo(&again); err != nil {
			t.Fatal(err)
		}
	})
}

// failing writes up to a number of bytes.
type failing struct{ left int }

func (f *failing) Write(p []byte) (int, error) {
	if len(p) > f.left {
		return f.left, errors.New("disk full")
	}
	f.left -= len(p)
	return len(p), nil
}

// TestEncoderPassesErrors: whenever a write fails, Close says so.
func TestEncoderPassesErrors(t *testing.T) {
	write := func(n int) (*Encoder, error) {
		e := NewEncoder(&failing{n})
		e.Put("uid/x", 1, []byte("k"), []byte("v"))
		return e, e.Close()
	}
	whole, err := write(1000)
	if err != nil {
		t.Fatal(err)
	}
	for n := range int(whole.Written()) {
		if _, err := write(n); err == nil {
			t.Fatalf("a snapshot of %d bytes fits in %d", whole.Written(), n)
		}
	}
}

// TestPebbleSurvivesACrash drops everything that was not synced: what was flushed
// is there, whole batches of it.
func TestPebbleSurvivesACrash(t *testing.T) {
	fs := vfs.NewStrictMem()
	p, err := OpenPebble(PebbleConfig{Dir: "db", FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	big := bytes.Repeat([]byte{7}, 600<<10) // two make a batch that is written, not synced
	for i := range 4 {
		if err := p.Put("n", i, []byte("k"), big); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Flush(); err != nil {
		t.Fatal(err)
	}
	p.Put("n", 9, []byte("k"), []byte("lost"))
	fs.SetIgnoreSyncs(true)
	p.Close()
	fs.ResetToSyncedState()
	fs.SetIgnoreSyncs(false)
	if p, err = OpenPebble(PebbleConfig{Dir: "db", FS: fs}); err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var groups []int
	if err := p.Each("n", All(128), func(g int, _, value []byte) error {
		if !bytes.Equal(value, big) {
			t.Errorf("group %d holds %d bytes", g, len(value))
		}
		groups = append(groups, g)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(groups, []int{0, 1, 2, 3}) {
		t.Errorf("groups %v after a crash", groups)
	}
}

// TestPebbleOnDisk covers what a memory file system does not: a real directory,
// checkpoints, deletion, and damage.
func TestPebbleOnDisk(t *testing.T) {
	dir := t.TempDir()
	for _, noLog := range []bool{false, true} {
		home := filepath.Join(dir, fmt.Sprint(noLog))
		p, err := OpenPebble(PebbleConfig{Dir: home, NoLog: noLog})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 10 {
			p.Put("n", i, []byte("k"), []byte{byte(i)})
			p.Put("n2", i, []byte("k"), []byte{byte(i)})
		}
		p.Delete("n", 3, []byte("k"))
		p.DeleteAll("n", Range{5, 8})
		if err := p.Put("zero\x00name", 0, nil, nil); err == nil {
			t.Error("a name with a zero byte is stored")
		}
		copied := filepath.Join(dir, fmt.Sprint("copy", noLog))
		if err := p.Checkpoint(copied); err != nil {
			t.Fatal(err)
		}
		p.DeleteAll("n", All(65536))
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		c, err := OpenPebble(PebbleConfig{Dir: copied})
		if err != nil {
			t.Fatal(err)
		}
		var groups []int
		c.Each("n", All(1<<16), func(g int, _, _ []byte) error { groups = append(groups, g); return nil })
		if !slices.Equal(groups, []int{0, 1, 2, 4, 8, 9}) {
			t.Errorf("the copy holds groups %v", groups)
		}
		if _, ok, err := c.Get("n", 3, []byte("k")); ok || err != nil {
			t.Errorf("a deleted entry: %v %v", ok, err)
		}
		c.Close()
	}
	if _, err := OpenPebble(PebbleConfig{Dir: "/dev/null/none"}); err == nil {
		t.Error("a store in a place that cannot be is opened")
	}
}
