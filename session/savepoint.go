package session

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/weir-sql/weir/connectors/connector"
	"github.com/weir-sql/weir/exec/runtime"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/topology"
)

// A snapshot on disk, savepoint or checkpoint, is a folder of two or three files:
//
//	metadata.json   what it is of: the graph with uids, keys and state signatures, how far
//	                sources were read, what sinks prepared; with a checksum of its own
//	state           the entries of every operator (exec/state's encoding, with checksums)
//	committed       empty; there once the sinks have committed what they had prepared
//
// It is written under another name, synced and renamed, so that it is there whole or not
// at all, and is never changed afterwards: it can be copied, and read by several at once.
// Checkpoints of one run lie side by side in a folder, as chk-1, chk-2 …
const (
	metadataFile     = "metadata.json"
	stateFile        = "state"
	committedFile    = "committed"
	checkpointPrefix = "chk-"
	savepointVersion = 1
)

// Savepoint is a snapshot on disk.
type Savepoint struct {
	Dir    string
	Taken  time.Time
	Script string
	// Finished snapshots are of runs that came to their end: nothing is left to do.
	Finished bool
	// Committed tells that the rows which sinks had prepared are visible.
	Committed bool
	Graph     *topology.Model
	meta      savepointMeta
}

// savepointMeta is what metadata.json holds of a snapshot, below its checksum.
type savepointMeta struct {
	ID        int64                             `json:"id"`
	Taken     time.Time                         `json:"taken"`
	Script    string                            `json:"script,omitempty"`
	Finished  bool                              `json:"finished,omitempty"`
	First     bool                              `json:"first,omitempty"` // of a run that began at the beginning, and before any of its rows is visible
	StateSize int64                             `json:"stateBytes"`
	Positions map[string]runtime.SourcePosition `json:"positions"`
	Commits   map[string][][]byte               `json:"commits,omitempty"`
	Marks     map[string]int64                  `json:"watermarks"`
	Graph     json.RawMessage                   `json:"graph"`
}

// savepointEnvelope is metadata.json.
type savepointEnvelope struct {
	Version  int             `json:"version"`
	SHA256   string          `json:"sha256"` // of snapshot, compact
	Snapshot json.RawMessage `json:"snapshot"`
}

// writeSavepoint writes a snapshot of a plan's run into a folder that is not there yet.
func writeSavepoint(dir string, p *Plan, taken time.Time, snap *runtime.Snapshot, first bool) (err error) {
	fail := func(err error) error {
		return &diag.Diagnostic{Severity: diag.Error, Code: "W0541", File: dir, Primary: "the snapshot cannot be written", Detail: err.Error()}
	}
	parent, base := filepath.Split(filepath.Clean(dir))
	if parent == "" {
		parent = "."
	}
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return fail(err)
	}
	tmp, err := os.MkdirTemp(parent, "."+base+"-*.tmp") // 0700
	if err != nil {
		return fail(err)
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(tmp) // the first error is the one to report
		}
	}()
	graph, err := topology.NewModel(p.Graph)
	if err != nil {
		return err
	}
	text, err := topology.RenderJSON(graph)
	if err != nil {
		return fail(err)
	}
	m := savepointMeta{ID: snap.ID, Taken: taken.UTC().Truncate(time.Millisecond), Script: topology.Clean(p.Source.Name), Finished: snap.Finished, First: first,
		Positions: snap.Positions, Commits: snap.Commits, Marks: snap.Marks, Graph: json.RawMessage(text)}
	if m.StateSize, err = writeState(filepath.Join(tmp, stateFile), snap.State); err != nil {
		return fail(err)
	}
	inner, err := json.Marshal(m)
	if err != nil {
		return fail(err)
	}
	sum := sha256.Sum256(inner)
	outer, err := json.MarshalIndent(savepointEnvelope{savepointVersion, hex.EncodeToString(sum[:]), inner}, "", "  ")
	if err != nil {
		return fail(err)
	}
	if err := writeSynced(filepath.Join(tmp, metadataFile), append(outer, '\n')); err != nil {
		return fail(err)
	}
	if err := errors.Join(syncDir(tmp), os.Rename(tmp, dir)); err != nil {
		return fail(err)
	}
	if err := syncDir(parent); err != nil {
		return fail(err)
	}
	return nil
}

