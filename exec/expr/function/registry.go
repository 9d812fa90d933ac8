package function

import (
	"sort"
	"strings"

	"github.com/weir-sql/weir/planner/catalog"
)

// Registry finds functions by name. It holds scalar functions with their kernels
// and, so that the binder has one place to ask, the descriptions of aggregate,
// table and window functions whose implementation is elsewhere. It does not change
// once made, so any number of goroutines may use it.
type Registry struct {
	scalars map[string]*Func
	all     map[string]*catalog.Function
	names   []string
}

var _ catalog.Functions = (*Registry)(nil)

// NewRegistry makes a registry of scalar functions and of the descriptions of other
// functions. Of two functions of one name the later one counts.
func NewRegistry(scalars []*Func, others ...*catalog.Function) *Registry {
	r := &Registry{scalars: map[string]*Func{}, all: map[string]*catalog.Function{}}
	for _, f := range scalars {
		for _, n := range names(&f.Function) {
			r.scalars[n] = f
			r.all[n] = &f.Function
		}
	}
	for _, f := range others {
		for _, n := range names(f) {
			r.all[n] = f
		}
	}
	for n := range r.all {
		r.names = append(r.names, n)
	}
	sort.Strings(r.names)
	return r
}

// With makes a registry that knows more scalar functions, e.g. those a script
// creates; they hide functions of the same name.
func (r *Registry) With(more ...*Func) *Registry {
	out := &Registry{scalars: map[string]*Func{}, all: map[string]*catalog.Function{}}
	for n, f := range r.scalars {
		out.scalars[n] = f
	}
	for n, f := range r.all {
		out.all[n] = f
	}
	for _, f := range more {
		for _, n := range names(&f.Function) {
			out.scalars[n] = f
			out.all[n] = &f.Function
		}
	}
	for n := range out.all {
		out.names = append(out.names, n)
	}
	sort.Strings(out.names)
	return out
}

func names(f *catalog.Function) []string {
	out := []string{strings.ToUpper(f.Name)}
	for _, a := range f.Aliases {
		out = append(out, strings.ToUpper(a))
	}
	return out
}

// Function finds a function by name or alias, in any case; nil if there is none.
func (r *Registry) Function(name string) *catalog.Function {
	if f, ok := r.all[name]; ok {
		return f
	}
	return r.all[strings.ToUpper(name)]
}

// Scalar finds a scalar function with its kernel; nil if there is none.
func (r *Registry) Scalar(name string) *Func { return r.scalars[name] }

// Names gives all names and aliases, sorted.
func (r *Registry) Names() []string { return r.names }

// All lists every scalar function and operator, family by family.
func All() []*Func {
	var out []*Func
	for _, family := range [][]*Func{
		arithmetic, comparison, logic, conditional, casts, texts, likes, regexps, splits, prints, charsets,
		mathematics, times, timeFormats, hashes, jsons, variants, collections, structured, bitmaps, meta,
	} {
		out = append(out, family...)
	}
	return out
}

var builtin = NewRegistry(All())

// Builtin is the registry of the scalar functions of this package alone.
func Builtin() *Registry { return builtin }
