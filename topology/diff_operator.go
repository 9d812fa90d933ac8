package topology

import (
	"fmt"
	"slices"
	"strings"
)

// OperatorDiff gathers what a difference does to one operator, inputs included, as
// sentences for a table.
type OperatorDiff struct {
	Change Change
	UID    string
	Name   string
	Label  string
	What   []Text // what is different, most telling first; empty for added and removed ones
}

// Material leaves out operators of which only the wording differs (names, labels),
// which a renamed alias or another order of columns does.
func (d *GraphDiff) Material() *GraphDiff {
	m := *d
	m.Nodes = slices.DeleteFunc(slices.Clone(d.Nodes), func(n NodeDiff) bool {
		return n.Change == Changed && !slices.ContainsFunc(n.Fields, func(f FieldDiff) bool {
			return f.Field != "name" && f.Field != "label" && f.Field != "detail"
		})
	})
	return &m
}

// Operators lists the operators of a difference in its order.
func (d *GraphDiff) Operators() []OperatorDiff {
	var out []OperatorDiff
	at := map[string]int{}
	key := func(name string, gone bool) string { return fmt.Sprintf("%t %s", gone, name) }
	for _, n := range d.Nodes {
		o := OperatorDiff{Change: n.Change, UID: n.UID, Name: n.Name, Label: n.Label}
		if n.Change == Changed {
			for _, f := range n.Fields {
				if t, ok := f.brief(); ok {
					o.What = append(o.What, t)
				}
			}
			if len(o.What) == 0 {
				o.What = append(o.What, meaningText(n))
			}
		}
		at[key(n.Name, n.Change == Removed)] = len(out)
		out = append(out, o)
	}
	for i := range d.Edges {
		e := &d.Edges[i]
		k, ok := at[key(e.To, e.gone)]
		if !ok {
			k = len(out)
			at[key(e.To, e.gone)] = k
			out = append(out, OperatorDiff{Change: Changed, UID: e.ToUID, Name: e.To})
		}
		if out[k].Change == Changed {
			out[k].What = append(out[k].What, e.brief()...)
		}
	}
	return out
}

// briefly are the fields that are worth a place in a table, in words.
var briefly = map[string]string{"parallelism": "parallelism", "maxParallelism": "max parallelism", "chaining": "chaining", "slotGroup": "slot group",
	"resources": "resources", "uid": "uid", "stateTTL": "state TTL", "keys": "key", "state": "state", "stateKey": "state key", "changelog": "changelog", "bounded": "bounded"}

func (f FieldDiff) brief() (Text, bool) {
	what, ok := briefly[f.Field]
	if prop, isProp := strings.CutPrefix(f.Field, "props."); isProp {
		what, ok = quote(prop), true
	}
	if !ok {
		return "", false
	}
	none := func(s string) string {
		if s == "" {
			return "none"
		}
		return quote(s)
	}
	if len(f.oldItems) > 0 && len(f.newItems) > 0 {
		if items := append(without(f.newItems, f.oldItems, "+ "), without(f.oldItems, f.newItems, "− ")...); len(items) > 0 {
			return Text(what + " " + strings.Join(quoteItems(items), ", ")), true
		}
	}
	return Text(what + " " + none(f.Old) + " → " + none(f.New)), true
}

// meaningText is for an operator that computes something else and differs in nothing
// else that is worth telling.
func meaningText(n NodeDiff) Text {
	for _, f := range n.Fields {
		if f.Field == "label" {
			return Text(quote(f.Old) + " → " + quote(f.New))
		}
	}
	for _, f := range n.Fields {
		if f.Field == "columns" {
			return Text("columns " + strings.Join(quoteItems(append(without(f.newItems, f.oldItems, "+ "), without(f.oldItems, f.newItems, "− ")...)), ", "))
		}
	}
	return "computes something else"
}

func (d *EdgeDiff) brief() (texts []Text) {
	input := "input"
	if d.Input > 0 {
		input = fmt.Sprintf("input %d", d.Input)
	}
	switch d.Change {
	case Added:
		return []Text{Text(fmt.Sprintf("%s added: %s from %s", input, quote(d.New.Exchange()), quote(d.New.From)))}
	case Removed:
		return []Text{Text(fmt.Sprintf("%s removed: %s from %s", input, quote(d.Old.Exchange()), quote(d.Old.From)))}
	}
	for _, f := range d.Fields {
		switch f.Field {
		case "partitioner":
			texts = append(texts, Text(input+" "+quote(f.Old)+" → "+quote(f.New)))
		case "from":
			texts = append(texts, Text(input+" from "+quote(f.Old)+" → "+quote(f.New)))
		case "changelog":
			texts = append(texts, Text(fmt.Sprintf("%s changelog %s → %s", input, f.Old, f.New)))
		}
	}
	return texts
}
