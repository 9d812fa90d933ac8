package random

import (
	"fmt"
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

// maker makes one query.
type maker struct {
	t       *rapid.T
	names   int
	tables  []*Table
	views   []string // declared behind the tables: views and functions
	own     bool     // functions in SQL are there
	sources int
	plain   bool // tables that only grow
	filled  bool // tables must have rows
	ordered bool // rows come in the order of their times
}

func (m *maker) n(to int) int { return rapid.IntRange(0, to-1).Draw(m.t, "") }

// chance is true in so many of a hundred cases.
func (m *maker) chance(percent int) bool { return m.n(100) < percent }

func (m *maker) one(words ...string) string { return words[m.n(len(words))] }

// name is a new name.
func (m *maker) name(of string) string {
	m.names++
	return of + strconv.Itoa(m.names)
}

// scope are the columns that an expression may use, with the text that names each.
type scope []scoped

type scoped struct {
	text string
	kind Kind
}

func (s scope) of(k Kind) []string {
	var out []string
	for _, c := range s {
		if c.kind == k {
			out = append(out, c.text)
		}
	}
	return out
}

// kinds that values are made of.
var kinds = []Kind{Int, Int, BigInt, String, String, Decimal, Double, Bool}

// any makes an expression of some kind.
func (m *maker) any(s scope, depth int) (string, Kind) {
	if len(s) > 0 && m.chance(60) {
		c := s[m.n(len(s))]
		if c.kind == Time || m.chance(50) {
			return c.text, c.kind
		}
		return m.expr(s, c.kind, depth), c.kind
	}
	k := kinds[m.n(len(kinds))]
	return m.expr(s, k, depth), k
}

// expr makes an expression of a kind.
func (m *maker) expr(s scope, k Kind, depth int) string {
	columns := s.of(k)
	if depth <= 0 || m.chance(30) {
		if len(columns) > 0 && m.chance(85) {
			return columns[m.n(len(columns))]
		}
		return m.literal(k)
	}
	sub := func(k Kind) string { return m.expr(s, k, depth-1) }
	if m.own && m.chance(40) {
		switch k {
		case Int:
			return m.one("f_twice("+sub(Int)+")", "f_sum("+sub(Int)+", "+sub(Int)+")", "f_len("+sub(String)+")")
		case String:
			return "f_mark(" + sub(String) + ", " + sub(Int) + ")"
		case Bool:
			return "f_even(" + sub(Int) + ")"
		}
	}
	if m.chance(15) {
		switch m.n(4) {
		case 0:
			return fmt.Sprintf("CASE WHEN %s THEN %s ELSE %s END", m.cond(s, depth-1), sub(k), sub(k))
		case 1:
			return fmt.Sprintf("COALESCE(%s, %s)", sub(k), sub(k))
		case 2:
			return fmt.Sprintf("IF(%s, %s, %s)", m.cond(s, depth-1), sub(k), sub(k))
		default:
			if k != Bool {
				return fmt.Sprintf("NULLIF(%s, %s)", sub(k), sub(k))
			}
		}
	}
	switch k {
	case Int:
		switch m.n(8) {
		case 0:
			return fmt.Sprintf("(%s %s %s)", sub(Int), m.one("+", "-", "*"), sub(Int))
		case 1:
			return fmt.Sprintf("MOD(%s, 3)", sub(Int))
		case 2:
			return fmt.Sprintf("CHAR_LENGTH(%s)", sub(String))
		case 3:
			return fmt.Sprintf("ABS(%s)", sub(Int))
		case 4:
			return fmt.Sprintf("POSITION('b' IN %s)", sub(String))
		case 5:
			return fmt.Sprintf("CAST(%s AS INT)", sub(BigInt))
		case 6:
			return fmt.Sprintf("TRY_CAST(%s AS INT)", sub(String))
		default:
			return fmt.Sprintf("(%s / 2)", sub(Int))
		}
	case BigInt:
		switch m.n(3) {
		case 0:
			return fmt.Sprintf("(%s %s %s)", sub(BigInt), m.one("+", "-"), sub(BigInt))
		default:
			return fmt.Sprintf("CAST(%s AS BIGINT)", sub(Int))
		}
	case String:
		switch m.n(7) {
		case 0:
			return fmt.Sprintf("(%s || %s)", sub(String), sub(String))
		case 1:
			return fmt.Sprintf("%s(%s)", m.one("UPPER", "LOWER", "REVERSE", "TRIM", "INITCAP"), sub(String))
		case 2:
			return fmt.Sprintf("SUBSTRING(%s, %d)", sub(String), 1+m.n(2))
		case 3:
			return fmt.Sprintf("CAST(%s AS STRING)", sub(m.kind(Int, BigInt, Decimal, Bool)))
		case 4:
			return fmt.Sprintf("REPLACE(%s, 'a', %s)", sub(String), sub(String))
		case 5:
			return fmt.Sprintf("CONCAT_WS('-', %s, %s)", sub(String), sub(String))
		default:
			return fmt.Sprintf("LPAD(%s, 3, '*')", sub(String))
		}
	case Decimal:
		return fmt.Sprintf("CAST(%s AS DECIMAL(8, 2))", sub(m.kind(Int, Decimal)))
	case Double:
		switch m.n(3) {
		case 0:
			return fmt.Sprintf("(%s %s %s)", sub(Double), m.one("+", "-"), sub(Double))
		default:
			return fmt.Sprintf("CAST(%s AS DOUBLE)", sub(m.kind(Int, BigInt)))
		}
	case Bool:
		return m.cond(s, depth-1)
	}
	if len(columns) > 0 {
		return columns[m.n(len(columns))]
	}
	return m.literal(k)
}

func (m *maker) kind(ks ...Kind) Kind { return ks[m.n(len(ks))] }

// cond makes a condition.
func (m *maker) cond(s scope, depth int) string {
	sub := func(k Kind) string { return m.expr(s, k, depth-1) }
	if depth > 0 && m.chance(35) {
		switch m.n(3) {
		case 0:
			return "NOT (" + m.cond(s, depth-1) + ")"
		default:
			return "(" + m.cond(s, depth-1) + m.one(" AND ", " OR ") + m.cond(s, depth-1) + ")"
		}
	}
	switch m.n(8) {
	case 0:
		k := m.kind(Int, String, Decimal, BigInt)
		return fmt.Sprintf("%s IS %sNULL", sub(k), m.one("", "NOT "))
	case 1:
		return fmt.Sprintf("%s %sIN (%s, %s)", sub(Int), m.one("", "NOT "), m.literal(Int), m.literal(Int))
	case 2:
		return fmt.Sprintf("%s LIKE '%s'", sub(String), m.one("a%", "%b", "_", "%a%"))
	case 3:
		return fmt.Sprintf("%s BETWEEN %s AND %s", sub(Int), sub(Int), sub(Int))
	case 4:
		k := m.kind(Int, String)
		return fmt.Sprintf("%s IS %sDISTINCT FROM %s", sub(k), m.one("", "NOT "), sub(k))
	case 5:
		if c := s.of(Bool); len(c) > 0 {
			return c[m.n(len(c))] + m.one("", " IS TRUE", " IS NOT TRUE", " IS FALSE")
		}
	}
	k := m.kind(Int, Int, BigInt, String, Decimal, Double)
	l, r := sub(k), sub(k)
	if l == r { // Flink takes x = x for true, of NULL too
		r = m.literal(k)
	}
	return fmt.Sprintf("%s %s %s", l, m.one("=", "<>", "<", "<=", ">", ">="), r)
}

func (m *maker) literal(k Kind) string {
	if m.chance(8) {
		return "CAST(NULL AS " + string(k) + ")"
	}
	n := m.n(5)
	switch k {
	case Int:
		return strconv.Itoa(n - 1)
	case BigInt:
		return "CAST(" + strconv.Itoa(n-1) + " AS BIGINT)"
	case String:
		return "CAST('" + []string{"", "a", "ab", "B", "b"}[n] + "' AS STRING)"
	case Decimal:
		return "CAST(" + []string{"0.00", "1.50", "-2.25", "10.00", "0.5"}[n] + " AS DECIMAL(8, 2))"
	case Double:
		return []string{"0e0", "5e-1", "-125e-2", "2e0", "1e3"}[n]
	case Bool:
		return []string{"TRUE", "FALSE"}[n%2]
	}
	return "TIMESTAMP '2024-01-01 00:01:0" + strconv.Itoa(n) + "'"
}

// list joins texts.
func list(parts []string) string { return strings.Join(parts, ", ") }
