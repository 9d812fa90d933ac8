package syntax

import "github.com/weir-sql/weir/planner/diag"

// statementWords are the words that begin a statement.
var statementWords = map[string]bool{
	"SELECT": true, "WITH": true, "VALUES": true, "VALUE": true, "TABLE": true, "INSERT": true, "UPDATE": true,
	"DELETE": true, "TRUNCATE": true, "CREATE": true, "REPLACE": true, "DROP": true, "ALTER": true, "SHOW": true,
	"DESCRIBE": true, "DESC": true, "EXPLAIN": true, "USE": true, "LOAD": true, "UNLOAD": true, "SET": true,
	"RESET": true, "ADD": true, "REMOVE": true, "COMPILE": true, "EXECUTE": true, "ANALYZE": true, "STOP": true,
	"BEGIN": true, "CALL": true, "STATEMENT": true,
}

// statementList is statementWords and the client's commands, for advice.
var statementList = []string{"SELECT", "WITH", "VALUES", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "CREATE", "DROP",
	"ALTER", "SHOW", "DESCRIBE", "EXPLAIN", "USE", "LOAD", "UNLOAD", "SET", "RESET", "ADD", "REMOVE", "COMPILE",
	"EXECUTE", "ANALYZE", "STOP", "BEGIN", "CALL"}

// statement reads one statement without its semicolon.
func (p *parser) statement() Stmt {
	t := p.tok()
	switch t.Word {
	case "SELECT", "WITH", "VALUES", "VALUE", "TABLE", "(":
		return p.queryStmt()
	case "INSERT":
		return p.insert()
	case "UPDATE":
		return p.update()
	case "DELETE":
		return p.delete()
	case "TRUNCATE":
		return p.truncate()
	case "CALL":
		return p.callProcedure()
	case "CREATE":
		return p.create()
	case "REPLACE":
		if p.peek(1).Word == "TABLE" {
			return p.createTable(p.start(), tableFlags{replace: true})
		}
	case "DROP":
		return p.drop()
	case "ALTER":
		return p.alter()
	case "SHOW":
		return p.show()
	case "DESCRIBE", "DESC":
		return p.describe()
	case "EXPLAIN":
		return p.explain()
	case "USE":
		return p.use()
	case "LOAD":
		return p.loadModule()
	case "UNLOAD":
		return p.unloadModule()
	case "SET":
		return p.set()
	case "RESET":
		return p.reset()
	case "ADD", "REMOVE":
		return p.jar()
	case "COMPILE":
		return p.compile()
	case "EXECUTE":
		return p.execute()
	case "ANALYZE":
		return p.analyze()
	case "STOP":
		return p.stopJob()
	case "BEGIN":
		return p.beginStatementSet()
	case "STATEMENT":
		p.report(diag.Errorf(CodeUnexpected, t.Pos, "STATEMENT SET cannot stand alone").
			WithHint("write EXECUTE STATEMENT SET"))
		return p.statementSet()
	case "END":
		if n := p.peek(1); n.Kind != TokenEOF && n.Word != ";" {
			break
		}
		p.fail(diag.Errorf(CodeNowhere, t.Pos, "END without BEGIN STATEMENT SET").WithHint("remove it"))
	case "UPSERT":
		p.fail(diag.Errorf(CodeNowhere, t.Pos, "Flink SQL has no UPSERT").
			WithHint("write INSERT INTO; a table with a primary key is upserted"))
	}
	if cmd, ok := clientCommand(p.text(t)); ok && t.Kind == TokenName && (p.peek(1).Word == ";" || p.peek(1).Kind == TokenEOF) {
		p.next()
		return &ClientCommand{At(t.Pos), cmd}
	}
	return p.noStatement()
}

// noStatement reports a word that begins no statement.
func (p *parser) noStatement() Stmt {
	t := p.tok()
	if t.Kind == TokenName && p.repairWord(p.pos, statementList) {
		panic(bailout{})
	}
	if h := foreign(p, t); h != "" {
		code := CodeUnsupported
		if parsedByFlink[t.Word] {
			code = CodeNowhere
		}
		p.fail(diag.Errorf(code, t.Pos, "no statement begins with %s", p.quoted(t)).WithHint("%s", h))
	}
	switch t.Kind {
	case TokenBad:
		panic(bailout{})
	case TokenKeyword, TokenName:
		p.fail(diag.Errorf(CodeStatement, t.Pos, "no statement begins with %s", p.quoted(t)).
			WithHint("statements begin with SELECT, INSERT, CREATE, EXPLAIN, SET and the like"))
	}
	p.unexpected("a statement")
	return nil
}

// clientCommand finds the SQL client's commands.
func clientCommand(word string) (string, bool) {
	for _, c := range [...][2]string{{"help", "HELP"}, {"quit", "QUIT"}, {"exit", "QUIT"}, {"clear", "CLEAR"}} {
		if equalFold(word, c[0]) {
			return c[1], true
		}
	}
	return "", false
}

// equalFold compares a word with a lower-case one, ignoring ASCII case.
func equalFold(word, lower string) bool {
	if len(word) != len(lower) {
		return false
	}
	for i := range len(word) {
		c := word[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
