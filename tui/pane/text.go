package pane

import (
	"fmt"
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

// Short prints 12400 as 12.4k.
func Short(v float64) string {
	switch {
	case v >= 1e9:
		return fmt.Sprintf("%.1fG", v/1e9)
	case v >= 1e6:
		return fmt.Sprintf("%.1fM", v/1e6)
	case v >= 1e4:
		return fmt.Sprintf("%.1fk", v/1e3)
	default:
		return fmt.Sprintf("%.0f", v)
	}
}

// Sparkline draws values on an axis from 0 to most.
func Sparkline(st *styles.Styles, values []float64, most float64) string {
	marks := st.Glyphs.Spark
	out := make([]rune, len(values))
	for i, v := range values {
		k := 0
		if most > 0 {
			k = int(v / most * float64(len(marks)-1))
		}
		out[i] = marks[max(0, min(k, len(marks)-1))]
	}
	return string(out)
}
