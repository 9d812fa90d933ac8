package syntax

func (p *printer) createFunction(c *CreateFunction) doc {
	out := docConcat{words("CREATE", when(c.Temporary, "TEMPORARY"), when(c.System, "SYSTEM"), when(c.Aggregate, "AGGREGATE"), "FUNCTION",
		when(c.IfNotExists, "IF NOT EXISTS")), text(" "), p.name(c.Name)}
	if s := c.Signature; s != nil {
		out = append(out, p.fields(s.Params))
		switch {
		case s.Table != nil:
			out = append(out, text(" RETURNS TABLE "), p.fields(s.Table))
		case s.Returns != nil:
			out = append(out, text(" RETURNS "), p.typeExpr(s.Returns))
		}
	}
	if c.Body != nil {
		out = append(out, text(" AS "), p.str(c.Body))
	}
	out = append(out, text(when(c.Language != "", " LANGUAGE "+c.Language)),
		text([...]string{"", " DETERMINISTIC", " NOT DETERMINISTIC"}[c.Determinism]),
		text([...]string{"", " CALLED ON NULL INPUT", " RETURNS NULL ON NULL INPUT"}[c.NullInput]))
	if c.Resources != nil {
		out = append(out, clause(text("USING "), nest(items(p, c.Resources, line, p.resource))))
	}
	out = append(out, p.withOptions(c.Options))
	if c.Return != nil {
		out = append(out, clause(text("RETURN "), p.expr(c.Return)))
	}
	return out
}

// fields prints the parameters or columns of a function.
func (p *printer) fields(fs []*RowField) doc {
	if len(fs) == 0 {
		return text("()")
	}
	return parens(p, fs, p.rowField)
}

func (p *printer) resource(r *Resource) doc {
	return cat(text(when(r.File, "FILE ")+when(!r.File, "JAR ")), p.str(r.URI))
}

func (p *printer) alterFunction(a *AlterFunction) doc {
	return cat(words("ALTER", when(a.Temporary, "TEMPORARY"), when(a.System, "SYSTEM"), "FUNCTION", when(a.IfExists, "IF EXISTS")),
		text(" "), p.name(a.Name), text(" AS "), p.str(a.Body), text(when(a.Language != "", " LANGUAGE "+a.Language)))
}
