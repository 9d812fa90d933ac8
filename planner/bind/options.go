package bind

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/syntax"
)

// checked is the outcome of checking a table's options.
type checked struct {
	caps  catalog.Capabilities
	diags diag.List
	ok    bool
}

// capabilities says what a table can do, after checking its WITH options against the
// declarations of its connector and formats. What is wrong is reported once a table, at
// the options where they stand in this script, else at the use.
func (b *binder) capabilities(t *catalog.Table, use diag.Span) (catalog.Capabilities, bool) {
	c, known := b.checked[t]
	if !known {
		c = b.checkTable(t)
		b.checked[t] = c
		for _, d := range c.diags {
			if d.Span.IsZero() || b.fixed != nil || !b.declaredHere(t) {
				d.Span = use
			}
			b.diags.Add(d)
		}
	}
	return c.caps, c.ok
}

// checkUnused checks the tables that the script declares and does not use: there what is
// wrong is only a warning.
func (b *binder) checkUnused() {
	for _, t := range b.declared {
		if _, known := b.checked[t]; known || t.IsView() || t.Connector() == "" || b.templates[t] {
			continue
		}
		for _, d := range b.checkTable(t).diags {
			if d.Severity == diag.Error {
				d.Severity = diag.Warning
			}
			if d.Span.IsZero() {
				d.Span = t.Span
			}
			b.diags.Add(d)
		}
	}
}

func (b *binder) declaredHere(t *catalog.Table) bool { return slices.Contains(b.declared, t) }

func (b *binder) checkTable(t *catalog.Table) *checked {
	out := &checked{}
	errorf := func(code diag.Code, at diag.Span, format string, args ...any) report {
		d := diag.Errorf(code, at, format, forPeople(args)...)
		out.diags.Add(d)
		return report{d}
	}
	name := t.Connector()
	if name == "" {
		errorf(codeNoConnector, t.Span, "table %q has no 'connector' option", t.Path.Name).WithHint("add WITH ('connector' = '…')")
		return out
	}
	c := b.env.Connectors.Connector(name)
	if c == nil {
		d := errorf(codeNoConnector, t.OptionSpans["connector"].Value, "connector %q not found", name)
		hintName(d, name, b.env.Connectors.ConnectorNames())
		if d.d.Hint == "" {
			d.WithHint("there are %s", strings.Join(b.env.Connectors.ConnectorNames(), ", "))
		}
		return out
	}
	decls := b.optionDecls(t, c, errorf)
	for _, key := range slices.Sorted(maps.Keys(t.Options)) {
		checkOption(t, c, decls, key, errorf)
	}
	for _, d := range decls {
		if _, given := t.Options[d.Name]; d.Required && !given && !d.Prefix {
			at := t.OptionSpans["connector"].Value
			if at.IsZero() {
				at = t.Span
			}
			h := errorf(codeMissingOption, at, "table %q lacks the option '%s' that connector %q requires", t.Path.Name, d.Name, c.Name)
			if d.Example != "" {
				h.WithHint("add '%s' = '%s'", d.Name, d.Example)
			}
		}
	}
	if out.diags.HasErrors() {
		return out
	}
	if c.Describe != nil {
		caps, ds := c.Describe(t, b.env.Formats)
		out.caps = caps
		out.diags = append(out.diags, ds...)
	}
	if !c.Logical {
		b.checkMetadata(t, c, out.caps, errorf)
	}
	out.ok = !out.diags.HasErrors()
	return out
}

type reporter func(code diag.Code, at diag.Span, format string, args ...any) report

// optionDecls lists the options a table may have: the connector's, and those of its
// formats under their prefixes.
func (b *binder) optionDecls(t *catalog.Table, c *catalog.Connector, errorf reporter) []catalog.Option {
	decls := slices.Clone(c.Options)
	if t.IsHybrid() {
		for _, side := range sideNames(t) {
			decls = append(decls, catalog.HybridSideOptions(side)...)
		}
	}
	add := func(key, prefix string) {
		name, given := t.Options[key]
		if !given {
			return
		}
		f := b.env.Formats.Format(name)
		if f == nil {
			d := errorf(codeNoFormat, t.OptionSpans[key].Value, "format %q not found", name)
			hintName(d, name, b.env.Formats.FormatNames())
			if d.d.Hint == "" {
				d.WithHint("there are %s", strings.Join(b.env.Formats.FormatNames(), ", "))
			}
			return
		}
		for _, o := range f.Options {
			o.Name = prefix + f.Name + "." + o.Name
			decls = append(decls, o)
		}
	}
	declares := func(key string) bool {
		return slices.ContainsFunc(c.Options, func(o catalog.Option) bool { return o.Name == key })
	}
	if c.NeedsFormat || declares("format") {
		add("format", "")
		if !declares("format") && !declares("value.format") {
			decls = append(decls, catalog.Option{Name: "format", Type: catalog.StringOption})
		}
	}
	if declares("key.format") {
		add("key.format", "key.")
	}
	if declares("value.format") {
		add("value.format", "value.")
	}
	_, plain := t.Options["format"]
	_, value := t.Options["value.format"]
	if c.NeedsFormat && !plain && !value {
		errorf(codeNoFormat, t.OptionSpans["connector"].Value, "table %q has no 'format' option, which connector %q needs", t.Path.Name, c.Name).
			WithHint("there are %s", strings.Join(b.env.Formats.FormatNames(), ", "))
	}
	return decls
}

