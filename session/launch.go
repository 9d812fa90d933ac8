package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session/result"
)

// Launch says how a script is run as a job of the project's registry.
type Launch struct {
	Mode        Mode
	Parallelism int                        // 0 = the project's
	Sinks       bool                       // tables are written; without it they are muted
	From        string                     // a snapshot to go on from; "" = the beginning
	AllowLost   bool                       // … even if state of it is left behind
	See         func(Output) result.Writer // see LiveOptions
	Every       time.Duration              // between checkpoints; 0 = as the script says, else 10 s
}

// Launched is a job of the registry that this process runs.
type Launched struct {
	Plan *Plan
	run  *Run
	log  *runLog
	done chan struct{}

	mu      sync.Mutex
	record  RunRecord
	stopped bool
}

// errStopped is why a run ends that a person stops.
var errStopped = errors.New("stopped")

// Launch plans a script and starts it as a job, whose record, log and checkpoints lie in the
// project's registry. A nil job without an error means that the list holds one.
func (s *Session) Launch(ctx context.Context, src diag.Source, o Launch) (*Launched, diag.List, error) {
	log := &runLog{}
	on := s.Beside(log, log)
	if err := on.Tune(o.Parallelism, ""); err != nil {
		return nil, nil, err
	}
	plan, list := on.Plan(src, o.Mode)
	if plan == nil {
		return nil, list, nil
	}
	if plan.Graph == nil {
		return nil, list, noQuery(src.Name)
	}
	l := &Launched{Plan: plan, log: log, done: make(chan struct{})}
	record, err := s.Project.newRecord(src.Name, o.Mode, time.Now())
	if err != nil {
		return nil, list, err
	}
	record.Parallelism, record.Sinks, record.From = o.Parallelism, o.Sinks, o.From
	l.record = *record
	if err := log.open(filepath.Join(record.Dir, logFile)); err != nil {
		return nil, list, err
	}
	keep := Keeping{}
	if o.Mode == Stream {
		keep.Dir, keep.Interval = record.checkpointsDir(), o.Every
	}
	if o.From != "" {
		if keep.From, err = OpenSavepoint(o.From); err != nil {
			return nil, list, l.end(err)
		}
		keep.AllowLost = o.AllowLost
	}
	log.say("%s as a %s%s", src.Name, o.Mode, l.how(o))
	for _, d := range list {
		log.say("%s", d.Primary)
	}
	// The job goes on when whoever launched it has gone on to something else.
	l.run, err = on.Live(context.WithoutCancel(ctx), plan, LiveOptions{Sinks: o.Sinks, See: o.See, Keep: keep})
	if err != nil {
		return nil, list, l.end(err)
	}
	go l.watch()
	return l, list, nil
}

func (l *Launched) how(o Launch) string {
	text := ""
	if o.Parallelism > 0 {
		text += fmt.Sprintf(", parallelism %d", o.Parallelism)
	}
	if !o.Sinks {
		text += ", sinks muted"
	}
	if o.From != "" {
		text += ", going on from " + o.From
	}
	return text
}

// watch keeps the record as the run goes on.
func (l *Launched) watch() {
	defer close(l.done)
	tick := time.NewTicker(recordEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			l.note()
		case <-l.run.Done():
			err := l.run.Wait()
			l.note()
			_ = l.end(err) // it stands in the record
			return
		}
	}
}

// note brings the record up to date.
func (l *Launched) note() {
	p := l.run.Progress()
	kept, _ := l.run.Kept()
	l.mu.Lock()
	defer l.mu.Unlock()
	r := &l.record
	r.Seen, r.RowsRead, r.RowsWritten, r.Late, r.Bad = time.Now(), p.RowsRead, p.RowsWritten, p.Late, p.Bad
	if kept != "" && kept != r.Snapshot {
		r.Snapshot = kept
		r.Checkpoints++
		l.log.say("snapshot %s · %s", filepath.Base(kept), p.Line())
	}
	if err := r.write(); err != nil {
		l.log.say("the record cannot be written: %v", err)
	}
}

// end notes how the run ended, and gives the error that ended it.
func (l *Launched) end(err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := &l.record
	r.Seen, r.State = time.Now(), RunFinished
	suspended := false
	if l.run != nil {
		_, suspended = l.run.Kept()
	}
	switch {
	case l.stopped && err != nil:
		r.State = RunStopped
	case err != nil:
		r.State, r.Error = RunFailed, err.Error()
		l.log.say("failed: %v", err)
	case suspended:
		r.State = RunSuspended
	}
	if l.run != nil {
		l.log.say("%s: %s", r.State, l.run.Summary())
	}
	return errors.Join(err, r.write(), l.log.Close())
}

// ID is the job's name in the registry.
func (l *Launched) ID() string { return l.record.ID }

// Record is how the job stands.
func (l *Launched) Record() RunRecord {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.record
}

// Run is the job's run.
func (l *Launched) Run() *Run { return l.run }

// Done is closed once the job has ended and its record says so.
func (l *Launched) Done() <-chan struct{} { return l.done }

// Stop ends the job; what was not committed becomes visible nowhere.
func (l *Launched) Stop() {
	l.mu.Lock()
	l.stopped = true
	l.mu.Unlock()
	l.run.Stop(errStopped)
}

// Suspend ends the job into its savepoint, from which another can go on.
func (l *Launched) Suspend() error {
	l.mu.Lock()
	dir := l.record.savepointDir()
	l.mu.Unlock()
	return l.run.SuspendInto(dir)
}

// Checkpoint asks for a checkpoint now.
func (l *Launched) Checkpoint() { l.run.Checkpoint() }

// runLog is the log of a run: what it says of itself and what its print tables write.
type runLog struct {
	mu   sync.Mutex
	f    *os.File
	size int
}

var _ io.Writer = (*runLog)(nil)

func (l *runLog) open(path string) (err error) {
	l.f, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	return err
}

// Write appends lines as they are, up to logMost bytes. It never fails: a full disk must not
// end a run that only wanted to print.
func (l *runLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.f == nil || l.size > logMost {
		return len(p), nil
	}
	if l.size += len(p); l.size > logMost {
		_, _ = io.WriteString(l.f, "the log is full: what follows is left out\n")
		return len(p), nil
	}
	_, _ = l.f.Write(p)
	return len(p), nil
}

// say logs a line of our own, with the time.
func (l *runLog) say(format string, args ...any) {
	text := strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", " ")
	_, _ = l.Write([]byte(time.Now().UTC().Format("15:04:05.000 ") + text + "\n"))
}

// Close ends the log.
func (l *runLog) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.f == nil {
		return nil
	}
	f := l.f
	l.f = nil
	return f.Close()
}
