package result

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// Fold materialises a changelog: +I and +U add a row, -U and -D take one equal row
// away. With a key (upsert changelogs, which carry no -U) a row replaces the one
// with its key, and -D removes it. Final rows keep the order in which they first came:
// a +U takes the place of the -U before it.
type Fold struct {
	schema []types.Field
	key    []int
	codec  *vec.RowCodec
	alive  map[string][]int // encoded row, or key → positions in rows
	rows   [][]byte         // encoded rows in order of arrival; nil = taken away
	live   int
	vacant int // place that the last -U left, for the +U that follows; -1 = none
	next   Writer
	buf    []byte
}

// NewFold makes a fold whose final rows go to next on Close; next may be nil. key
// lists the columns of an upsert changelog's key, nil for one with -U rows.
func NewFold(schema []types.Field, key []int, next Writer) *Fold {
	ts := make([]types.Type, len(schema))
	for i, f := range schema {
		ts[i] = f.Type
	}
	return &Fold{schema: schema, key: key, codec: vec.NewRowCodec(ts), alive: map[string][]int{}, vacant: -1, next: next}
}

// Write applies a batch.
func (f *Fold) Write(b *vec.Batch) error {
	var keyCols []*vec.Vec
	for _, k := range f.key {
		keyCols = append(keyCols, b.Cols[k])
	}
	keyCodec := vec.NewRowCodec(typesOf(keyCols))
	for i := range b.Len {
		row := f.codec.AppendRow(nil, b.Cols, i)
		id := string(row)
		if f.key != nil {
			f.buf = keyCodec.AppendRow(f.buf[:0], keyCols, i)
			id = string(f.buf)
		}
		switch b.Kind(i) {
		case vec.UpdateBefore:
			f.vacant = f.remove(id)
		case vec.UpdateAfter:
			f.add(id, row, f.vacant)
			f.vacant = -1
		case vec.Delete:
			f.remove(id)
		default:
			f.add(id, row, -1)
		}
	}
	return nil
}

func typesOf(cols []*vec.Vec) []types.Type {
	ts := make([]types.Type, len(cols))
	for i, c := range cols {
		ts[i] = c.Type
	}
	return ts
}

// add puts a row at a vacant place, or at the end; an upsert takes the place of the
// row with its key.
func (f *Fold) add(id string, row []byte, vacant int) {
	if at := f.alive[id]; f.key != nil && len(at) > 0 {
		f.rows[at[0]] = row
		return
	}
	f.live++
	if vacant >= 0 {
		f.rows[vacant] = row
		f.alive[id] = append(f.alive[id], vacant)
		return
	}
	f.alive[id] = append(f.alive[id], len(f.rows))
	f.rows = append(f.rows, row)
}

// remove takes an equal row away and gives its place; one that is not there is
// ignored, as a consumer of the changelog would, and gives -1.
func (f *Fold) remove(id string) int {
	at := f.alive[id]
	if len(at) == 0 {
		return -1
	}
	place := at[len(at)-1]
	f.rows[place] = nil
	f.live--
	if at = at[:len(at)-1]; len(at) == 0 {
		delete(f.alive, id)
	} else {
		f.alive[id] = at
	}
	return place
}

// Rows is the number of final rows so far.
func (f *Fold) Rows() int { return f.live }

// each gives the final rows in batches.
func (f *Fold) each(fn func(*vec.Batch)) {
	ts := f.codec.Types()
	out := vec.NewBatchBuilder(ts, min(f.live, vec.BatchSize))
	for _, row := range f.rows {
		if row == nil {
			continue
		}
		if err := f.codec.Decode(row, out.Cols); err != nil {
			panic(err) // we encoded it ourselves
		}
		out.EndRow(vec.Insert)
		if out.Len() == vec.BatchSize {
			fn(out.Finish())
		}
	}
	if b := out.Finish(); b != nil {
		fn(b)
	}
}

// Each gives the final rows so far in batches.
func (f *Fold) Each(fn func(*vec.Batch)) { f.each(fn) }

// Flush does nothing: final rows are known at the end only.
func (f *Fold) Flush() error { return nil }

// Close gives the final rows to the next writer and closes it.
func (f *Fold) Close() error {
	if f.next == nil {
		return nil
	}
	var err error
	f.each(func(b *vec.Batch) {
		if err == nil {
			err = f.next.Write(b)
		}
	})
	if err != nil {
		return err
	}
	return f.next.Close()
}

// Digest is the SHA-256 of the final rows as sorted JSON lines: equal for equal
// results in whatever order they came.
func (f *Fold) Digest() string {
	h := sha256.New()
	for _, l := range sortedLines(f) {
		h.Write([]byte(l))
		h.Write([]byte{'\n'})
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Diff lists up to limit final rows that only one of two folds has, as JSON.
func (f *Fold) Diff(o *Fold, limit int) (onlyF, onlyO []string) {
	a, b := sortedLines(f), sortedLines(o)
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0] < b[0]:
			if len(onlyF) < limit {
				onlyF = append(onlyF, a[0])
			}
			a = a[1:]
		case len(a) == 0 || b[0] < a[0]:
			if len(onlyO) < limit {
				onlyO = append(onlyO, b[0])
			}
			b = b[1:]
		default:
			a, b = a[1:], b[1:]
		}
	}
	return onlyF, onlyO
}
