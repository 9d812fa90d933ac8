package styles

import (
	"bytes"
	"regexp"
	"testing"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"github.com/weir-sql/weir/topology"
)

var sgr = regexp.MustCompile("\x1b\\[[0-9;]*m")

// Whatever the role, taking the colours off gives the text back, and a terminal
// without colours gets the text alone.
func TestColoursTakeNoRoom(t *testing.T) {
	colourful := lipgloss.NewRenderer(&bytes.Buffer{})
	colourful.SetColorProfile(termenv.ANSI)
	plain := lipgloss.NewRenderer(&bytes.Buffer{})
	plain.SetColorProfile(termenv.Ascii)
	coloured := 0
	for role := topology.RolePlain; role <= topology.RoleChanged; role++ {
		for _, text := range []string{"Agg[city]", "  ◀ hash[city] ", "", "中文 ├─"} {
			got := build(colourful).Graph(role, text)
			if sgr.ReplaceAllString(got, "") != text {
				t.Errorf("role %d: %q became %q", role, text, got)
			}
			if got != text {
				coloured++
			}
			if got := build(plain).Graph(role, text); got != text {
				t.Errorf("role %d without colours: %q became %q", role, text, got)
			}
		}
	}
	if coloured == 0 {
		t.Error("nothing was coloured")
	}
}
