package topology

import (
	"slices"
	"strings"
)

// yamlSet returns the text with the scalar at a path of keys set, changing no line
// but that one or adding the lines that are missing. The value is YAML already
// (yamlText). before orders siblings: it tells whether key a of the mapping at a
// path goes ahead of key b.
func yamlSet(text string, path []string, value string, before func(path []string, a, b string) bool) string {
	root, _ := readYAML(text)
	parent, depth := root, 0
	for depth < len(path)-1 {
		next := parent.child(path[depth])
		if next == nil {
			break
		}
		parent, depth = next, depth+1
	}
	lines := splitLines(text)
	if leaf := parent.child(path[depth]); leaf != nil { // then depth is the last
		lines = slices.Delete(lines, leaf.line+1, leaf.last+1)
		lines[leaf.line] = withValue(lines[leaf.line], text, leaf, value)
		return joinLines(lines)
	}
	if parent.value != "" || parent.quoted { // becomes a mapping
		lines[parent.line] = withValue(lines[parent.line], text, parent, "")
	}
	indent, at := parent.indent+2, parent.line+1
	if parent == root {
		indent, at = 0, len(lines)
		if len(root.entries) > 0 {
			at = root.entries[0].line
		}
	}
	for _, sibling := range parent.entries {
		indent = sibling.indent
		if before(path[:depth], sibling.key, path[depth]) {
			at = sibling.last + 1
		}
	}
	var block []string
	for ; depth < len(path); depth++ {
		line := strings.Repeat(" ", indent) + yamlKey(path[depth]) + ":"
		if depth == len(path)-1 && value != "" {
			line += " " + value
		}
		block = append(block, line)
		indent += 2
	}
	return joinLines(slices.Insert(lines, at, block...))
}

// yamlRemove returns the text without the entry at a path and the comments right
// above it, and without mappings above that are empty then, but for the outermost
// keep of them.
func yamlRemove(text string, path []string, keep int) string {
	for len(path) > keep {
		root, _ := readYAML(text)
		parent, e := root, (*yamlEntry)(nil)
		for i, key := range path {
			if i > 0 {
				parent = e
			}
			if e = parent.child(key); e == nil {
				return text
			}
		}
		lines := splitLines(text)
		first := e.line
		for first > 0 && strings.HasPrefix(lines[first-1], strings.Repeat(" ", e.indent)+"#") {
			first-- // a comment right above is about this entry
		}
		text = joinLines(slices.Delete(lines, first, e.last+1))
		if len(parent.entries) > 1 {
			return text
		}
		path = path[:len(path)-1]
	}
	return text
}

// withValue replaces the value on the line of an entry; a comment behind it stays.
func withValue(line, text string, e *yamlEntry, value string) string {
	begin := strings.LastIndexByte(text[:e.span.Start], '\n') + 1
	head := line[:e.span.End-begin]
	tail := line[e.valueSpan.End-begin:]
	head += ":"
	if value != "" {
		head += " " + value
	}
	if tail = strings.TrimLeft(tail, " "); tail != "" {
		tail = "  " + tail
	}
	return head + tail
}

// yamlKey writes a key; numbers of inputs stay plain.
func yamlKey(s string) string {
	if s != "" && strings.Trim(s, "0123456789") == "" {
		return s
	}
	return yamlText(s)
}

func splitLines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

func joinLines(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}
