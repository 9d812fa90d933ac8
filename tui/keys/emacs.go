package keys

// emacs is the key set of those whose fingers know Emacs and readline.
var emacs = map[string][]string{}
