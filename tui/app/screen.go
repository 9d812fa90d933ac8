package app

import (
	"github.com/weir-sql/weir/tui/debug"
	"github.com/weir-sql/weir/tui/diff"
	"github.com/weir-sql/weir/tui/graph"
	"github.com/weir-sql/weir/tui/jobs"
	"github.com/weir-sql/weir/tui/pane"
)

// screen is one of those that 1 to 5 show.
type screen struct {
	name string
	pane pane.Pane
}

// makers makes the screens beside Edit, in the order of their numbers. A screen is one line here.
var makers = []struct {
	name string
	make func(*pane.Env) pane.Pane
}{
	{"Topology", func(env *pane.Env) pane.Pane { return graph.New(env) }},
	{"Debug", func(env *pane.Env) pane.Pane { return debug.New(env) }},
	{"Diff", func(env *pane.Env) pane.Pane { return diff.New(env) }},
	{"Jobs", func(env *pane.Env) pane.Pane { return jobs.New(env) }},
}

func (m *Model) makeScreens() []screen {
	list := []screen{{"Edit", m.work}}
	for _, s := range makers {
		list = append(list, screen{s.name, s.make(m.env)})
	}
	return list
}
