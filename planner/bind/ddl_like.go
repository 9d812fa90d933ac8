package bind

import (
	"maps"
	"slices"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/syntax"
)

// likeDefaults is how LIKE merges what its options do not mention.
func likeDefaults() map[syntax.LikeFeature]syntax.LikeMode {
	return map[syntax.LikeFeature]syntax.LikeMode{
		syntax.LikeOptions: syntax.LikeOverwriting, syntax.LikeWatermarks: syntax.LikeIncluding, syntax.LikeGenerated: syntax.LikeIncluding,
		syntax.LikeMetadata: syntax.LikeIncluding, syntax.LikeConstraints: syntax.LikeIncluding,
		syntax.LikeDistribution: syntax.LikeIncluding, syntax.LikePartitions: syntax.LikeIncluding,
	}
}

var likeNames = map[syntax.LikeFeature]string{syntax.LikeConstraints: "CONSTRAINTS", syntax.LikeDistribution: "DISTRIBUTION",
	syntax.LikePartitions: "PARTITIONS", syntax.LikeAll: "ALL"}

// like merges the source table of LIKE into a draft: its columns come first.
func (b *binder) like(d *tableDraft, l *syntax.TableLike) bool {
	at := b.at(l.Source)
	src := b.table(l.Source, nil)
	if src == nil {
		return false
	}
	if src.IsView() {
		b.errorf(codeLike, at, "LIKE takes a table, but %q is a view", src.Path.Name)
		return false
	}
	mode, ok := b.likeModes(l)
	if !ok {
		return false
	}
	b.templates[src] = true
	base, ok := b.draftOf(src, at)
	if !ok {
		return false
	}
	ok = b.likeColumns(d, base, mode, l)
	return b.likeParts(d, base, mode, l) && ok
}

// likeModes reads the INCLUDING, EXCLUDING and OVERWRITING options.
func (b *binder) likeModes(l *syntax.TableLike) (map[syntax.LikeFeature]syntax.LikeMode, bool) {
	mode := likeDefaults()
	seen := map[syntax.LikeFeature]bool{}
	ok := true
	for _, o := range l.Options {
		if seen[o.Feature] {
			b.errorf(codeLike, b.at(o), "this part of the table is mentioned twice in LIKE")
			ok = false
		}
		seen[o.Feature] = true
		switch o.Feature {
		case syntax.LikeAll, syntax.LikeConstraints, syntax.LikeDistribution, syntax.LikePartitions:
			if o.Mode == syntax.LikeOverwriting {
				b.errorf(codeLike, b.at(o), "OVERWRITING does not go with %s", likeNames[o.Feature]).WithHint("EXCLUDING leaves it out, so that the table can have its own")
				ok = false
			}
		}
		if o.Feature == syntax.LikeAll {
			for f := range mode {
				mode[f] = o.Mode
			}
		}
	}
	for _, o := range l.Options {
		if o.Feature != syntax.LikeAll {
			mode[o.Feature] = o.Mode
		}
	}
	return mode, ok
}

// likeColumns puts the source's columns before the draft's own.
func (b *binder) likeColumns(d, base *tableDraft, mode map[syntax.LikeFeature]syntax.LikeMode, l *syntax.TableLike) bool {
	own := d.columns
	d.columns = nil
	for _, c := range base.columns {
		switch {
		case c.Kind == catalog.Computed && mode[syntax.LikeGenerated] == syntax.LikeExcluding,
			c.Kind == catalog.Metadata && mode[syntax.LikeMetadata] == syntax.LikeExcluding:
			continue
		}
		c.Span = b.at(l.Source)
		d.columns = append(d.columns, c)
	}
	ok := true
	for _, c := range own {
		i := d.column(c.Name)
		if i < 0 {
			d.columns = append(d.columns, c)
			continue
		}
		old := d.columns[i]
		overwrite := old.Kind == c.Kind &&
			(c.Kind == catalog.Computed && mode[syntax.LikeGenerated] == syntax.LikeOverwriting ||
				c.Kind == catalog.Metadata && mode[syntax.LikeMetadata] == syntax.LikeOverwriting)
		if !overwrite {
			e := b.errorf(codeLike, c.Span, "column %q exists in table %q already", c.Name, l.Source.Last().Name)
			switch c.Kind {
			case catalog.Computed:
				e.WithHint("add OVERWRITING GENERATED or EXCLUDING GENERATED")
			case catalog.Metadata:
				e.WithHint("add OVERWRITING METADATA or EXCLUDING METADATA")
			}
			ok = false
			continue
		}
		d.columns[i] = c
	}
	return ok
}

// likeParts merges key, watermark, partitions, distribution, comment and options.
func (b *binder) likeParts(d, base *tableDraft, mode map[syntax.LikeFeature]syntax.LikeMode, l *syntax.TableLike) bool {
	at := b.at(l.Source)
	ok := true
	if base.key != nil && mode[syntax.LikeConstraints] != syntax.LikeExcluding {
		if d.key != nil {
			b.errorf(codeLike, b.at(d.key[0]), "table %q has a primary key already", l.Source.Last().Name).WithHint("add EXCLUDING CONSTRAINTS")
			ok = false
		} else {
			d.key, d.keyName = base.key, base.keyName
		}
	}
	if base.watermark != nil && mode[syntax.LikeWatermarks] != syntax.LikeExcluding {
		switch {
		case d.watermark == nil:
			d.watermark = base.watermark
		case mode[syntax.LikeWatermarks] != syntax.LikeOverwriting:
			b.errorf(codeLike, d.watermark.at, "table %q has a watermark already", l.Source.Last().Name).
				WithHint("add OVERWRITING WATERMARKS or EXCLUDING WATERMARKS")
			ok = false
		}
	}
	if base.partition != nil && mode[syntax.LikePartitions] != syntax.LikeExcluding {
		if d.partition != nil {
			b.errorf(codeLike, b.at(d.partition[0]), "table %q is partitioned already", l.Source.Last().Name).WithHint("add EXCLUDING PARTITIONS")
			ok = false
		} else {
			d.partition = base.partition
		}
	}
	if d.distribution == "" && mode[syntax.LikeDistribution] != syntax.LikeExcluding {
		d.distribution = base.distribution
	}
	if d.comment == "" {
		d.comment = base.comment
	}
	if mode[syntax.LikeOptions] == syntax.LikeExcluding {
		return ok
	}
	for _, key := range slices.Sorted(maps.Keys(base.options)) {
		if _, given := d.options[key]; given {
			if mode[syntax.LikeOptions] == syntax.LikeIncluding {
				b.errorf(codeLike, d.spans[key].Key, "option '%s' is set in table %q already", key, l.Source.Last().Name).WithHint("leave INCLUDING OPTIONS out to put your own over it")
				ok = false
			}
			continue
		}
		d.options[key] = base.options[key]
		span := base.spans[key]
		if span.Key.IsZero() || b.fixed != nil {
			span = catalog.OptionSpan{Key: at, Value: at}
		}
		d.spans[key] = span
	}
	return ok
}
