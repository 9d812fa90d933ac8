package syntax

import "github.com/weir-sql/weir/planner/diag"

// TokenKind tells tokens apart.
type TokenKind uint8

// The kinds of tokens.
const (
	TokenEOF         TokenKind = iota
	TokenName                  // a plain name that is no keyword
	TokenQuotedName            // `name`
	TokenKeyword               // reserved or not
	TokenNumber                // 1, 1.5, .5, 1E3
	TokenString                // 'text', also with a prefix: U&'…' N'…' E'…' _UTF8'…'; $$text$$
	TokenBinary                // X'AB'
	TokenSymbol                // punctuation and operators
	TokenHintOpen              // /*+
	TokenHintClose             // */ that ends a hint
	TokenComment               // -- …, // … or /* … */
	TokenDoubleQuote           // "text", which Flink SQL does not have
	TokenVariable              // ${…}
	TokenBad                   // a character that begins no token, or text without its end
)

// Token is one word, literal, symbol or comment of a source text.
type Token struct {
	Kind TokenKind
	// Reserved tells that a TokenKeyword cannot be a name without backticks.
	Reserved bool
	Pos      diag.Span
	// Word is the upper-case keyword of a TokenKeyword and the text of a TokenSymbol.
	Word string
	// own is the text of a token that a raw variable gave: it stands nowhere in the source.
	own string
}

// Text is the token as written in the source it was scanned from.
func (t Token) Text(src string) string {
	if t.own != "" {
		return t.own
	}
	return src[t.Pos.Start:t.Pos.End]
}
