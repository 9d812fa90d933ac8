package topology

// OverlaySchema is the JSON Schema of an overlay file, for editors. ParseOverlay is
// the judge: it also checks durations and exchanges and says what is meant.
const OverlaySchema = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "weir topology overlay",
  "type": "object",
  "required": ["version"],
  "additionalProperties": false,
  "properties": {
    "version": {"const": 1},
    "operators": {
      "description": "Edits by uid or anchor (SINK/KIND[KEYS]) of an operator.",
      "type": ["object", "null"],
      "additionalProperties": {"$ref": "#/$defs/operator"}
    }
  },
  "$defs": {
    "operator": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "name": {"type": "string", "description": "The operator's name when the edit was written; for readers and for errors."},
        "uid": {"type": "string", "description": "A uid of your own, under which state is kept from now on."},
        "parallelism": {"type": "integer", "minimum": 1},
        "maxParallelism": {"type": "integer", "minimum": 1, "maximum": 32768},
        "chaining": {"enum": ["always", "never", "head"]},
        "slotGroup": {"type": "string"},
        "stateTTL": {
          "description": "36h, 7d, 90min …, 0 for ever; once or by input.",
          "oneOf": [{"$ref": "#/$defs/ttl"}, {"type": "object", "propertyNames": {"pattern": "^[0-9]+$"}, "additionalProperties": {"$ref": "#/$defs/ttl"}}]
        },
        "resources": {
          "type": "object",
          "additionalProperties": false,
          "properties": {"cpu": {"type": "number", "exclusiveMinimum": 0}, "memoryMiB": {"type": "integer", "minimum": 1}}
        },
        "in": {"$ref": "#/$defs/exchange", "description": "How rows of the only, or the first, input get here."},
        "inputs": {"type": "object", "propertyNames": {"pattern": "^[0-9]+$"}, "additionalProperties": {"$ref": "#/$defs/exchange"}}
      }
    },
    "ttl": {"type": ["string", "integer"], "pattern": "^ *([0-9]+ *(d|h|min|m|s|ms)|0) *$", "maximum": 0},
    "exchange": {"type": "string", "pattern": "^(forward|rebalance|rescale|hash|hash\\[[^\\[\\]]+\\]|broadcast|global|dynamic)$"}
  }
}
`
