package state

// Range is a run of key groups, First included, End not.
type Range struct{ First, End int }

// All is the range of every key group.
func All(maxParallelism int) Range { return Range{0, maxParallelism} }

// Contains reports whether the range holds a key group.
func (r Range) Contains(group int) bool { return group >= r.First && group < r.End }

// Len is the number of key groups in the range.
func (r Range) Len() int { return r.End - r.First }

// KeyGroup gives the key group of a key by its hash (vec.HashColumns). It uses the
// lower half of the hash; hash tables use the upper half, so that the keys of one
// subtask still spread over its tables.
func KeyGroup(hash uint64, maxParallelism int) int {
	return int(uint64(uint32(hash)) * uint64(maxParallelism) >> 32)
}

// KeyGroups writes the key group of each hash to out.
func KeyGroups(hashes []uint64, maxParallelism int, out []int32) {
	m := uint64(maxParallelism)
	out = out[:len(hashes)]
	for i, h := range hashes {
		out[i] = int32(uint64(uint32(h)) * m >> 32)
	}
}

// RangeOf gives the key groups of subtask index of parallelism, as Flink assigns
// them: contiguous ranges whose sizes differ by at most one.
func RangeOf(maxParallelism, parallelism, index int) Range {
	return Range{
		First: (index*maxParallelism + parallelism - 1) / parallelism,
		End:   ((index+1)*maxParallelism-1)/parallelism + 1,
	}
}

// SubtaskOf gives the subtask that owns a key group.
func SubtaskOf(maxParallelism, parallelism, group int) int {
	return group * parallelism / maxParallelism
}

// Subtasks writes the subtask that owns each hash's key group to out: what a hash
// exchange partitions by.
func Subtasks(hashes []uint64, maxParallelism, parallelism int, out []int32) {
	out = out[:len(hashes)]
	for i, h := range hashes {
		out[i] = int32(SubtaskOf(maxParallelism, parallelism, KeyGroup(h, maxParallelism)))
	}
}