func writeState(path string, m *state.Memory) (int64, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	n, err := m.WriteTo(f)
	return n, errors.Join(err, f.Sync(), f.Close())
}

func writeSynced(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// syncDir makes the names in a folder durable, on systems where folders can be synced.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = f.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, os.ErrInvalid) || errors.Is(err, os.ErrPermission) {
		err = nil
	}
	return errors.Join(err, f.Close())
}

// markCommitted notes that the rows a snapshot's sinks had prepared are visible.
func markCommitted(dir string) error {
	err := writeSynced(filepath.Join(dir, committedFile), nil)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	return errors.Join(err, syncDir(dir))
}

// IsSavepoint reports whether a folder is a snapshot, or holds checkpoints.
func IsSavepoint(dir string) bool {
	if info, err := os.Stat(filepath.Join(dir, metadataFile)); err == nil && info.Mode().IsRegular() {
		return true
	}
	return len(checkpointsIn(dir)) > 0
}

// checkpointsIn gives the numbers of the checkpoints in a folder, newest first.
func checkpointsIn(dir string) (ids []int64) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		text, ok := strings.CutPrefix(e.Name(), checkpointPrefix)
		if id, err := strconv.ParseInt(text, 10, 64); ok && err == nil && e.IsDir() {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	slices.Reverse(ids)
	return ids
}

func checkpointDir(dir string, id int64) string {
	return filepath.Join(dir, checkpointPrefix+strconv.FormatInt(id, 10))
}

// OpenSavepoint reads what a snapshot is of: a savepoint, a checkpoint, or the newest
// checkpoint in a folder of them. The state is read when a run goes on from it.
func OpenSavepoint(dir string) (*Savepoint, error) {
	at := filepath.Clean(dir)
	if _, err := os.Stat(filepath.Join(at, metadataFile)); err != nil {
		if ids := checkpointsIn(at); len(ids) > 0 {
			at = checkpointDir(at, ids[0])
		}
	}
	text, err := os.ReadFile(filepath.Join(at, metadataFile))
	if err != nil {
		return nil, &diag.Diagnostic{Severity: diag.Error, Code: "W0608", File: dir, Primary: "there is no savepoint or checkpoint", Detail: err.Error(),
			Hint: "name the folder given to --savepoint or --checkpoint-dir"}
	}
	damaged := func(why string) error {
		return &diag.Diagnostic{Severity: diag.Error, Code: "W0542", File: at, Primary: "the snapshot is damaged: " + why,
			Hint: "go on from an earlier savepoint"}
	}
	var e savepointEnvelope
	if err := json.Unmarshal(text, &e); err != nil {
		return nil, damaged("its metadata is not valid JSON")
	}
	if e.Version != savepointVersion {
		return nil, &diag.Diagnostic{Severity: diag.Error, Code: "W0608", File: at, Primary: fmt.Sprintf("the snapshot has format version %d, and this weir reads version %d", e.Version, savepointVersion)}
	}
	var inner bytes.Buffer
	if err := json.Compact(&inner, e.Snapshot); err != nil {
		return nil, damaged("its metadata is not valid JSON")
	}
	if sum := sha256.Sum256(inner.Bytes()); hex.EncodeToString(sum[:]) != e.SHA256 {
		return nil, damaged("the checksum of its metadata is another")
	}
	s := &Savepoint{Dir: at}
	if err := json.Unmarshal(inner.Bytes(), &s.meta); err != nil {
		return nil, damaged(err.Error())
	}
	if s.Graph, err = topology.ReadModel(s.meta.Graph); err != nil {
		return nil, damaged(err.Error())
	}
	s.Taken, s.Script, s.Finished = s.meta.Taken, topology.Clean(s.meta.Script), s.meta.Finished
	_, err = os.Stat(filepath.Join(at, committedFile))
	s.Committed = err == nil
	return s, nil
}

