package kafka

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/planner/diag"
)

// span is one partition with where to begin and end. It is a split's description.
type span struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Start     int64  `json:"start"` // first offset to read
	End       int64  `json:"end"`   // first offset not to read; -1 = none
}

func (s span) split() exec.Split {
	spec, err := json.Marshal(s)
	if err != nil {
		panic(err) // a struct of numbers and a string
	}
	size := int64(0)
	if s.End > s.Start {
		size = s.End - s.Start
	}
	return exec.Split{ID: fmt.Sprintf("%s-%d", s.Topic, s.Partition), Spec: spec, Size: size, Empty: s.End >= 0 && s.End <= s.Start}
}

// rule says where reading begins or ends.
type rule struct {
	mode     string
	millis   int64
	group    string
	specific map[int32]int64
	snapshot *snapshot
}

// readRule reads the options of one side: "scan.startup" or "scan.bounded".
func readRule(options map[string]string, side, fallback string) (rule, error) {
	r := rule{mode: options[side+".mode"], group: options["properties.group.id"]}
	if r.mode == "" {
		r.mode = fallback
	}
	var err error
	switch r.mode {
	case modeTimestamp:
		if r.millis, err = strconv.ParseInt(strings.TrimSpace(options[side+".timestamp-millis"]), 10, 64); err != nil {
			return r, diag.Errorf("W0344", diag.Span{}, "'%s.timestamp-millis' is not a number", side)
		}
	case modeSpecific:
		if r.specific, err = parseOffsets(options[side+".specific-offsets"]); err != nil {
			return r, diag.Errorf("W0344", diag.Span{}, "'%s.specific-offsets' does not parse: %v", side, err)
		}
	}
	return r, nil
}

// parseOffsets reads partition:0,offset:42;partition:1,offset:300.
func parseOffsets(text string) (map[int32]int64, error) {
	out := map[int32]int64{}
	for _, pair := range strings.Split(strings.Trim(text, "; "), ";") {
		var p int32
		var o int64
		compact := strings.ReplaceAll(pair, " ", "")
		if n, err := fmt.Sscanf(compact, "partition:%d,offset:%d", &p, &o); n != 2 || err != nil ||
			compact != fmt.Sprintf("partition:%d,offset:%d", p, o) {
			return nil, fmt.Errorf("%q is not partition:P,offset:O", pair)
		}
		out[p] = o
	}
	return out, nil
}

// offsets gives for each partition of the listed topics the offset that a rule names.
func (r rule) offsets(ctx context.Context, adm *kadm.Client, topics []string) (kadm.ListedOffsets, error) {
	switch r.mode {
	case modeEarliest:
		return adm.ListStartOffsets(ctx, topics...)
	case modeLatest:
		return adm.ListEndOffsets(ctx, topics...)
	case modeTimestamp:
		return adm.ListOffsetsAfterMilli(ctx, r.millis, topics...)
	case modeSpecific:
		return r.fixed(ctx, adm, topics)
	case modeSnapshot:
		return r.snapshot.offsets(ctx, adm, topics)
	default:
		return r.committed(ctx, adm, topics)
	}
}

// fixed gives the named offsets; partitions not named begin at their group's offset in
// Flink, here at their start, because no group need be named.
func (r rule) fixed(ctx context.Context, adm *kadm.Client, topics []string) (kadm.ListedOffsets, error) {
	out, err := adm.ListStartOffsets(ctx, topics...)
	for topic, parts := range out {
		for p, o := range parts {
			if at, ok := r.specific[p]; ok {
				o.Offset = at
				out[topic][p] = o
			}
		}
	}
	return out, err
}

// committed gives the group's offsets; a partition without one begins at its start.
func (r rule) committed(ctx context.Context, adm *kadm.Client, topics []string) (kadm.ListedOffsets, error) {
	out, err := adm.ListStartOffsets(ctx, topics...)
	if err != nil || r.group == "" {
		return out, err
	}
	group, err := adm.FetchOffsets(ctx, r.group)
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) { // a group that never committed: some brokers say so
		return nil, err
	}
	for topic, parts := range out {
		for p, o := range parts {
			if at, ok := group.Lookup(topic, p); ok && at.At >= 0 {
				o.Offset = at.At
				out[topic][p] = o
			}
		}
	}
	return out, nil
}

// resolve lists the topics to read; a topic that does not exist is an error that
// names the nearest.
func resolveTopics(ctx context.Context, adm *kadm.Client, options map[string]string, create bool) ([]string, error) {
	details, err := adm.ListTopics(ctx)
	if err != nil {
		return nil, err
	}
	if p := options["topic-pattern"]; p != "" {
		re, err := regexp.Compile("^(?:" + p + ")$")
		if err != nil {
			return nil, diag.Errorf("W0347", diag.Span{}, "'topic-pattern' is no regular expression: %v", err)
		}
		var out []string
		for _, name := range details.Names() {
			if re.MatchString(name) {
				out = append(out, name)
			}
		}
		if len(out) == 0 {
			return nil, diag.Errorf("W0348", diag.Span{}, "no topic matches the pattern %q", p).WithDetail("Topics: %s.", strings.Join(details.Names(), ", "))
		}
		return out, nil
	}
	topics := strings.Split(options["topic"], ";")
	for _, topic := range topics {
		if details.Has(topic) {
			continue
		}
		if create {
			if _, err := adm.CreateTopic(ctx, -1, -1, nil, topic); err != nil {
				return nil, fmt.Errorf("creating topic %s: %w", topic, err)
			}
			continue
		}
		d := diag.Errorf("W0348", diag.Span{}, "topic %q does not exist", topic)
		if near := diag.Nearest(topic, details.Names()); near != "" {
			return nil, d.WithHint("did you mean %q?", near)
		}
		if len(details) > 0 {
			d = d.WithDetail("Topics: %s.", strings.Join(details.Names(), ", "))
		}
		return nil, d
	}
	return topics, nil
}

// spans lists the partitions to read, in order of topic and partition.
func spans(ctx context.Context, adm *kadm.Client, topics []string, start, end rule) ([]span, error) {
	from, err := start.offsets(ctx, adm, topics)
	if err != nil {
		return nil, err
	}
	latest, err := adm.ListEndOffsets(ctx, topics...)
	if err != nil {
		return nil, err
	}
	var until kadm.ListedOffsets
	if end.mode != modeUnbounded {
		if until, err = end.offsets(ctx, adm, topics); err != nil {
			return nil, err
		}
	}
	var out []span
	var failed error
	from.Each(func(o kadm.ListedOffset) {
		if o.Err != nil && failed == nil {
			failed = fmt.Errorf("partition %d of topic %s: %w", o.Partition, o.Topic, o.Err)
		}
		s := span{Topic: o.Topic, Partition: o.Partition, Start: o.Offset, End: -1}
		last, _ := latest.Lookup(o.Topic, o.Partition)
		if s.Start < 0 {
			s.Start = last.Offset // no record after the timestamp yet
		}
		if e, ok := until.Lookup(o.Topic, o.Partition); ok {
			s.End = e.Offset
			if s.End < 0 || s.End > last.Offset {
				s.End = last.Offset // an end that has not been written yet is the end of now
			}
			s.End = max(s.End, s.Start)
		}
		out = append(out, s)
	})
	sort.Slice(out, func(i, j int) bool {
		if out[i].Topic != out[j].Topic {
			return out[i].Topic < out[j].Topic
		}
		return out[i].Partition < out[j].Partition
	})
	return out, failed
}
