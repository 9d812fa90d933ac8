//go:build linux

package main

import (
	"bytes"
	"testing"
)

// The terminal is asked for its background; a light one has the light colours, and the answer is no
// text. One that does not answer is not waited for.
func TestTheTerminalSaysThatItIsLight(t *testing.T) {
	for _, name := range []string{"CI", "CLICOLOR", "COLORFGBG", "WEIR_THEME", "COLORTERM"} { // what decides about colours
		t.Setenv(name, "")
	}
	x := openTerminal(t, workbenchProject(t), 100, 30)
	x.await(0, "first_column")
	x.await(0, "\x1b]11;?\x1b\\") // whoever does not answer sees the script, and types
	at := len(x.written(0))
	x.typed("Q")
	x.await(at, "Q")
	at = len(x.written(0))
	x.typed("\x1b]11;rgb:ffff/ffff/ffff\x1b\\")
	x.await(at, "48;5;255") // the bar of the light look
	at = len(x.written(0))
	x.typed("Z")
	x.await(at, "Z")
	if out := x.written(0); bytes.Contains(out, []byte("rgb")) || bytes.Contains(out, []byte("fff/f")) {
		t.Errorf("the answer is on the screen:\n%q", out)
	}
}