// Snapshot reads the state. The error says what is damaged.
func (s *Savepoint) Snapshot() (*runtime.Snapshot, error) {
	f, err := os.Open(filepath.Join(s.Dir, stateFile))
	if err != nil {
		return nil, &diag.Diagnostic{Severity: diag.Error, Code: "W0542", File: s.Dir, Primary: "the state of the snapshot cannot be read", Detail: err.Error()}
	}
	defer f.Close()
	snap := &runtime.Snapshot{ID: s.meta.ID, State: state.NewMemory(), Positions: s.meta.Positions, Commits: s.meta.Commits, Marks: s.meta.Marks, Finished: s.Finished}
	if s.Committed {
		snap.Commits = nil
	}
	if _, err := snap.State.ReadFrom(f); err != nil {
		return nil, &diag.Diagnostic{Severity: diag.Error, Code: "W0542", File: s.Dir, Primary: "the snapshot is damaged: " + err.Error(), Hint: "go on from an earlier savepoint"}
	}
	return snap, nil
}

// OperatorState is what a snapshot holds of one operator.
type OperatorState struct {
	UID     string   `json:"uid"`
	Name    string   `json:"name"`
	Kind    string   `json:"kind"`
	Keys    []string `json:"keyTypes,omitempty"`
	Fields  []string `json:"fields,omitempty"`
	Entries int64    `json:"entries"`
	Bytes   int64    `json:"bytes"`
	Splits  int      `json:"splits,omitempty"`      // of a source: begun or read
	Pending int      `json:"uncommitted,omitempty"` // of a sink: prepared and perhaps not committed
}

// Operators lists what the snapshot holds, in the order of the graph.
func (s *Savepoint) Operators() ([]OperatorState, error) {
	snap, err := s.Snapshot()
	if err != nil {
		return nil, err
	}
	type size struct{ entries, bytes int64 }
	sizes := map[string]size{}
	for _, name := range snap.State.Names() {
		uid, _, _ := strings.Cut(name, "/")
		z := sizes[uid]
		if err := snap.State.Each(name, allGroups, func(_ int, key, value []byte) error {
			z.entries++
			z.bytes += int64(len(key) + len(value))
			return nil
		}); err != nil {
			return nil, err
		}
		sizes[uid] = z
	}
	var out []OperatorState
	for i := range s.Graph.Nodes {
		n := &s.Graph.Nodes[i]
		o := OperatorState{UID: n.UID, Name: n.Name, Kind: string(n.Kind), Entries: sizes[n.UID].entries, Bytes: sizes[n.UID].bytes,
			Splits: len(snap.Positions[n.UID].Splits) + len(snap.Positions[n.UID].Done), Pending: len(snap.Commits[n.UID])}
		if n.State != nil {
			o.Keys = n.State.KeyTypes
			for _, f := range n.State.Fields {
				o.Fields = append(o.Fields, f.Name+" "+f.Type)
			}
		}
		if n.State != nil || o.Entries > 0 || o.Splits > 0 || o.Pending > 0 {
			out = append(out, o)
		}
	}
	return out, nil
}

// Judge says what becomes of the snapshot's state in a plan.
func (s *Savepoint) Judge(p *Plan) ([]topology.StateVerdict, error) {
	after, err := topology.NewModel(p.Graph)
	if err != nil {
		return nil, err
	}
	return topology.JudgeState(s.Graph, after), nil
}

// allGroups is every key group there can be.
var allGroups = state.Range{First: 0, End: 1 << 15}

// progressIn tells how far the sources of a savepoint's run were read. Rows before that are visible in what the run wrote.
func (s *Session) progressIn(dir string) ([]connector.Progress, error) {
	path := dir
	if !filepath.IsAbs(path) {
		path = filepath.Join(s.Project.Dir, path)
	}
	if !filepath.IsLocal(dir) && !s.Project.allows(path, s.opts.AllowPaths) {
		return nil, &diag.Diagnostic{Severity: diag.Error, Code: "W0333", File: dir, Primary: "the savepoint is outside of the project", Hint: "name it in 'allow-paths' of weir.yaml, or with --allow-path"}
	}
	sp, err := OpenSavepoint(path)
	if err != nil {
		return nil, err
	}
	if !sp.Committed && len(sp.meta.Commits) > 0 {
		return nil, &diag.Diagnostic{Severity: diag.Error, Code: "W0333", File: dir, Primary: "the run of the snapshot has not committed what it wrote up to there",
			Hint: "go on from it once, so that it does, or name an earlier one"}
	}
	var out []connector.Progress
	for _, p := range sp.meta.Positions {
		out = append(out, connector.Progress{Splits: p.Splits, Done: p.Done})
	}
	return out, nil
}
