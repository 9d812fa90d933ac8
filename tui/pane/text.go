package pane

import (
	"strings"

	"github.com/weir-sql/weir/tui/styles"
)

// Wrap breaks clean text at spaces into lines of some cells.
func Wrap(s string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		for Width(word) > width && width > 0 {
			if line != "" {
				lines, line = append(lines, line), ""
			}
			cut := 0
			for i := range word {
				if Width(word[:i]) <= width {
					cut = i
				}
			}
			if cut == 0 {
				break
			}
			lines, word = append(lines, word[:cut]), word[cut:]
		}
		if line != "" && Width(line)+1+Width(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// ours are the characters outside ASCII in sentences that are made elsewhere.
var ours = strings.NewReplacer("→", ">", "◀", "<", "·", ";", "−", "-", "×", "x", "…", "~", "±", "+-", "└", "`", "├", "|", "─", "-", "│", "|", "✓", "v", "✗", "x", "“", `"`, "”", `"`, "–", "-", "≥", ">=", "≤", "<=", "⟕", "left join")

// Plain is a sentence of ours, made elsewhere, for a screen that may have ASCII only.
func Plain(st *styles.Styles, s string) string {
	if st.Look.ASCII {
		return ours.Replace(s)
	}
	return s
}
