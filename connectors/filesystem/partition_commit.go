package filesystem

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"path"
	"strings"
	"time"

	"github.com/weir-sql/weir/planner/diag"
)

// partitionCommit marks partitions that are complete ('sink.partition-commit.*').
//
// A partition that was written to is pending until its trigger fires at a commit:
// processing time reaches the time of its first rows plus delay, or the least
// watermark of the writers passes its own time plus delay. Pending partitions are kept
// in a hidden file of the table, so that a restart forgets none.
type partitionCommit struct {
	sink      *Sink
	byTime    bool // trigger partition-time
	delay     time.Duration
	zone      *time.Location
	success   string
	pattern   string
	layout    string
	watermark map[int]int64 // of each writer
	pending   map[string]int64
}

// pendingFile is where pending partitions are kept.
const pendingFile = ".pending-partitions.json"

// newPartitionCommit gives nil if the table has no partitions or no policy.
func newPartitionCommit(s *Sink) (*partitionCommit, error) {
	o := s.table.options
	kinds := o.List("sink.partition-commit.policy.kind")
	if len(kinds) == 0 || len(s.keys) == 0 {
		return nil, nil
	}
	zone, err := time.LoadLocation(o.String("sink.partition-commit.watermark-time-zone"))
	if err != nil {
		return nil, diag.Errorf("W0332", s.table.OptionSpans["sink.partition-commit.watermark-time-zone"].Value,
			"time zone %q is not known", o.String("sink.partition-commit.watermark-time-zone"))
	}
	return &partitionCommit{sink: s,
		byTime:    o.Enum("sink.partition-commit.trigger") == "partition-time",
		delay:     o.Duration("sink.partition-commit.delay"),
		zone:      zone,
		success:   o.String("sink.partition-commit.success-file.name"),
		pattern:   o.String("partition.time-extractor.timestamp-pattern"),
		layout:    goLayout(o.String("partition.time-extractor.timestamp-formatter")),
		watermark: map[int]int64{},
	}, nil
}

// commit marks the partitions that have become complete.
func (c *partitionCommit) commit(_ context.Context, all []prepared) error {
	if c.pending == nil {
		if err := c.load(); err != nil {
			return err
		}
	}
	now := c.sink.env.Now().UnixMilli()
	for _, p := range all {
		c.watermark[p.Subtask] = p.Watermark
		for _, d := range p.Parts {
			if _, ok := c.pending[d.Partition]; !ok {
				c.pending[d.Partition] = now
			}
		}
	}
	least := int64(math.MaxInt64)
	for _, wm := range c.watermark {
		least = min(least, wm)
	}
	for dir, since := range c.pending {
		done, err := c.complete(dir, since, now, least)
		if err != nil {
			return err
		}
		if done {
			if err := c.mark(dir); err != nil {
				return err
			}
			delete(c.pending, dir)
		}
	}
	return c.save()
}

// complete reports whether the trigger of a partition has fired.
func (c *partitionCommit) complete(dir string, since, now, watermark int64) (bool, error) {
	if c.sink.env.Batch {
		return true, nil
	}
	if !c.byTime {
		return now >= since+c.delay.Milliseconds(), nil
	}
	if watermark == math.MaxInt64 {
		return true, nil
	}
	t, err := c.timeOf(dir)
	return err == nil && watermark > t.Add(c.delay).UnixMilli(), err
}

// timeOf is the time of a partition.
func (c *partitionCommit) timeOf(dir string) (time.Time, error) {
	text := c.pattern
	for i, segment := range strings.Split(dir, "/") {
		_, value, _ := strings.Cut(segment, "=")
		value = unescapePath(value)
		if c.pattern == "" && i == 0 {
			text = value
		}
		text = strings.ReplaceAll(text, "$"+c.sink.keys[i].name, value)
	}
	for _, layout := range []string{c.layout, time.DateTime, time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, c.zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, diag.Errorf("W0513", c.sink.table.span, "the time %q of partition %q is no timestamp", text, dir).
		WithHint("set 'partition.time-extractor.timestamp-pattern', e.g. '$dt $hour:00:00'")
}

// goLayout turns a Java pattern into Go's.
func goLayout(java string) string {
	return strings.NewReplacer("yyyy", "2006", "MM", "01", "dd", "02", "HH", "15", "mm", "04", "ss", "05").Replace(java)
}

// mark writes the success file of a partition.
func (c *partitionCommit) mark(dir string) error {
	rel := path.Join(c.sink.loc.rel, dir, c.success)
	f, err := c.sink.loc.root.Create(rel)
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		return ioError(err, c.sink.loc.show(rel))
	}
	return c.sink.sync(path.Dir(rel))
}

func (c *partitionCommit) load() error {
	c.pending = map[string]int64{}
	rel := path.Join(c.sink.loc.rel, pendingFile)
	data, err := fs.ReadFile(c.sink.loc.root.FS(), rel)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(data, &c.pending)
	}
	return ioError(err, c.sink.loc.show(rel))
}

func (c *partitionCommit) save() error {
	root, rel := c.sink.loc.root, path.Join(c.sink.loc.rel, pendingFile)
	if len(c.pending) == 0 {
		if err := root.Remove(rel); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return ioError(err, c.sink.loc.show(rel))
		}
		return nil
	}
	data, err := json.Marshal(c.pending)
	if err != nil {
		return err
	}
	f, err := root.Create(rel + ".tmp")
	if err != nil {
		return ioError(err, c.sink.loc.show(rel))
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = root.Rename(rel+".tmp", rel)
	}
	return ioError(err, c.sink.loc.show(rel))
}
