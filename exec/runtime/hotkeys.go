package runtime

// hotKeys finds the keys of a hash exchange that are so frequent that one receiver would
// have much more to do than the others, and spreads their rows over all. It is for
// edges that hash for speed only (topology.Edge.SplitHot).
//
// Frequency is estimated from every 8th row in a table of majority counters (Boyer and
// Moore, one a bucket): a row of the bucket's key raises its counter, one of another key
// lowers it and takes the bucket over at 0. A key with share f ends up with about f of
// all samples less what else falls into its bucket, 1/1,024 of the rest. Counts are halved
// from time to time, so that keys cool down.
type hotKeys struct {
	buckets [hotBuckets]hotBucket
	samples int64
	share   int64   // a key is hot from 1/share of the rows on
	sent    []int64 // rows a receiver, halved with the counts
}

type hotBucket struct {
	hash  uint64
	count int64
}

const (
	hotBits    = 10
	hotBuckets = 1 << hotBits
	hotStride  = 8       // every so manieth row is a sample
	hotMemory  = 1 << 16 // samples until counts are halved
	hotWarm    = 1 << 9  // samples before anything is taken for hot
	hotRun     = 32      // hot rows given to one receiver in a row
)

// newHotKeys takes a key for hot that alone would be a sixteenth of a receiver's fair share.
func newHotKeys(receivers int) *hotKeys {
	return &hotKeys{share: min(16*int64(receivers), hotBuckets/2), sent: make([]int64, receivers)}
}

// spread changes the receivers of rows with hot keys, each to the one that got least.
func (k *hotKeys) spread(hashes []uint64, part []int32) {
	k.sample(hashes)
	least := k.samples / k.share
	to, left := int32(0), 0
	for i, h := range hashes {
		b := &k.buckets[h>>(64-hotBits)]
		if b.hash == h && b.count >= least && k.samples >= hotWarm {
			if left == 0 {
				to, left = k.leastSent(), hotRun
			}
			left--
			part[i] = to
		}
		k.sent[part[i]]++
	}
}

func (k *hotKeys) sample(hashes []uint64) {
	for i := 0; i < len(hashes); i += hotStride {
		h := hashes[i]
		k.samples++
		switch b := &k.buckets[h>>(64-hotBits)]; {
		case b.hash == h:
			b.count++
		case b.count > 0:
			b.count--
		default:
			*b = hotBucket{h, 1}
		}
	}
	if k.samples < hotMemory {
		return
	}
	k.samples /= 2
	for i := range k.buckets {
		k.buckets[i].count /= 2
	}
	for r := range k.sent {
		k.sent[r] /= 2
	}
}

func (k *hotKeys) leastSent() int32 {
	best := 0
	for r, n := range k.sent {
		if n < k.sent[best] {
			best = r
		}
	}
	return int32(best)
}
