package keys

// vim is the key set with modes. In the editor, letters are commands until i, a, o and
// their like; what edit.vim.* has no key for here has one by default.
var vim = map[string][]string{}
