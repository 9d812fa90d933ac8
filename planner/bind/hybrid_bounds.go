package bind

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/rex"
)

// bounds reads where a side starts and ends.
func (b *binder) bounds(t *catalog.Table, s *hybridSide) {
	c := b.env.Connectors.Connector(s.table.Connector())
	if c == nil {
		return // reported when the table is checked
	}
	isLog := slices.ContainsFunc(c.Options, func(o catalog.Option) bool { return o.Name == "scan.startup.mode" })
	options := map[string]string{}
	given := map[string]string{}
	for _, end := range []string{"start", "end"} {
		for _, by := range []string{"timestamp", "partition", "offset", "snapshot"} {
			key := s.name + "." + end + "." + by
			text, ok := t.Options[key]
			if !ok {
				continue
			}
			if other := given[end]; other != "" {
				b.errorf(codeMapping, b.optionKeyAt(t, key), "side %q has two %ss: by %s and by %s", s.name, end, other, by).WithHint("leave one of them out")
				continue
			}
			given[end] = by
			b.sideBound(t, s, c, isLog, end, by, strings.TrimSpace(text), options)
		}
	}
	if len(options) == 0 {
		return
	}
	table := *s.table
	table.Options, table.OptionSpans = maps.Clone(table.Options), maps.Clone(table.OptionSpans)
	for k, v := range options {
		table.Options[k] = v
	}
	if b.declaredHere(s.table) {
		b.declared = append(b.declared, &table)
	}
	s.table = &table
}

// sideBound sets one end of a side.
func (b *binder) sideBound(t *catalog.Table, s *hybridSide, c *catalog.Connector, isLog bool, end, by, text string, options map[string]string) {
	key := s.name + "." + end + "." + by
	at := b.insideValue(t, key)
	mode := map[string]string{"start": "scan.startup", "end": "scan.bounded"}[end]
	switch by {
	case "timestamp":
		if isLog {
			ms, ok := millisOf(text, b.zone())
			if !ok {
				b.errorf(codeLiteral, at, "%q is no time", text).WithHint("write '2026-11-20 00:00:00', or milliseconds since the epoch")
				return
			}
			options[mode+".mode"], options[mode+".timestamp-millis"] = "timestamp", strconv.FormatInt(ms, 10)
			return
		}
		errs := b.errorsIn()
		col := b.handOver(t)
		if col < 0 {
			if b.errorsIn() == errs {
				b.errorf(codeMapping, b.optionKeyAt(t, key), "connector %q has no times of its own, and table %q no column for them", c.Name, t.Path.Name).
					WithHint("add 'switch.column' = '…', or declare a WATERMARK")
			}
			return
		}
		v, ok := b.valueOf(t.Columns[col], text, at)
		if !ok {
			return
		}
		op := map[string]string{"start": ">=", "end": "<"}[end]
		s.range_ = and(s.range_, b.comparison(op, &rex.Ref{Index: col, T: s.exprs[col].Type(), Name: t.Columns[col].Name}, v, diag.Span{}))
	case "offset":
		if !isLog {
			b.errorf(codeMapping, b.optionKeyAt(t, key), "connector %q of side %q has no offsets", c.Name, s.name).WithHint("bound it by '%s.%s.partition' or '%s.%s.timestamp'", s.name, end, s.name, end)
			return
		}
		options[mode+".mode"], options[mode+".specific-offsets"] = "specific-offsets", text
	case "partition":
		b.partitionBound(t, s, end, text, key)
	case "snapshot":
		if slices.ContainsFunc(c.Options, func(o catalog.Option) bool { return o.Name == mode+".snapshot" }) {
			if options[mode+".snapshot"] = text; isLog {
				options[mode+".mode"] = "snapshot"
			}
			return
		}
		b.errorf(codeMapping, b.optionKeyAt(t, key), "connector %q of side %q has no snapshots", c.Name, s.name).WithHint("bound it by '%s.%s.partition' or '%s.%s.timestamp'", s.name, end, s.name, end)
	}
}

// partitionBound keeps the partitions from or up to one, in the order of their keys.
func (b *binder) partitionBound(t *catalog.Table, s *hybridSide, end, text, key string) {
	if len(s.table.PartitionKey) == 0 {
		b.errorf(codeMapping, b.optionKeyAt(t, key), "table %q, side %q, is not partitioned", s.table.Path.Name, s.name).WithHint("declare PARTITIONED BY (…), or bound it by '%s.%s.timestamp'", s.name, end)
		return
	}
	values := map[string]string{}
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '/' }) {
		k, v, ok := strings.Cut(part, "=")
		if k = strings.TrimSpace(k); !ok || !slices.Contains(s.table.PartitionKey, k) {
			hintName(b.errorf(codeMapping, b.insideValue(t, key), "%q is no partition of table %q, which has (%s)", strings.TrimSpace(part), s.table.Path.Name, strings.Join(s.table.PartitionKey, ", ")).
				WithHint("write '%s=…'", s.table.PartitionKey[0]), k, s.table.PartitionKey)
			return
		}
		values[k] = strings.TrimSpace(v)
	}
	op, last := ">", ">="
	if end == "end" {
		op, last = "<", "<="
	}
	var cond, equal rex.Expr
	n := 0
	for i, k := range s.table.PartitionKey {
		if _, ok := values[k]; !ok {
			break
		}
		n = i + 1
	}
	if n != len(values) || n == 0 {
		b.errorf(codeMapping, b.insideValue(t, key), "partition %q of table %q leaves out a key before another: (%s)", text, s.table.Path.Name, strings.Join(s.table.PartitionKey, ", ")).
			WithHint("give the keys from the first one on")
		return
	}
	for i, k := range s.table.PartitionKey[:n] {
		col := s.table.Column(k)
		c := s.table.Columns[col]
		v, ok := b.valueOf(c, values[k], b.insideValue(t, key))
		if !ok {
			return
		}
		ref := &rex.Ref{Index: col, T: c.Type, Name: c.Name}
		use := op
		if i == n-1 {
			use = last
		}
		one := and(equal, b.comparison(use, ref, v, diag.Span{}))
		if cond == nil {
			cond = one
		} else {
			cond = b.logic("OR", cond, one, diag.Span{})
		}
		equal = and(equal, b.comparison("=", ref, v, diag.Span{}))
	}
	s.within = and(s.within, cond)
}

// millisOf reads a time in a time zone, or milliseconds.
func millisOf(text string, zone *time.Location) (int64, bool) {
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil {
		return ms, true
	}
	for _, layout := range []string{"2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999", "2006-01-02 15:04", "2006-01-02"} {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return at.UnixMilli(), true
		}
	}
	return 0, false
}
