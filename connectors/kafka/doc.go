// Package kafka reads and writes Apache Kafka topics: the connectors `kafka` (a log
// of rows) and `upsert-kafka` (a log of the latest row a key). Option names and
// meanings are Flink's. `'properties.bootstrap.servers' = 'embedded'` means the
// broker that weir runs inside the process, which keeps its topics in the project.
//
// Guarantees. A split is a partition; its position is the next offset, so that a
// restored run reads every record once. Writes are at-least-once by default;
// `'sink.delivery-guarantee' = 'exactly-once'` writes in transactions that are
// committed with the run.
package kafka
