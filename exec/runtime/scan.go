package runtime

import (
	"context"
	"maps"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/weir-sql/weir/exec"
)

// discoverEvery is how often a source whose parts may grow is asked for new ones.
const discoverEvery = time.Second

// scan is what the subtasks of one source node share: the connector's source and
// the splits nobody has taken yet.
type scan struct {
	src         exec.Source
	interleaved bool
	discoverer  exec.Discoverer
	parallelism int

	mu    sync.Mutex
	queue []exec.Split
	known map[string]bool
	from  SourcePosition // of the snapshot the run goes on from

	turn *turn // nil = it is read at once
}

// newScan lists the splits of a source node.
func newScan(ctx context.Context, src exec.Source, parallelism int, from SourcePosition) (*scan, error) {
	s := &scan{src: src, parallelism: parallelism, known: map[string]bool{}, from: from}
	if i, ok := src.(exec.Interleaved); ok {
		s.interleaved = i.Interleaved()
	}
	if d, ok := src.(exec.Discoverer); ok && d.Endless() {
		s.discoverer = d
	}
	splits, err := src.Splits(ctx)
	if err != nil {
		return nil, err
	}
	if r, ok := src.(exec.Resumer); ok && len(from.Splits)+len(from.Done) > 0 {
		splits = r.Resume(append(slices.Collect(maps.Keys(from.Splits)), from.Done...))
	}
	for _, id := range from.Done {
		s.known[id] = true
	}
	s.add(splits)
	return s, nil
}

// add queues the splits not known yet; those begun before a restore come first, so
// that their rows keep their place before rows of later splits.
func (s *scan) add(splits []exec.Split) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sp := range splits {
		if !s.known[sp.ID] {
			s.known[sp.ID] = true
			s.queue = append(s.queue, sp)
		}
	}
	sort.SliceStable(s.queue, func(i, j int) bool { return s.begun(s.queue[i]) && !s.begun(s.queue[j]) })
}

func (s *scan) begun(sp exec.Split) bool { _, ok := s.from.Splits[sp.ID]; return ok }

// take gives the next split to read one after the other.
func (s *scan) take() (exec.Split, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		return exec.Split{}, false
	}
	sp := s.queue[0]
	s.queue = s.queue[1:]
	return sp, true
}

// takeOwn gives the queued splits of one subtask that are read side by side. The
// split's place in the list of all splits decides, so that it is the same after a restore.
func (s *scan) takeOwn(subtask int) []exec.Split {
	s.mu.Lock()
	defer s.mu.Unlock()
	var own, rest []exec.Split
	for _, sp := range s.queue {
		if splitOwner(sp.ID, s.parallelism) == subtask {
			own = append(own, sp)
		} else {
			rest = append(rest, sp)
		}
	}
	s.queue = rest
	return own
}

// splitOwner spreads splits over subtasks by a number at the end of their id
// (partition 7 → subtask 7 mod p), else by a hash of it.
func splitOwner(id string, parallelism int) int {
	n, digits := 0, 0
	for i := len(id) - 1; i >= 0 && id[i] >= '0' && id[i] <= '9' && digits < 6; i-- {
		digits++
	}
	if digits > 0 {
		for _, c := range id[len(id)-digits:] {
			n = n*10 + int(c-'0')
		}
		return n % parallelism
	}
	for _, c := range id {
		n = (n*31 + int(c)) & 0xffffff
	}
	return n % parallelism
}
