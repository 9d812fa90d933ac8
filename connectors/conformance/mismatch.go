package conformance

import (
	"errors"
	"testing"

	"github.com/weir-sql/weir/planner/diag"
)

// mismatch checks that data that do not fit give one diagnostic, not a panic.
func (s SourceTest) mismatch(t *testing.T) {
	src := s.Broken(t)
	defer src.Close()
	_, err := ReadAll(t.Context(), src, s.types(nil))
	_ = IsDiagnostic(t, err)
}

// IsDiagnostic fails the test unless err is a diagnostic with a code.
func IsDiagnostic(t *testing.T, err error) *diag.Diagnostic {
	t.Helper()
	var d *diag.Diagnostic
	if !errors.As(err, &d) {
		t.Fatalf("got %v (%T), want a diagnostic", err, err)
	}
	if d.Code == "" || d.Primary == "" {
		t.Fatalf("diagnostic %+v has no code or text", d)
	}
	return d
}
