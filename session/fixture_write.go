package session

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/fixtures"
	"github.com/weir-sql/weir/planner/diag"
)

// fixtureFile is a table of a fixture that is written: rows as JSON lines.
type fixtureFile struct {
	name   string
	lines  []string
	splits int
	key    []string
}

// fileOf gives the rows of a table that are kept, with their kinds and splits. cell, if not
// nil, gives the JSON of each value.
func fileOf(t *fixtureTable, keep func(row int) bool, cell func(column int, json []byte) []byte) fixtureFile {
	f := fixtureFile{name: t.name}
	if t.def != nil {
		f.splits, f.key = t.def.Splits, t.def.Key
	}
	for i := range t.rows.Len {
		if !keep(i) {
			continue
		}
		var row []byte
		for c, field := range t.fields {
			if c > 0 {
				row = append(row, ',')
			}
			row = append(vec.AppendJSONString(row, []byte(field.Name)), ':')
			value := vec.AppendJSON(nil, t.rows.Cols[c], i)
			if cell != nil {
				value = cell(c, value)
			}
			row = append(row, value...)
		}
		f.lines = append(f.lines, fmt.Sprintf(`{"op":%q,"split":%d,"row":{%s}}`, t.rows.Kind(i), t.splitOf(i), row))
	}
	return f
}

// writeFixture writes a fixture into a new folder; set gives clock, parallelism, configuration
// and variables, nil = none.
func writeFixture(dir, about string, set *fixtures.Set, files []fixtureFile, steps []string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		if errors.Is(err, os.ErrExist) {
			return &diag.Diagnostic{Severity: diag.Error, Code: "W0655", File: dir, Primary: "the folder exists", Hint: "take another name with --to"}
		}
		return err
	}
	var head strings.Builder
	fmt.Fprintf(&head, "about: %q\n", about)
	if set != nil {
		if !set.Clock.IsZero() {
			fmt.Fprintf(&head, "clock: %s\n", set.Clock.Format("2006-01-02 15:04:05.999"))
		}
		if set.Parallelism > 1 {
			fmt.Fprintf(&head, "parallelism: %d\n", set.Parallelism)
		}
		for _, m := range []struct {
			name   string
			values map[string]string
		}{{"config", set.Config}, {"variables", set.Variables}} {
			if len(m.values) > 0 {
				fmt.Fprintf(&head, "%s:\n", m.name)
			}
			for _, k := range sortedKeys(m.values) {
				fmt.Fprintf(&head, "  %s: %q\n", k, m.values[k])
			}
		}
	}
	head.WriteString("tables:\n")
	for _, f := range files {
		body := strings.Join(f.lines, "\n")
		if body != "" {
			body += "\n"
		}
		if err := os.WriteFile(filepath.Join(dir, f.name+".jsonl"), []byte(body), 0o644); err != nil {
			return err
		}
		fmt.Fprintf(&head, "  %s: {file: %s.jsonl", f.name, f.name)
		if f.splits > 1 {
			fmt.Fprintf(&head, ", splits: %d", f.splits)
		}
		if len(f.key) > 0 {
			fmt.Fprintf(&head, ", key: [%s]", strings.Join(f.key, ", "))
		}
		head.WriteString("}\n")
	}
	if len(steps) > 0 {
		head.WriteString("timeline:\n")
		for _, step := range steps {
			fmt.Fprintf(&head, "  - %s\n", step)
		}
	}
	return os.WriteFile(filepath.Join(dir, fixtures.SetFile), []byte(head.String()), 0o644)
}
