package topology

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// RenderJSON writes the marshalled form, indented, with a line end. ReadModel reads
// it back. Characters that are special in HTML are escaped, so that the text can
// stand in a page.
func RenderJSON(m *Model) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	if err := enc.Encode(m); err != nil {
		return nil, fmt.Errorf("write the plan of %s as JSON: %w", m.Script, err)
	}
	return b.Bytes(), nil
}
