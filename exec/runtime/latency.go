package runtime

import (
	"sync"
	"time"
)

// Latency is measured by stamps, which sources send behind a batch from time to time:
// they wait in the same queues as rows, pass operators at once, and tell a sink how long
// they were under way. What an operator holds back (windows, mini-batches) is not in it.

// maxLatencies bounds what is kept; later ones take the place of the oldest.
const maxLatencies = 1 << 16

// latencies are what the sinks of a job were told.
type latencies struct {
	mu   sync.Mutex
	all  []time.Duration
	next int
}

func (l *latencies) add(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.all) < maxLatencies {
		l.all = append(l.all, d)
		return
	}
	l.all[l.next] = d
	l.next = (l.next + 1) % maxLatencies
}

// Latencies gives how long the latest stamps were under way from a source to a sink, in
// no order; nil without Config.Latency.
func (j *Job) Latencies() []time.Duration {
	j.latencies.mu.Lock()
	defer j.latencies.mu.Unlock()
	return append([]time.Duration(nil), j.latencies.all...)
}

// stamp sends a stamp behind the batch that was just emitted, if it is time for one. at
// is when the source had the batch.
func (s *sourceTask) stamp(at time.Time) {
	if every := s.task.job.cfg.Latency; every > 0 && at.Sub(s.stamped) >= every {
		s.stamped = at
		s.out.stamp(int64(at.Sub(s.task.job.started)))
	}
}

// stamp passes a stamp on: the time since the job began, in nanoseconds.
func (p *port) stamp(at int64) {
	for _, l := range p.links {
		l.link.stamp(at)
	}
	for _, x := range p.exchanges {
		x.control(element{kind: elemStamp, mark: at})
	}
}

func (l *link) stamp(at int64) {
	if s, ok := l.op.(*sinkOperator); ok {
		s.job.latencies.add(time.Since(s.job.started) - time.Duration(at))
		return
	}
	l.out.stamp(at)
}
