// Package redis is the redis connector: tables whose rows lie under one Redis key each
// (hash, string) or whose keys hold a set of rows, looked up by key, written as
// upserts and read as a whole. Any server that speaks RESP 2 will do.
package redis
