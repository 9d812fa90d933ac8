package job

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// field is one top-level entry of a job file as it is written.
type field struct{ key, text, about string }

// fields lists the entries in their order.
func (j *Job) fields() []field {
	needs := "[]"
	if len(j.Needs) > 0 {
		var b strings.Builder
		for _, n := range j.Needs {
			first := "\n  - "
			for _, kv := range [][2]string{{"table", n.Table}, {"job", n.Job}, {"partition", n.Partition}, {"path", n.Path}, {"watermark", n.Watermark}} {
				if kv[1] != "" {
					b.WriteString(first + kv[0] + ": " + scalar(kv[1]))
					first = "\n    "
				}
			}
		}
		needs = b.String()
	}
	checkpoint := "{}"
	if j.Checkpoint != (Checkpoint{}) {
		checkpoint = mapping(map[string]string{"dir": j.Checkpoint.Dir, "interval": j.Checkpoint.Interval})
	}
	return []field{
		{"job", strconv.Itoa(Format), ""},
		{"name", scalar(j.Name), ""},
		{"script", scalar(j.Script), ""},
		{"mode", j.Mode, ""},
		{"parallelism", strconv.Itoa(j.Parallelism), "\n# How it runs. 0: the project's parallelism; memory is what operators may use before they spill; \"\" is no limit.\n"},
		{"memory", scalar(j.Memory), ""},
		{"overlay", scalar(j.Overlay), "# Edits of the StreamGraph for this job alone; \"\": those beside the script.\n"},
		{"config", mapping(j.Config), "# What SET would set.\n"},
		{"variables", mapping(j.Variables), "# ${…} of the script; --var wins.\n"},
		{"start", mapping(j.Start), "\n# Where tables are read from (earliest, latest, group, or a time), and the table that is written in the place of the\n# script's, or none.\n"},
		{"sinks", mapping(j.Sinks), ""},
		{"checkpoint", checkpoint, "# Where a stream keeps its state, {dir, interval}; it goes on from there.\n"},
		{"schedule", scalar(j.Schedule), "\n# When it runs, as cron has it: minute hour day month weekday.\n"},
		{"zone", scalar(j.Zone), ""},
		{"reads", list(j.Reads), "\n# Found in the script; publishing again finds it anew.\n"},
		{"writes", list(j.Writes), ""},
		{"needs", needs, ""},
		{"files", mapping(j.Files), "# Scheduler files as they were written: one that was edited since is kept.\n"},
	}
}

// Render writes a job file. Comments of an earlier version, by entry, take the place of its own.
func (j *Job) Render(comments map[string]string) string {
	var b strings.Builder
	if head, ok := comments["job"]; ok {
		b.WriteString(head)
	} else {
		fmt.Fprintf(&b, "# %s as a %s, from %s. weir run --job runs it. Edit it: publishing again keeps what is here unless it is\n# told otherwise, and says what it changes.\n", j.Name, j.Mode, j.Script)
	}
	for _, f := range j.fields() {
		about := f.about
		if c, ok := comments[f.key]; ok {
			about = c
		}
		if f.key != "job" {
			b.WriteString(about)
		}
		sep := " "
		if strings.HasPrefix(f.text, "\n") {
			sep = ""
		}
		b.WriteString(f.key + ":" + sep + f.text)
		if tail := comments[f.key+"#"]; tail != "" && sep == " " && !strings.Contains(f.text, "\n") {
			b.WriteString("  " + tail)
		}
		b.WriteString("\n")
	}
	return b.String()
}

var entry = regexp.MustCompile(`^([a-z]+):`)

// Comments gives the comments and blank lines before each entry of a job file, and by "entry#" what stands behind it.
func Comments(text string) map[string]string {
	out := map[string]string{}
	var pending strings.Builder
	for line := range strings.Lines(text) {
		switch m := entry.FindStringSubmatch(line); {
		case m != nil:
			out[m[1]] = pending.String()
			pending.Reset()
			if i := strings.Index(line, " #"); i >= 0 && !strings.ContainsAny(line[:i], `"'`) {
				out[m[1]+"#"] = strings.TrimSpace(line[i:])
			}
		case strings.TrimSpace(line) == "", strings.HasPrefix(line, "#"):
			pending.WriteString(line)
		}
	}
	return out
}

var plain = regexp.MustCompile(`^[A-Za-z_./][A-Za-z0-9_./=-]*$`)

// scalar is a text as YAML.
func scalar(text string) string {
	switch strings.ToLower(text) {
	case "true", "false", "yes", "no", "on", "off", "null", "y", "n", ".inf", ".nan":
		return strconv.Quote(text)
	}
	if plain.MatchString(text) && strings.Trim(text, ".") != "" {
		return text
	}
	return strconv.Quote(text)
}

func mapping(m map[string]string) string {
	if len(m) == 0 {
		return "{}"
	}
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if m[k] != "" {
			b.WriteString("\n  " + scalar(k) + ": " + scalar(m[k]))
		}
	}
	return b.String()
}

func list(items []string) string {
	quoted := make([]string, len(items))
	for i, s := range items {
		quoted[i] = scalar(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// Schema is the JSON Schema of job files, for editors. Parse is stricter where a value depends on another.
const Schema = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "weir job",
  "type": "object",
  "additionalProperties": false,
  "required": ["job", "name", "script", "mode"],
  "properties": {
    "job": {"const": 1, "description": "version of the format"},
    "name": {"type": "string", "minLength": 1},
    "script": {"type": "string", "description": "the script, from the project's folder"},
    "mode": {"enum": ["stream", "batch"]},
    "parallelism": {"type": "integer", "minimum": 0, "maximum": 4096, "description": "of operators without their own; 0 = the project's"},
    "memory": {"type": "string", "description": "what operators may use before they spill, such as 2gb; empty = no limit"},
    "overlay": {"type": "string", "description": "edits of the StreamGraph for this job; empty = those beside the script"},
    "config": {"$ref": "#/$defs/texts", "description": "what SET would set"},
    "variables": {"$ref": "#/$defs/texts", "description": "values of ${…}"},
    "start": {"$ref": "#/$defs/texts", "description": "by table: earliest, latest, group, or a time"},
    "sinks": {"$ref": "#/$defs/texts", "description": "by table of the script: the table that is written, or none"},
    "checkpoint": {"type": "object", "additionalProperties": false, "properties": {"dir": {"type": "string"}, "interval": {"type": "string"}}},
    "schedule": {"type": "string", "description": "cron: minute hour day month weekday"},
    "zone": {"type": "string", "description": "time zone of schedule and business date"},
    "reads": {"type": "array", "items": {"type": "string"}},
    "writes": {"type": "array", "items": {"type": "string"}},
    "needs": {"type": "array", "items": {"type": "object", "additionalProperties": false, "required": ["table"], "properties": {
      "table": {"type": "string"}, "job": {"type": "string"}, "partition": {"type": "string"}, "path": {"type": "string"}, "watermark": {"type": "string"}}}},
    "files": {"$ref": "#/$defs/texts"}
  },
  "$defs": {"texts": {"type": "object", "additionalProperties": {"type": "string"}}}
}
`
