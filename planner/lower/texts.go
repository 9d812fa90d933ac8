package lower

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// maxOrigin bounds the text that says where a column comes from: texts of columns
// computed from computed columns would grow without end.
const maxOrigin = 160

// short gives a text as it is, or its beginning and a hash that stands for the rest.
func short(s string) string {
	if len(s) <= maxOrigin {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return s[:maxOrigin-20] + "…" + hex.EncodeToString(sum[:8])
}

// resolve writes what an expression computes with columns named by where they come
// from: no aliases, no positions.
func resolve(e rex.Expr, origins []string) string {
	switch e := e.(type) {
	case *rex.Ref:
		if e.Index < len(origins) {
			return origins[e.Index]
		}
		return e.String()
	case *rex.Field:
		return resolve(e.X, origins) + "." + e.Name
	case *rex.Call:
		parts := make([]string, len(e.Args))
		for i, a := range e.Args {
			parts[i] = resolve(a, origins)
		}
		s := e.Fn + "(" + strings.Join(parts, ", ") + ")"
		if e.Fn == "CAST" || e.Fn == "TRY_CAST" {
			s += ":" + e.T.Null().String()
		}
		return s
	default:
		return e.String()
	}
}

// resolveCall is resolve for an aggregate call.
func resolveCall(c rex.AggCall, origins []string) string {
	return short(logical.AggText(c, func(i int) string { return origins[i] }))
}

var infix = map[string]int{"OR": 1, "AND": 2, "=": 4, "<>": 4, "<": 4, "<=": 4, ">": 4, ">=": 4, "LIKE": 4,
	"+": 5, "-": 5, "*": 6, "/": 6, "%": 6}

// exprText writes an expression for people, much as it stood in the SQL.
// Text prints an expression over columns with the given names, for people.
func Text(e rex.Expr, names []string) string { return exprText(e, names) }

func exprText(e rex.Expr, names []string) string { return prec(e, names, 0) }

func prec(e rex.Expr, names []string, outer int) string {
	switch e := e.(type) {
	case *rex.Ref:
		if e.Index < len(names) {
			return names[e.Index]
		}
		return e.Name
	case *rex.Field:
		return prec(e.X, names, 9) + "." + e.Name
	case *rex.Lit:
		return litText(e)
	case *rex.Call:
		return callText(e, names, outer)
	}
	return e.String()
}

func callText(c *rex.Call, names []string, outer int) string {
	own, isInfix := infix[c.Fn]
	isInfix = isInfix && len(c.Args) >= 2
	// Each argument is written once: twice a level would double the work with every level of nesting.
	args := make([]string, len(c.Args))
	for i, a := range c.Args {
		inner := 0
		switch {
		case isInfix:
			inner = own
			if i > 0 && c.Fn != "AND" && c.Fn != "OR" {
				inner++
			}
		case c.Fn == "NEGATE", strings.HasPrefix(c.Fn, "IS_") && len(c.Args) == 1:
			inner = 9
		}
		args[i] = prec(a, names, inner)
	}
	switch {
	case isInfix:
		s := strings.Join(args, " "+c.Fn+" ")
		if own < outer {
			return "(" + s + ")"
		}
		return s
	case c.Fn == "IN":
		return args[0] + " IN (" + strings.Join(args[1:], ", ") + ")"
	case strings.HasPrefix(c.Fn, "IS_") && len(args) == 1:
		return args[0] + " " + strings.ReplaceAll(c.Fn, "_", " ")
	case strings.HasPrefix(c.Fn, "IS_") && len(args) == 2:
		return args[0] + " " + strings.ReplaceAll(c.Fn, "_", " ") + " " + args[1]
	case c.Fn == "CAST" || c.Fn == "TRY_CAST":
		return c.Fn + "(" + args[0] + " AS " + c.T.Null().WithAttr(types.NoTimeAttr).String() + ")"
	case c.Fn == "ITEM":
		return args[0] + "[" + args[1] + "]"
	case c.Fn == "NEGATE":
		return "-" + args[0]
	case c.Fn == "CASE":
		var b strings.Builder
		b.WriteString("CASE")
		for i := 0; i+1 < len(args); i += 2 {
			b.WriteString(" WHEN " + args[i] + " THEN " + args[i+1])
		}
		return b.String() + " ELSE " + args[len(args)-1] + " END"
	}
	return c.Fn + "(" + strings.Join(args, ", ") + ")"
}

func litText(l *rex.Lit) string {
	switch v := l.Value.(type) {
	case nil:
		return "NULL"
	case bool:
		return strings.ToUpper(strconv.FormatBool(v))
	case string:
		if l.T.Kind == types.Symbol {
			return v
		}
	case int64:
		switch {
		case l.T.Kind == types.IntervalDayTime:
			return "INTERVAL " + millisText(v)
		case l.T.Kind == types.IntervalYearMonth:
			return fmt.Sprintf("INTERVAL %d months", v)
		case l.T.IsInteger():
			return strconv.FormatInt(v, 10)
		}
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return l.String()
}

// millisText writes a length of time in its largest whole unit: "10 min".
func millisText(ms int64) string {
	for _, u := range []struct {
		size int64
		name string
	}{{86400000, "d"}, {3600000, "h"}, {60000, "min"}, {1000, "s"}} {
		if ms != 0 && ms%u.size == 0 {
			return fmt.Sprintf("%d %s", ms/u.size, u.name)
		}
	}
	return fmt.Sprintf("%d ms", ms)
}

// windowText describes a window with its time column named.
func windowText(w physical.Window, time string) string {
	if w.Kind == physical.Attached {
		return "window"
	}
	parts := []string{time}
	switch w.Kind {
	case physical.Hop, physical.Cumulate:
		parts = append(parts, millisText(w.Slide))
	}
	parts = append(parts, millisText(w.Size))
	if w.Offset != 0 {
		parts = append(parts, "offset "+millisText(w.Offset))
	}
	if w.Zone != "" {
		parts = append(parts, "zone "+w.Zone)
	}
	return w.Kind.String() + "(" + strings.Join(parts, ", ") + ")"
}

func orderText(keys []rex.SortKey, names []string) string {
	s := make([]string, len(keys))
	for i, k := range keys {
		s[i] = names[k.Col]
		if k.Desc {
			s[i] += " desc"
		}
		if k.NullsLast != k.Desc {
			s[i] += map[bool]string{true: " nulls last", false: " nulls first"}[k.NullsLast]
		}
	}
	return strings.Join(s, ", ")
}

func fieldNames(fs []types.Field) []string {
	out := make([]string, len(fs))
	for i, f := range fs {
		out[i] = f.Name
	}
	return out
}

// joinShort lists names, at most some of them.
func joinShort(names []string, most int) string {
	if len(names) > most {
		return strings.Join(names[:most-1], ", ") + fmt.Sprintf(", … %d more", len(names)-most+1)
	}
	return strings.Join(names, ", ")
}

// slug makes the short name of an operator: words of letters and digits joined by
// dashes, "agg-city".
func slug(parts ...string) string {
	var words []string
	for _, p := range parts {
		w := strings.Map(func(r rune) rune {
			switch {
			case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '_', r == '-':
				return r
			case r >= 'A' && r <= 'Z':
				return r + 'a' - 'A'
			case r > 127:
				return r
			}
			return -1
		}, p)
		if w != "" {
			words = append(words, w)
		}
	}
	s := []rune(strings.Join(words, "-"))
	if len(s) > 40 {
		s = s[:40]
	}
	return string(s)
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}
