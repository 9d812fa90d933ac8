package session

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/session/variable"
)

// ParseVariables reads what --var gives: name=value or name:TYPE=value.
func ParseVariables(texts []string) (map[string]variable.Given, error) {
	out := map[string]variable.Given{}
	for _, text := range texts {
		name, g, err := variable.ParseGiven(text)
		if err != nil {
			return nil, err
		}
		if _, twice := out[name]; twice {
			return nil, fmt.Errorf("--var gives %s twice", name)
		}
		out[name] = g
	}
	return out, nil
}

// variables are the values of ${…} in a script: what a person gave, else the fixture, else the project's defaults. The
// time zone is the one that the script sets, if it does.
func (s *Session) variables(text string, zoned *time.Location) *variable.Set {
	given := maps.Clone(s.assumed)
	if given == nil {
		given = map[string]variable.Given{}
	}
	maps.Copy(given, s.opts.Variables)
	set := &variable.Set{Declared: s.Project.Config.Variables, Given: given, Now: s.now, Zone: zoned}
	if !strings.Contains(text, "${") {
		return set
	}
	script, _ := syntax.Parse(text) // its problems are reported when it is planned
	for _, st := range script.Stmts {
		if on, ok := st.(*syntax.Set); ok && on.Key != nil && on.Value != nil && on.Key.Value == "table.local-time-zone" {
			if z, err := zone(map[string]string{on.Key.Value: on.Value.Value}); err == nil {
				set.Zone = z
			}
		}
	}
	return set
}
