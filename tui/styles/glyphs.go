package styles

// Glyphs are the characters weir draws with. Each string of one set takes as many cells
// as that of the other, so that a layout is the same in both.
type Glyphs struct {
	TopLeft, TopRight, BottomLeft, BottomRight, Across, Down string
	TeeDown, TeeUp, TeeRight, TeeLeft                        string // joints of frames

	Dot, Check, Cross, Warn, Ellipsis string
	Left, Right, Up, Below            string // arrows
	Open, Closed                      string // of a tree's branch
	Bullet, Bar, Track                string
	Spark                             []rune // from empty to full
	Spinner                           []string
}

var unicodeGlyphs = &Glyphs{
	TopLeft: "┌", TopRight: "┐", BottomLeft: "└", BottomRight: "┘", Across: "─", Down: "│",
	TeeDown: "┬", TeeUp: "┴", TeeRight: "├", TeeLeft: "┤",
	Dot: "●", Check: "✓", Cross: "✗", Warn: "!", Ellipsis: "…",
	Left: "←", Right: "→", Up: "↑", Below: "↓", Open: "▾", Closed: "▸",
	Bullet: "·", Bar: "█", Track: "░",
	Spark:   []rune("▁▂▃▄▅▆▇█"),
	Spinner: []string{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧"},
}

var asciiGlyphs = &Glyphs{
	TopLeft: "+", TopRight: "+", BottomLeft: "+", BottomRight: "+", Across: "-", Down: "|",
	TeeDown: "+", TeeUp: "+", TeeRight: "+", TeeLeft: "+",
	Dot: "*", Check: "v", Cross: "x", Warn: "!", Ellipsis: "~",
	Left: "<", Right: ">", Up: "^", Below: "v", Open: "-", Closed: "+",
	Bullet: ".", Bar: "#", Track: ".",
	Spark:   []rune("_.-~=+*#"),
	Spinner: []string{"|", "/", "-", "\\"},
}
