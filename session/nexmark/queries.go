// Package nexmark runs the queries of the Nexmark benchmark: their SQL, the sources their
// events come from, one measured run, and the figures of Apache Flink to hold beside it.
package nexmark

import (
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/weir-sql/weir/planner/diag"
)

//go:embed queries/*.sql
var files embed.FS

// last is the number of the last query.
const last = 23

// Names are the queries in order.
func Names() []string {
	names := make([]string, last+1)
	for i := range names {
		names[i] = fmt.Sprintf("q%d", i)
	}
	return names
}

// Select reads a list of queries such as "q0,q5"; "" means all.
func Select(list string) ([]string, error) {
	if list == "" {
		return Names(), nil
	}
	var out []string
	for _, name := range strings.Split(list, ",") {
		name = strings.TrimSpace(name)
		if !slices.Contains(Names(), name) {
			return nil, fmt.Errorf("query %q is none of Nexmark: they are q0 to q%d", name, last)
		}
		out = append(out, name)
	}
	return out, nil
}

// Title says in a few words what a query is about.
func Title(query string) string {
	line, _, _ := strings.Cut(text(query), "\n")
	return strings.TrimPrefix(line, "-- ")
}

func text(name string) string {
	b, err := files.ReadFile(path.Join("queries", name+".sql"))
	if err != nil {
		panic(err) // the folder is embedded
	}
	return string(b)
}

// Script is the whole script of a query: the tables, then the INSERT of its result into a
// sink that keeps nothing. dir is where files are.
func Script(query string, from Source, dir string) diag.Source {
	return script(query, from, dir, text(query))
}

// ResultScript is the script with a SELECT in place of the INSERT.
func ResultScript(query string, from Source, dir string) diag.Source {
	return script(query, from, dir, strings.Replace(text(query), "INSERT INTO "+query+"\n", "", 1))
}

func script(query string, from Source, dir, body string) diag.Source {
	all := table("events", from) + text("views") + "\n" + body
	return diag.Source{Name: query + ".sql", Text: strings.ReplaceAll(all, "${DIR}", strings.ReplaceAll(dir, "'", "''"))}
}

// table declares the events under a name.
func table(name string, from Source) string {
	options := make([]string, 0, len(from.Options))
	for k, v := range from.Options {
		options = append(options, fmt.Sprintf("  '%s' = '%s'", k, strings.ReplaceAll(v, "'", "''")))
	}
	slices.Sort(options)
	return strings.NewReplacer("${NAME}", name, "${OPTIONS}", strings.Join(options, ",\n")).Replace(text("events")) + "\n"
}
