package styles

import (
	"bytes"
	"strconv"
)

// AskBackground is what asks a terminal for the colour of its background (OSC 11).
const AskBackground = "\x1b]11;?\x1b\\"

// answerHead is how an answer begins.
var answerHead = []byte("\x1b]11;")

// Background takes the answer to AskBackground out of what a terminal has sent. light tells
// whether its background is light; found, whether there was an answer. more tells that the answer
// begins in b but its end is still to come; nothing is taken out then.
func Background(b []byte) (rest []byte, light, found, more bool) {
	at := bytes.Index(b, answerHead)
	if at < 0 {
		return b, false, false, false
	}
	text := b[at+len(answerHead):]
	end, skip := bytes.IndexByte(text, '\a'), 1
	if i := bytes.Index(text, []byte("\x1b\\")); i >= 0 && (end < 0 || i < end) {
		end, skip = i, 2
	}
	if end < 0 {
		return b, false, false, true
	}
	light, found = lightColour(string(text[:end]))
	return append(append([]byte{}, b[:at]...), text[end+skip:]...), light, found, false
}

// lightColour reads a colour of X11, rgb:RRRR/GGGG/BBBB with one to four digits each, and tells
// whether dark text is read better on it than light.
func lightColour(text string) (light, ok bool) {
	head, rest, ok := bytes.Cut([]byte(text), []byte(":"))
	if !ok || string(head) != "rgb" && string(head) != "rgba" {
		return false, false
	}
	parts := bytes.Split(rest, []byte("/"))
	if len(parts) < 3 {
		return false, false
	}
	var c [3]float64
	for i := range c {
		v, err := strconv.ParseUint(string(parts[i]), 16, 16)
		if err != nil {
			return false, false
		}
		c[i] = float64(v) / float64(uint64(1)<<(4*len(parts[i]))-1)
	}
	return Luminance(c[0], c[1], c[2]) > 0.18, true // black and white contrast alike at 0.179
}
