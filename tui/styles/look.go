package styles

import (
	"io"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"github.com/weir-sql/weir/topology"
)

// Depth is how many colours a terminal shows.
type Depth uint8

// The depths.
const (
	Mono    Depth = iota // attributes only: bold, underline, reverse
	Sixteen              // the terminal's own colours
	Many                 // 256 or more
)

// Look is how weir shall look in a terminal.
type Look struct {
	Depth Depth
	Light bool // the background is light
	ASCII bool // no character outside ASCII is ours, for fonts and locales that fail
}

// Themes lists what a person can ask for.
func Themes() []string { return []string{"auto", "dark", "light", "16", "mono"} }

// Detect gives the look for a terminal: what theme asks for, else what the terminal and
// the environment say. NO_COLOR and TERM=dumb give no colours whatever is asked for.
func Detect(w io.Writer, env func(string) string, theme string, ascii bool) Look {
	look := Look{Depth: Sixteen, ASCII: ascii || !unicodeLocale(env)}
	r := lipgloss.NewRenderer(w)
	switch r.ColorProfile() {
	case termenv.TrueColor, termenv.ANSI256:
		look.Depth = Many
	case termenv.Ascii:
		look.Depth = Mono
	}
	switch theme {
	case "dark":
	case "light":
		look.Light = true
	case "16":
		look.Depth = min(look.Depth, Sixteen)
	case "mono":
		look.Depth = Mono
	default:
		look.Light = lightBackground(env) // until the terminal has said: see Background
	}
	if env("NO_COLOR") != "" || env("TERM") == "dumb" || env("CLICOLOR") == "0" {
		look.Depth = Mono
	}
	return look
}

// lightBackground is what COLORFGBG says of the background; terminals that do not set it
// are taken to be dark.
func lightBackground(env func(string) string) bool {
	_, bg, ok := strings.Cut(env("COLORFGBG"), ";")
	if i := strings.LastIndexByte(bg, ';'); i >= 0 {
		bg = bg[i+1:]
	}
	return ok && (bg == "7" || bg == "15")
}

// unicodeLocale reports whether the locale has UTF-8; none at all is taken to have it.
func unicodeLocale(env func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := env(name); v != "" {
			low := strings.ToLower(v)
			return strings.Contains(low, "utf-8") || strings.Contains(low, "utf8")
		}
	}
	return true
}

// Style marks text on the screen. The zero Style leaves it alone.
type Style struct{ on string }

// Render marks a text, which must be clean and in one line.
func (s Style) Render(text string) string {
	if s.on == "" || text == "" {
		return text
	}
	return s.on + text + "\x1b[0m"
}

// With gives both marks; where they disagree, other counts.
func (s Style) With(other Style) Style { return Style{s.on + other.on} }

// On is what turns the style on, for renderers that write cell by cell.
func (s Style) On() string { return s.on }

// Off ends any style.
const Off = "\x1b[0m"

func sgr(codes string) Style { return Style{"\x1b[" + codes + "m"} }

// For builds the styles of a look.
func For(look Look) *Styles {
	s := &Styles{Look: look, Glyphs: unicodeGlyphs}
	if look.ASCII {
		s.Glyphs = asciiGlyphs
	}
	shades := inkOf(look)
	colour := func(code string) Style {
		if look.Depth == Mono {
			return Style{}
		}
		if shade, ok := shades[code]; ok {
			code = "38;5;" + shade
		}
		return sgr(code)
	}
	bold, faint, under, reverse := sgr("1"), sgr("2"), sgr("4"), sgr("7")
	if look.Depth == Many {
		faint = colour("2")
	}
	s.Faint, s.Strong, s.Title = faint, bold, bold
	s.Border, s.Active = faint, colour("36").With(bold)
	s.Cursor, s.Chosen, s.Selection, s.Bar = reverse, reverse, reverse, Style{}
	s.Match, s.Mark = under.With(bold), bold.With(under)
	s.Current = Style{}
	s.Error, s.Warning, s.Note, s.Good = colour("31").With(bold), colour("33").With(bold), colour("34"), colour("32")
	s.WrongText, s.DoubtfulText = under.With(colour("31")), under.With(colour("33"))
	s.Key = colour("36").With(bold)
	s.Keyword, s.Function, s.String, s.Number = colour("34").With(bold), colour("36"), colour("32"), colour("35")
	s.Comment, s.Hint, s.Symbol, s.QuotedName = faint, colour("33"), Style{}, colour("36")
	s.Added, s.Removed, s.Changed = colour("32"), colour("31"), colour("33")
	if look.Depth == Mono {
		s.Keyword, s.Error, s.Warning = bold, bold.With(reverse), bold
	}
	if look.Depth == Many {
		dark, mid, soft := "48;5;236", "48;5;237", "48;5;18"
		if look.Light {
			dark, mid, soft = "48;5;255", "48;5;253", "48;5;189"
		}
		s.Selection, s.Chosen = sgr(soft), sgr(mid).With(bold)
		s.Current, s.Bar = sgr(dark), sgr(dark)
		s.Match = sgr("48;5;222;38;5;16")
		s.Mark = sgr("48;5;" + map[bool]string{false: "53", true: "225"}[look.Light])
	}
	s.graph = s.graphStyles()
	return s
}

// inkOf are the colours of text by the code that they stand for, where there are 256. They are
// chosen so that each can be read on every background that weir sets, and on usual ones of
// terminals: contrast is 4.5 to 1 at least, which a test holds them to.
func inkOf(look Look) map[string]string {
	switch {
	case look.Depth != Many:
		return nil
	case look.Light:
		return map[string]string{"31": "124", "32": "22", "33": "58", "34": "19", "35": "90", "36": "23", "2": "240"}
	}
	return map[string]string{"31": "217", "32": "150", "33": "222", "34": "117", "35": "183", "36": "116", "2": "250"}
}

// graphStyles are the roles of a graph's rendering in the same look.
func (s *Styles) graphStyles() map[topology.Role]Style {
	return map[topology.Role]Style{
		topology.RoleTitle: s.Title, topology.RoleRail: s.Faint, topology.RoleLabel: s.Strong, topology.RoleName: s.Function,
		topology.RoleParallel: s.Note, topology.RoleExchange: s.Hint, topology.RoleChained: s.Faint, topology.RoleChangelog: s.Number,
		topology.RoleKey: s.Good, topology.RoleState: s.Function, topology.RoleNote: s.Faint,
		topology.RoleAdded: s.Added, topology.RoleRemoved: s.Removed, topology.RoleChanged: s.Changed,
		topology.RoleChosen: s.Active, topology.RoleFigure: s.Good,
	}
}
