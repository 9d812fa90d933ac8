package format

import "strings"

// Options picks a format's options out of a table's: with prefix "" and name "json"
// those that start with "json.", with prefix "value." those that start with
// "value.json.". Their keys lose both.
func Options(table map[string]string, prefix, name string) map[string]string {
	out := map[string]string{}
	start := prefix + name + "."
	for k, v := range table {
		if rest, ok := strings.CutPrefix(k, start); ok {
			out[rest] = v
		}
	}
	return out
}
