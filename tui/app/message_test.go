package app

import "github.com/weir-sql/weir/tui/pane"

func toastOf(text string) pane.Toast { return pane.Toast{Level: pane.Fail, Text: text} }
func busyOf(text string) pane.Busy   { return pane.Busy{Name: "x", Text: text} }
func doneOf(string) pane.Busy        { return pane.Busy{Name: "x", Done: true} }
