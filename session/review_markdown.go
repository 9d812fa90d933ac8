package session

import (
	"fmt"
	"strings"

	"github.com/weir-sql/weir/topology"
)

// ReviewMark is the first line of a review in Markdown, by which a comment is found
// again to be replaced.
const ReviewMark = "<!-- weir:review -->"

// maxComment is the size of a review in Markdown, in bytes. GitHub takes 65,536
// characters in a comment.
const maxComment = 60_000

// maxRows is how many operators the table shows.
const maxRows = 100

// Markdown is the review as one comment of a pull request: the verdict in its first
// line, a table of the operators that changed, and the details folded. All that others
// wrote stands in code spans and fenced blocks, so that it is shown and nothing else.
func (r *Review) Markdown() string {
	var b strings.Builder
	head, state, changed := strings.Cut(r.Verdict, " · state: ")
	fmt.Fprintf(&b, "%s\n### weir: %s", ReviewMark, head)
	if changed {
		fmt.Fprintf(&b, " · state: **%s**", state)
	}
	b.WriteString("\n\n")
	if len(r.Jobs) == 0 {
		fmt.Fprintf(&b, "The StreamGraphs of all %d scripts are as they were.\n", r.Scripts)
		return b.String()
	}
	b.WriteString("| job | operator | change | state |\n|---|---|---|---|\n")
	var rows []string
	for i := range r.Jobs {
		rows = append(rows, r.Jobs[i].rows()...)
	}
	for i, row := range rows {
		if i == maxRows || b.Len() > maxComment/2 {
			fmt.Fprintf(&b, "| | | … and %d more | |\n", len(rows)-i)
			break
		}
		b.WriteString(row)
	}
	left := 0
	for i := range r.Jobs {
		text := r.Jobs[i].details()
		if b.Len()+len(text) > maxComment-2000 {
			left++
			continue
		}
		b.WriteString(text)
	}
	if left > 0 {
		fmt.Fprintf(&b, "\nDetails of %d jobs are left out here; `weir diff` shows them.\n", left)
	}
	fmt.Fprintf(&b, "\n<details><summary>what was checked</summary>\n\n"+
		"%d scripts, as in %s and as in %s. A script is compared if it, its overlay, the tables and views of the project or weir.yaml differ. "+
		"The verdict is on going on from a snapshot of the former job: *kept* and *rescaled* go on, *migrated* goes on, written anew, "+
		"*incompatible* cannot be read, *dropped* has nobody to read it, and *meaning changed* would be read without complaint and be wrong.\n\n</details>\n",
		r.Scripts, topology.MarkdownCode(r.Base), topology.MarkdownCode(r.Head))
	return b.String()
}

// rows are the lines of the table: the operators that changed, and those whose state
// does not just go on.
func (j *JobReview) rows() []string {
	row := func(operator, change, state string) string {
		return fmt.Sprintf("| %s | %s | %s | %s |\n", topology.MarkdownCode(j.Script), operator, change, state)
	}
	state := map[string]topology.StateVerdict{}
	for _, v := range j.State {
		state[v.Name+"\x00"+v.UID] = v
	}
	says := func(v topology.StateVerdict) string {
		text := string(v.Verdict)
		if v.Verdict.Lost() {
			text = "**" + text + "**"
		}
		return text + ": " + v.Reason.Markdown()
	}
	switch {
	case len(j.Problems) > 0:
		return []string{row("", "**cannot be planned**", "not known")}
	case j.Diff == nil:
		return []string{row("all", "job "+string(j.Change), stateCounts(count([]JobReview{*j})))}
	}
	var rows []string
	for _, o := range j.Diff.Operators() {
		change := string(o.Change)
		if o.Change == topology.Changed {
			var parts []string
			for _, t := range o.What {
				parts = append(parts, t.Markdown())
			}
			change = strings.Join(parts, ", ")
		} else if o.Label != "" {
			change += ": " + topology.MarkdownCode(o.Label)
		}
		key := o.Name + "\x00" + o.UID
		kept := "no state"
		if v, ok := state[key]; ok {
			kept = says(v)
			delete(state, key)
		}
		rows = append(rows, row(topology.MarkdownCode(o.Name), change, kept))
	}
	for _, v := range j.State {
		if _, left := state[v.Name+"\x00"+v.UID]; left && v.Verdict != topology.StateKept {
			rows = append(rows, row(topology.MarkdownCode(v.Name), "the rows that reach it", says(v)))
		}
	}
	return rows
}

// details are the folded parts of one job.
func (j *JobReview) details() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n#### %s", topology.MarkdownCode(j.Script))
	if len(j.Because) > 0 {
		names := make([]string, len(j.Because))
		for i, n := range j.Because {
			names[i] = topology.MarkdownCode(n)
		}
		fmt.Fprintf(&b, " · changed: %s", strings.Join(names, ", "))
	}
	b.WriteString("\n\n")
	if j.Note != "" {
		b.WriteString(topology.MarkdownCode(j.Note) + "\n\n")
	}
	if len(j.Problems) > 0 {
		folded(&b, "problems", "text", strings.Join(j.Problems, ""))
		return b.String()
	}
	folded(&b, "graph", "mermaid", topology.RenderMermaidDiff(j.before, j.after))
	if j.Diff != nil {
		folded(&b, "every difference", "text", topology.RenderDiffText(j.Diff, topology.Options{Width: 120}))
	}
	var state strings.Builder
	for _, v := range j.State {
		fmt.Fprintf(&state, "%-15s  %s  %s\n", v.Verdict, v.Name, v.Reason.Plain())
	}
	if len(j.State) > 0 {
		folded(&b, "state", "text", state.String())
	}
	return b.String()
}

// folded writes a fenced block that is closed at first. The fence is longer than any run
// of backticks inside.
func folded(b *strings.Builder, summary, language, text string) {
	longest, run := 2, 0
	for _, c := range text {
		if c == '`' {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	fence := strings.Repeat("`", longest+1)
	var clean strings.Builder
	for line := range strings.Lines(text) { // invisible characters could hide what a line says
		clean.WriteString(cleanLine(line) + "\n")
	}
	fmt.Fprintf(b, "<details><summary>%s</summary>\n\n%s%s\n%s%s\n\n</details>\n", summary, fence, language, clean.String(), fence)
}

// cleanLine cleans a line and keeps its indentation.
func cleanLine(line string) string {
	line = strings.TrimRight(line, "\r\n")
	return topology.Clean(line)
}
