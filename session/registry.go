package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// RunState says how a run of the registry stands.
type RunState string

// The states.
const (
	RunRunning   RunState = "running"
	RunFinished  RunState = "finished"  // all input was read
	RunStopped   RunState = "stopped"   // a person ended it
	RunSuspended RunState = "suspended" // into a savepoint
	RunFailed    RunState = "failed"
	RunLost      RunState = "lost" // its process ended without it
)

// RunRecord is what is known of one run of a project: .weir/runs/ID/run.json. Beside it lie
// the log, the checkpoints and the savepoint.
type RunRecord struct {
	ID          string    `json:"id"`
	Script      string    `json:"script"`
	Mode        Mode      `json:"mode"`
	Parallelism int       `json:"parallelism,omitempty"` // that was asked for, 0 = the project's
	Sinks       bool      `json:"sinks"`                 // tables were written
	From        string    `json:"from,omitempty"`        // the snapshot that it went on from
	Started     time.Time `json:"started"`
	Seen        time.Time `json:"seen"` // when it was last known to run
	State       RunState  `json:"state"`
	Error       string    `json:"error,omitempty"`
	RowsRead    int64     `json:"rowsRead"`
	RowsWritten int64     `json:"rowsWritten"`
	Late        int64     `json:"late"`
	Bad         int64     `json:"bad"`
	Checkpoints int       `json:"checkpoints,omitempty"` // taken
	Snapshot    string    `json:"snapshot,omitempty"`    // the newest that there is to go on from

	Dir string `json:"-"`
}

// Took is how long the run has gone on.
func (r *RunRecord) Took() time.Duration { return r.Seen.Sub(r.Started) }

const (
	runsDir     = "runs"
	recordFile  = "run.json"
	logFile     = "log.txt"
	runsKept    = 50               // older ones are forgotten
	recordEvery = time.Second      // a run that goes on says so
	lostAfter   = 15 * time.Second // … and is lost once it has not for so long
	logMost     = 1 << 20          // bytes of a run's log
)

// RunRecords lists the runs of the project, newest first. Records that do not read are
// left out.
func (p *Project) RunRecords() ([]RunRecord, error) {
	entries, err := os.ReadDir(filepath.Join(p.Dir, ".weir", runsDir))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []RunRecord
	for _, e := range entries {
		if r, err := readRecord(filepath.Join(p.Dir, ".weir", runsDir, e.Name())); err == nil {
			out = append(out, *r)
		}
	}
	slices.SortFunc(out, func(a, b RunRecord) int { return strings.Compare(b.ID, a.ID) })
	return out, nil
}

func readRecord(dir string) (*RunRecord, error) {
	text, err := os.ReadFile(filepath.Join(dir, recordFile))
	if err != nil {
		return nil, err
	}
	r := &RunRecord{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, err
	}
	r.Dir = dir
	if r.ID != filepath.Base(dir) {
		return nil, fmt.Errorf("%s is the record of another run", dir)
	}
	if r.State == RunRunning && time.Since(r.Seen) > lostAfter {
		r.State, r.Error = RunLost, "its process ended without it"
	}
	return r, nil
}

// LogTail gives the last lines of the run's log.
func (r *RunRecord) LogTail(lines int) ([]string, error) {
	f, err := os.Open(filepath.Join(r.Dir, logFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, logMost+4096))
	if err != nil {
		return nil, err
	}
	all := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	return all[max(0, len(all)-lines):], nil
}

// Snapshots lists the checkpoints of the run that are kept, newest first, and its savepoint
// ahead of them.
func (r *RunRecord) Snapshots() []*Savepoint {
	var out []*Savepoint
	if s, err := OpenSavepoint(r.savepointDir()); err == nil {
		out = append(out, s)
	}
	for _, id := range checkpointsIn(r.checkpointsDir()) {
		if s, err := OpenSavepoint(checkpointDir(r.checkpointsDir(), id)); err == nil {
			out = append(out, s)
		}
	}
	return out
}

func (r *RunRecord) checkpointsDir() string { return filepath.Join(r.Dir, "checkpoints") }
func (r *RunRecord) savepointDir() string   { return filepath.Join(r.Dir, "savepoint") }

// write writes the record, whole or not at all.
func (r *RunRecord) write() error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	path := filepath.Join(r.Dir, recordFile)
	tmp := path + ".tmp"
	return errors.Join(os.WriteFile(tmp, append(text, '\n'), 0o600), os.Rename(tmp, path))
}

// newRecord makes the folder of a new run, and forgets the oldest runs.
func (p *Project) newRecord(script string, mode Mode, now time.Time) (*RunRecord, error) {
	state, err := p.StateDir()
	if err != nil {
		return nil, err
	}
	all := filepath.Join(state, runsDir)
	if err := os.MkdirAll(all, 0o700); err != nil {
		return nil, err
	}
	p.forget(all)
	base := now.UTC().Format("20060102-150405.000")
	for n := 0; ; n++ {
		r := &RunRecord{ID: fmt.Sprintf("%s-%d", base, n), Script: script, Mode: mode, Started: now, Seen: now, State: RunRunning}
		r.Dir = filepath.Join(all, r.ID)
		err := os.Mkdir(r.Dir, 0o700)
		if err == nil {
			return r, r.write()
		}
		if !errors.Is(err, os.ErrExist) || n == 99 {
			return nil, err
		}
	}
}

// forget removes the oldest runs that have ended. What cannot be removed stays.
func (p *Project) forget(all string) {
	records, err := p.RunRecords()
	if err != nil {
		return
	}
	for _, r := range records[min(len(records), runsKept):] {
		if r.State != RunRunning && filepath.Dir(r.Dir) == all {
			_ = os.RemoveAll(r.Dir)
		}
	}
}