// checkOption checks one WITH option by its declaration.
func checkOption(t *catalog.Table, c *catalog.Connector, decls []catalog.Option, key string, errorf reporter) {
	at := t.OptionSpans[key]
	if key == "connector" || key == "property-version" {
		return
	}
	decl := findOption(decls, key)
	if decl == nil {
		d := errorf(codeNoOption, at.Key, "option '%s' is not known to connector %q", key, c.Name)
		names := make([]string, 0, len(decls))
		for _, o := range decls {
			if !o.Prefix {
				names = append(names, o.Name)
			}
		}
		if best := diag.Nearest(key, names); best != "" {
			d.WithHint("did you mean '%s'?", best)
		} else if strings.Contains(key, ".") {
			d.WithDetail("Options of a format stand under its name, e.g. 'json.ignore-parse-errors'.")
		}
		return
	}
	if want, ok := decl.Accepts(t.Options[key]); !ok {
		value := t.Options[key]
		if decl.Secret || catalog.IsSecretKey(key) {
			value = "******"
		}
		d := errorf(codeOptionValue, at.Value, "value %q of option '%s' is not %s", value, key, want)
		if len(decl.Enum) > 0 {
			if best := diag.Nearest(value, decl.Enum); best != "" {
				d.WithHint("did you mean '%s'?", best)
			}
		}
	}
}

// findOption finds the declaration of a key, an exact one before a prefix.
func findOption(decls []catalog.Option, key string) *catalog.Option {
	var prefix *catalog.Option
	for i, o := range decls {
		switch {
		case o.Name == key && !o.Prefix:
			return &decls[i]
		case o.Prefix && strings.HasPrefix(key, o.Name) && len(key) > len(o.Name):
			prefix = &decls[i]
		}
	}
	return prefix
}

// checkMetadata checks the METADATA columns against what connector and format offer.
func (b *binder) checkMetadata(t *catalog.Table, c *catalog.Connector, caps catalog.Capabilities, errorf reporter) {
	offered := append(slices.Clone(c.Metadata), caps.Metadata...)
	for _, col := range t.Columns {
		if col.Kind != catalog.Metadata {
			continue
		}
		i := slices.IndexFunc(offered, func(m catalog.MetadataColumn) bool { return m.Key == col.MetadataKey })
		if i < 0 {
			d := errorf(codeColumn, col.Span, "metadata %q of column %q is not offered by connector %q", col.MetadataKey, col.Name, c.Name)
			keys := make([]string, 0, len(offered))
			for _, m := range offered {
				keys = append(keys, m.Key)
			}
			slices.Sort(keys)
			hintName(d, col.MetadataKey, keys)
			if d.d.Hint == "" && len(keys) > 0 {
				d.WithHint("there are %s", strings.Join(slices.Compact(keys), ", "))
			}
			continue
		}
		if !canCastMetadata(offered[i].Type, col.Type) {
			errorf(codeColumn, col.Span, "metadata %q is %s and cannot be column %q of %s", col.MetadataKey, offered[i].Type.Null(), col.Name, plainTime(col.Type).Null()).
				WithHint("declare it as %s", offered[i].Type.Null())
		}
	}
}

// dynamicOptions gives the table with the options of an OPTIONS hint put over its own.
func (b *binder) dynamicOptions(t *catalog.Table, h *syntax.Hint, options map[string]string) (*catalog.Table, map[string]string) {
	if options == nil {
		options = map[string]string{}
	}
	c := *t
	c.OptionSpans = map[string]catalog.OptionSpan{}
	if b.declaredHere(t) {
		maps.Copy(c.OptionSpans, t.OptionSpans)
	}
	for _, a := range h.Args {
		if a.Key == nil {
			b.errorf(codeHint, b.at(a), "OPTIONS takes 'key' = 'value' pairs")
			continue
		}
		key := hintText(a.Key)
		options[key] = hintText(a.Value)
		c.OptionSpans[key] = catalog.OptionSpan{Key: b.at(a.Key), Value: b.at(a.Value)}
	}
	c.Options = options
	b.declared = append(b.declared, &c) // its options stand in this script
	return &c, options
}

// noOptions reports an OPTIONS hint on what has no options.
func (b *binder) noOptions(hints []*syntax.Hint, what string) {
	for _, h := range hints {
		if strings.EqualFold(h.Name.Name, "OPTIONS") {
			b.errorf(codeHint, b.at(h), "OPTIONS goes with tables; %s has no options of its own", what)
		}
	}
}

// options reads a WITH clause.
func (b *binder) options(opts []*syntax.Option) (map[string]string, map[string]catalog.OptionSpan) {
	values, spans := map[string]string{}, map[string]catalog.OptionSpan{}
	for _, o := range opts {
		key := o.Key.Value
		if _, twice := values[key]; twice {
			b.warnf(codeDuplicate, b.at(o.Key), "option '%s' is given twice; the later one counts", key)
		}
		values[key] = o.Value.Value
		spans[key] = catalog.OptionSpan{Key: b.at(o.Key), Value: b.at(o.Value)}
	}
	return values, spans
}

// optionText prints options for people, secrets left out.
func optionText(options map[string]string, secret func(key string) bool) []string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(options)) {
		v := options[k]
		if secret(k) {
			v = "******"
		}
		out = append(out, fmt.Sprintf("%s = %s", syntax.QuoteString(k), syntax.QuoteString(v)))
	}
	return out
}

// isSecret tells whether an option of a table must not be shown.
func (b *binder) isSecret(t *catalog.Table) func(key string) bool {
	var decls []catalog.Option
	if c := b.env.Connectors.Connector(t.Connector()); c != nil {
		decls = c.Options
	}
	return func(key string) bool {
		d := findOption(decls, key)
		return catalog.IsSecretKey(key) || d != nil && d.Secret
	}
}
