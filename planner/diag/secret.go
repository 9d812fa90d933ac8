package diag

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// secretWords mark option keys that are secrets even if nobody declared them.
var secretWords = []string{"password", "passwd", "passphrase", "secret", "token", "apikey", "api-key", "access-key", "access.key", "private", "sasl.jaas", "credential"}

// IsSecretKey reports whether an option key looks like a secret.
func IsSecretKey(key string) bool {
	k := strings.ToLower(key)
	for _, w := range secretWords {
		if strings.Contains(k, w) {
			return true
		}
	}
	return false
}

// likeSecret is IsSecretKey that also sees a slip of the pen: 'pasword' holds a password too.
func likeSecret(key string) bool {
	if IsSecretKey(key) {
		return true
	}
	for _, part := range strings.FieldsFunc(strings.ToLower(key), func(r rune) bool { return r == '.' || r == '-' || r == '_' }) {
		if len(part) >= 5 && Nearest(part, secretWords) != "" {
			return true
		}
	}
	return false
}

// option is a key and its value in a WITH clause or a SET; the value may lack its closing quote.
var option = regexp.MustCompile(`'([^']*)'(\s*=\s*')((?:[^']|'')*)`)

// HideSecrets covers the values of secret options in a text of several lines.
func HideSecrets(text string) string { return hideSecrets(text) }

// hideSecrets covers the values of secret options in a source line, character by character, so that columns stay.
func hideSecrets(line string) string {
	if !strings.Contains(line, "'") {
		return line
	}
	return option.ReplaceAllStringFunc(line, func(s string) string {
		m := option.FindStringSubmatch(s)
		if !likeSecret(m[1]) {
			return s
		}
		return "'" + m[1] + "'" + m[2] + strings.Repeat("*", utf8.RuneCountInString(m[3]))
	})
}
