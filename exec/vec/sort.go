package vec

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// SortIndices gives the rows of a batch in sorted order, for Take. Rows with
// equal keys keep their order.
//
// Keys of up to 64 bits are sorted column by column with a stable radix sort, the
// last key first. Other keys are encoded and sorted by 64 bits of their bytes at a
// time: behind what all have in common, and then each run of equals further on.
func SortIndices(b *Batch, keys []SortKey) []int32 {
	words := true
	for _, k := range keys {
		words = words && isWord(b.Cols[k.Col].Type)
	}
	if words {
		return sortWords(b, keys)
	}
	var rows Rows
	NewKeyEncoder(b.Types(), keys).Encode(b.Cols, b.Len, &rows)
	items := make([]sortItem, b.Len)
	for i := range items {
		items[i].row = int32(i)
	}
	sortRun(items, make([]sortItem, b.Len), &rows, 0)
	out := make([]int32, b.Len)
	for i, it := range items {
		out[i] = it.row
	}
	return out
}

// sortItem is a row and the prefix of its key.
type sortItem struct {
	key uint64
	row int32
}

// keyPrefix gives the first 8 bytes of a key. No key is the beginning of another,
// so the zeros behind a shorter one do not change the order.
func keyPrefix(key []byte) uint64 {
	if len(key) >= 8 {
		return binary.BigEndian.Uint64(key)
	}
	var b [8]byte
	copy(b[:], key)
	return binary.BigEndian.Uint64(b[:])
}

// sortRun sorts rows, which stand in their old order, by what follows depth bytes
// of their keys; so many bytes all of them have in common.
func sortRun(run, scratch []sortItem, rows *Rows, depth int) {
	if len(run) < 2 {
		return
	}
	first := rows.Row(int(run[0].row))[depth:]
	for _, it := range run {
		first = first[:common(first, rows.Row(int(it.row))[depth:])]
	}
	depth += len(first)
	if len(rows.Row(int(run[0].row))) == depth {
		return // all keys are the same
	}
	for i := range run {
		run[i].key = keyPrefix(rows.Row(int(run[i].row))[depth:])
	}
	copy(run, radixSort(run, scratch))
	for lo := 0; lo < len(run); {
		hi := lo + 1
		for hi < len(run) && run[hi].key == run[lo].key {
			hi++
		}
		if hi-lo > 1 && len(rows.Row(int(run[lo].row))) > depth+8 {
			sortRun(run[lo:hi], scratch, rows, depth+8)
		}
		lo = hi
	}
}

// common is the number of bytes with which both begin.
func common(a, b []byte) int {
	n := min(len(a), len(b))
	for i := 0; i < n; i++ {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// sortWords sorts by columns of up to 64 bits.
func sortWords(b *Batch, keys []SortKey) []int32 {
	order := make([]int32, b.Len)
	for i := range order {
		order[i] = int32(i)
	}
	items, scratch := make([]sortItem, b.Len), make([]sortItem, b.Len)
	var nulls []int32
	for i := len(keys) - 1; i >= 0; i-- {
		nulls = sortColumn(b.Cols[keys[i].Col], keys[i], order, items, scratch, nulls)
	}
	return order
}

// sortColumn brings rows in the order of one column. nulls is scratch.
func sortColumn(v *Vec, k SortKey, order []int32, items, scratch []sortItem, nulls []int32) []int32 {
	vals, _ := words(v, nil)
	flip := uint64(1 << 63)
	if k.Desc {
		flip = ^flip
	}
	float := v.Phys() == PhysF32 || v.Phys() == PhysF64
	nulls, items = nulls[:0], items[:0]
	for _, row := range order {
		if v.IsNull(int(row)) {
			nulls = append(nulls, row)
			continue
		}
		x := uint64(vals[row])
		if float {
			x = floatOrder(v.Phys(), x)
		}
		items = append(items, sortItem{x ^ flip, row})
	}
	items = radixSort(items, scratch)
	at := 0
	if !k.NullsLast {
		at = copy(order, nulls)
	}
	for _, it := range items {
		order[at] = it.row
		at++
	}
	if k.NullsLast {
		copy(order[at:], nulls)
	}
	return nulls
}

// floatOrder turns the bits of a float into a signed integer of the same order.
func floatOrder(p Phys, w uint64) uint64 {
	if p == PhysF32 {
		w <<= 32
	}
	return w ^ uint64(int64(w)>>63)>>1
}

// radixSort sorts items by key, stably, a byte a pass from the lowest; passes over
// bytes in which all keys agree are left out. The result is items or scratch.
func radixSort(items, scratch []sortItem) []sortItem {
	if len(items) < 64 {
		slices.SortStableFunc(items, func(a, b sortItem) int { return cmp.Compare(a.key, b.key) })
		return items
	}
	differ := uint64(0)
	for _, it := range items {
		differ |= it.key ^ items[0].key
	}
	scratch = scratch[:len(items)]
	for shift := uint(0); shift < 64; shift += 8 {
		if byte(differ>>shift) == 0 {
			continue
		}
		var at [256]int32
		for _, it := range items {
			at[byte(it.key>>shift)]++
		}
		sum := int32(0)
		for i, n := range at {
			at[i] = sum
			sum += n
		}
		for _, it := range items {
			slot := &at[byte(it.key>>shift)]
			scratch[*slot] = it
			*slot++
		}
		items, scratch = scratch, items
	}
	return items
}
