package bind

import (
	"strings"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
)

// report is a diagnostic that is collected already, for more to be said with it.
type report struct{ d *diag.Diagnostic }

func (r report) WithHint(format string, args ...any) report {
	_ = r.d.WithHint(format, forPeople(args)...)
	return r
}

func (r report) WithDetail(format string, args ...any) report {
	_ = r.d.WithDetail(format, forPeople(args)...)
	return r
}

// related points at a second place, if there is one.
func (r report) related(at diag.Span, message string) {
	if !at.IsZero() {
		r.d.Related = append(r.d.Related, diag.Related{Span: at, Message: message})
	}
}

// forPeople takes NOT NULL and time attributes from types that stand in messages; where these
// matter the type's String is handed in.
func forPeople(args []any) []any {
	out := make([]any, len(args))
	for i, a := range args {
		if t, ok := a.(types.Type); ok {
			a = plainTime(t).Null()
		}
		out[i] = a
	}
	return out
}

func (b *binder) errorf(code diag.Code, span diag.Span, format string, args ...any) report {
	d := diag.Errorf(code, span, format, forPeople(args)...)
	if b.fixed != nil {
		// Everything in a foreign text is placed at its use: say once what and where.
		for _, old := range b.diags {
			if old.Span == d.Span && old.Code == d.Code && old.Primary == d.Primary {
				return report{d}
			}
		}
		if n := len(b.open); n > 0 {
			_ = d.WithDetail("In the query of view %q.", b.open[n-1].Path.Name)
		}
	}
	b.diags.Add(d)
	return report{d}
}

func (b *binder) warnf(code diag.Code, span diag.Span, format string, args ...any) report {
	d := diag.Warnf(code, span, format, forPeople(args)...)
	b.diags.Add(d)
	return report{d}
}

// refuse reports something that parses and has a meaning in Flink but does not run here.
func (b *binder) refuse(span diag.Span, what string) report {
	return b.errorf(codeRefused, span, "%s is not executable in weir yet", what)
}

// refuseToo reports something that parses and that Flink's planner refuses as well.
func (b *binder) refuseToo(span diag.Span, what string) report {
	return b.errorf(codeRefused, span, "Flink SQL refuses %s, and so does weir", what)
}

// hintName points to the nearest candidate, if one is near.
func hintName(r report, name string, cands []string) {
	best := diag.Nearest(name, cands)
	if best == "" || len(name) < 2 && !strings.EqualFold(best, name) {
		return
	}
	if strings.EqualFold(best, name) && best != name {
		r.WithHint("names are case-sensitive: did you mean %q?", best)
		return
	}
	r.WithHint("did you mean %q?", best)
}
