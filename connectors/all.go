package connectors

import (
	"github.com/weir-sql/weir/connectors/format"
)

// All lists the connectors of weir.
func All() []Connector {
	return []Connector{}
}

// AllFormats lists the formats of weir.
func AllFormats() []format.Format {
	return []format.Format{}
}

// DefaultFormats is a registry of AllFormats.
func DefaultFormats() *format.Registry { return format.NewRegistry(AllFormats()...) }
