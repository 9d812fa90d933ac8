package topology

import "strings"

// canvas is a sheet of terminal cells on which boxes and edges are drawn.
type canvas struct {
	w, h  int
	cells []cell
}

// cell holds a character, or the arms of the lines that meet in it.
type cell struct {
	r    rune // 0 = none, −1 = right half of a wide character
	role Role
	arms arm
	net  int // whose line it is; lines of one net join, lines of two pass each other
}

// arm is a set of directions in which a line leaves a cell.
type arm uint8

const (
	up arm = 1 << iota
	down
	left
	right
)

// lineOf draws arms: edges have round corners, to be told from boxes.
var lineOf = [16]rune{
	up: '│', down: '│', up | down: '│', left: '─', right: '─', left | right: '─',
	down | right: '╭', down | left: '╮', up | right: '╰', up | left: '╯',
	up | down | right: '├', up | down | left: '┤', left | right | down: '┬', left | right | up: '┴',
	up | down | left | right: '┼',
}

func newCanvas(w, h int) *canvas {
	return &canvas{w, h, make([]cell, w*h)}
}

func (c *canvas) at(x, y int) *cell {
	if x < 0 || y < 0 || x >= c.w || y >= c.h {
		return &cell{} // outside: drawn to nowhere
	}
	return &c.cells[y*c.w+x]
}

// put writes a character over whatever is there.
func (c *canvas) put(x, y int, r rune, role Role) {
	*c.at(x, y) = cell{r: r, role: role}
}

// text writes clean text and returns the x after it.
func (c *canvas) text(x, y int, p piece) int {
	for _, r := range p.text {
		switch runeWidth(r) {
		case 0: // a combining mark would need a cell of its own
		case 1:
			c.put(x, y, r, p.role)
			x++
		case 2:
			c.put(x, y, r, p.role)
			c.put(x+1, y, -1, p.role)
			x += 2
		}
	}
	return x
}

// line draws a route of a net from its first point to just before its last.
func (c *canvas) line(net int, points []point) {
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		switch {
		case a.x == b.x:
			last := b.y
			if i == len(points)-1 {
				last-- // the last point is the border of a box
			}
			if i == 1 {
				c.arm(net, a.x, a.y, up) // the box above
			}
			for y := a.y; y <= last; y++ {
				if y > a.y {
					c.arm(net, a.x, y, up)
				}
				if y < b.y {
					c.arm(net, a.x, y, down)
				}
			}
		case a.y == b.y:
			if i == 1 {
				c.arm(net, a.x, a.y, up)
			}
			for x := min(a.x, b.x); x <= max(a.x, b.x); x++ {
				if x > min(a.x, b.x) {
					c.arm(net, x, a.y, left)
				}
				if x < max(a.x, b.x) {
					c.arm(net, x, a.y, right)
				}
			}
		}
	}
}

// arm adds an arm to a cell. Where two nets meet, the vertical line passes over the
// horizontal one.
func (c *canvas) arm(net, x, y int, a arm) {
	cell := c.at(x, y)
	if cell.arms != 0 && cell.net != net {
		if a == left || a == right {
			return
		}
		cell.arms = 0
	}
	cell.arms |= a
	cell.net, cell.role = net, RoleRail
}

// print writes the sheet, runs of one role painted together.
func (c *canvas) print(b *strings.Builder, o Options) {
	for y := range c.h {
		var line []piece
		for _, cell := range c.cells[y*c.w : (y+1)*c.w] {
			r := cell.r
			switch {
			case r == -1:
				continue
			case r == 0 && cell.arms != 0:
				r = lineOf[cell.arms]
			case r == 0:
				r = ' '
			}
			if n := len(line); n > 0 && (line[n-1].role == cell.role || r == ' ') {
				line[n-1].text += string(r)
			} else {
				line = append(line, piece{cell.role, string(r)})
			}
		}
		o.writeLine(b, line)
	}
}
