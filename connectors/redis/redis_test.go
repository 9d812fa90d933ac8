package redis_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	goredis "github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/weir-sql/weir/connectors"
	"github.com/weir-sql/weir/connectors/conformance"
	"github.com/weir-sql/weir/connectors/format/formattest"
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server is an empty Redis: the real one of WEIR_TEST_REDIS (make test-redis), else
// miniredis.
type server struct {
	*goredis.Client
	addr string
}

func newServer(t *testing.T) *server {
	t.Helper()
	addr := os.Getenv("WEIR_TEST_REDIS")
	if addr == "" {
		addr = miniredis.RunT(t).Addr()
	}
	s := &server{goredis.NewClient(&goredis.Options{Addr: addr, Protocol: 2, DisableIdentity: true}), addr}
	if err := s.FlushDB(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Client.Close() }) // the test is over
	return s
}

func (s *server) must(t *testing.T, args ...any) {
	t.Helper()
	if err := s.Do(t.Context(), args...).Err(); err != nil {
		t.Fatal(args, err)
	}
}

var registry = connectors.NewRegistry(&connectors.Env{}, connectors.All()...)

// table declares a table t on a server whose first keys columns are its primary key.
func table(s *server, schema string, keys int, kv ...string) *catalog.Table {
	options := map[string]string{"connector": "redis", "address": s.addr}
	for i := 0; i < len(kv); i += 2 {
		options[kv[i]] = kv[i+1]
	}
	t := conformance.Table(schema, nil, options, nil)
	for k := range keys {
		t.PrimaryKey = append(t.PrimaryKey, k)
	}
	return t
}

func lookupOf(t *testing.T, x *catalog.Table, read []string, by ...string) exec.Lookup {
	t.Helper()
	spec := &physical.LookupJoin{Scan: conformance.Scan(x, read)}
	for i, name := range by {
		c := slices.IndexFunc(spec.Scan.Read, func(c physical.ReadColumn) bool { return c.Name == name })
		spec.Keys = append(spec.Keys, physical.LookupKey{Column: c, Value: &rex.Ref{Index: i, T: spec.Scan.Read[c].Type}})
	}
	l, err := registry.Lookup(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 2 {
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	return l
}

// found prints the rows found for each key: "0:(1, Ann) 2:(3, NULL)".
func found(t *testing.T, l exec.Lookup, keys ...*vec.Vec) string {
	t.Helper()
	rows, owner, err := l.Lookup(t.Context(), vec.NewBatch(keys[0].Len, keys...))
	if err != nil {
		t.Fatal(err)
	}
	if rows.Len != len(owner) || !slices.IsSorted(owner) {
		t.Fatalf("%d rows, owners %v", rows.Len, owner)
	}
	var out []string
	for i, o := range owner {
		var row []string
		for _, c := range rows.Cols {
			row = append(row, vec.FormatValue(c, i))
		}
		out = append(out, fmt.Sprintf("%d:(%s)", o, strings.Join(row, ", ")))
	}
	return strings.Join(out, " ")
}

func ids(values ...any) *vec.Vec { return vec.FromValues(types.Int64, values...) }

func TestLookup(t *testing.T) {
	s := newServer(t)
	s.must(t, "HSET", "t:1", "name", "Ann", "age", "41", "tags", `["a","b"]`, "since", "2026-11-20 20:49:18.5", "other", "x")
	s.must(t, "HSET", "t:2", "other", "x")
	s.must(t, "HSET", "app/u:7", "name", "Zoë")
	s.must(t, "SET", "json:1", `{"name":"Ann","age":41}`)
	s.must(t, "SET", "json:2", `{"id":99,"name":"Bob"}`)
	s.must(t, "SET", "plain:1", "17")
	s.must(t, "SET", "plain:2", "18")
	s.must(t, "SADD", "by:Berlin", "3", "1", "2")
	s.must(t, "SADD", "by:Rome", "4")
	s.must(t, "HSET", "pair:eu:1", "v", "one")
	s.must(t, "HSET", "pair:eu:1:2", "v", "wrong")
	const people = "id BIGINT, name STRING, age INT, tags ARRAY<STRING>, since TIMESTAMP(3)"
	for _, c := range []struct {
		name string
		l    exec.Lookup
		keys []*vec.Vec
		want string
	}{
		{"hash", lookupOf(t, table(s, people, 1), nil, "id"), []*vec.Vec{ids(2, 1, nil, 9, 1)},
			"0:(2, NULL, NULL, NULL, NULL) 1:(1, Ann, 41, [a, b], 2026-11-20 20:49:18.500) 4:(1, Ann, 41, [a, b], 2026-11-20 20:49:18.500)"},
		{"the key only", lookupOf(t, table(s, people, 1), []string{"id"}, "id"), []*vec.Vec{ids(2, 9, 1)}, "0:(2) 2:(1)"},
		{"another order", lookupOf(t, table(s, people, 1), []string{"age", "id"}, "id"), []*vec.Vec{ids(1)}, "0:(41, 1)"},
		{"prefix", lookupOf(t, table(s, people, 1, "key.prefix", "app/u:"), []string{"name", "id"}, "id"), []*vec.Vec{ids(1, 7)}, "1:(Zoë, 7)"},
		{"json", lookupOf(t, table(s, "id BIGINT, name STRING, age INT", 1, "key.prefix", "json:", "data-type", "string", "format", "json"), nil, "id"),
			[]*vec.Vec{ids(1, 2, 3)}, "0:(1, Ann, 41) 1:(2, Bob, NULL)"},
		{"text", lookupOf(t, table(s, "id BIGINT, n INT", 1, "key.prefix", "plain:", "data-type", "string"), nil, "id"), []*vec.Vec{ids(1, 3, 2)}, "0:(1, 17) 2:(2, 18)"},
		{"set", lookupOf(t, table(s, "city STRING, id BIGINT", 0, "key.prefix", "by:", "data-type", "set", "key.fields", "city"), nil, "city"),
			[]*vec.Vec{vec.FromValues(types.String, "Rome", "Paris", "Berlin")}, "0:(Rome, 4) 2:(Berlin, 1) 2:(Berlin, 2) 2:(Berlin, 3)"},
		{"two columns", lookupOf(t, table(s, "region STRING, id STRING, v STRING", 2, "key.prefix", "pair:"), nil, "id", "region"),
			[]*vec.Vec{vec.FromValues(types.String, "1", "2"), vec.FromValues(types.String, "eu", "eu:1")}, "0:(eu, 1, one)"},
		{"nothing asked", lookupOf(t, table(s, people, 1), nil, "id"), []*vec.Vec{ids(nil)}, ""},
	} {
		if got := found(t, c.l, c.keys...); got != c.want {
			t.Errorf("%s: %s\nwant %s", c.name, got, c.want)
		}
	}
}

// Several goroutines may ask at once.
func TestLookupConcurrently(t *testing.T) {
	s := newServer(t)
	for i := range 200 {
		s.must(t, "HSET", fmt.Sprintf("t:%d", i), "n", fmt.Sprint(10*i))
	}
	l := lookupOf(t, table(s, "id BIGINT, n INT", 1), nil, "id")
	if c, ok := l.(exec.ConcurrentLookup); !ok || !c.Concurrent() {
		t.Fatal("lookups cannot be concurrent")
	}
	var all sync.WaitGroup
	for g := range 16 {
		all.Go(func() {
			for k := range 10 {
				at := int64(g*10 + k)
				rows, _, err := l.Lookup(context.Background(), vec.NewBatch(2, ids(at, at+20)))
				if err != nil || rows.Len != 2 || rows.Cols[1].Int32s()[1] != int32(10*(at+20)) {
					t.Errorf("keys %d and %d: %v, %v", at, at+20, rows, err)
				}
			}
		})
	}
	all.Wait()
}

// batch makes a batch of rows that begin with their kind.
func batch(schema string, rows [][]any) *vec.Batch {
	b := vec.NewBatchBuilder(conformance.Types(schema), len(rows))
	for _, row := range rows {
		for c, v := range row[1:] {
			b.Cols[c].Append(v)
		}
		for k := vec.Insert; k <= vec.Delete; k++ {
			if k.String() == row[0] {
				b.EndRow(k)
			}
		}
	}
	return b.Finish()
}

// What is written is read back, whatever the type, as hashes and as JSON, and each
// position of a reader goes on behind its rows.
func TestRoundTrip(t *testing.T) {
	s := newServer(t)
	scalar := "id BIGINT, b BOOLEAN, i INT, f DOUBLE, s STRING, y BYTES, a ARRAY<INT>, m MAP<STRING, BIGINT>, r ROW<x INT, y STRING>"
	rows := [][]any{
		{"+I", int64(1), true, int32(-5), 1.5e300, `a "quoted" \ text`, []byte{0, 1, 255}, []any{int32(1), nil}, vec.Map{Keys: []any{"k"}, Values: []any{int64(7)}}, []any{int32(3), "z"}},
		{"+I", int64(2), false, int32(0), -0.25, "", []byte{}, []any{}, vec.Map{}, []any{nil, "ü"}},
		{"+I", int64(3), nil, nil, nil, nil, nil, nil, nil, nil},
	}
	for _, kv := range [][]string{{}, {"data-type", "string", "format", "json"}} {
		x := table(s, scalar, 1, append(kv, "key.prefix", "rt"+strings.Join(kv, "")+"*:")...)
		s.must(t, "SET", "rtother", "no row of it")
		sink, err := registry.Sink(t.Context(), conformance.Sink(x))
		if err != nil {
			t.Fatal(err)
		}
		w, err := sink.Writer(t.Context(), 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		b := batch(scalar, rows)
		if err := w.Write(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Prepare(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := make([][]any, b.Len)
		for i := range want {
			want[i] = formattest.Row(b, i)
		}
		if err := errors.Join(w.Close(), sink.Close(), sink.Close()); err != nil {
			t.Fatal(err)
		}
		conformance.SourceTest{
			Open: func(t *testing.T, columns []string) exec.Source {
				src, err := registry.Source(t.Context(), &physical.Source{Scan: conformance.Scan(x, columns), Bounded: true})
				if err != nil {
					t.Fatal(err)
				}
				return src
			},
			Schema: scalar, Rows: want, Some: []string{"s", "id"},
		}.Run(t)
	}
}

// Rows are inserted, replaced as a whole and deleted by key, in order, in pipelines of a
// size; keys live as long as they are told to.
func TestSink(t *testing.T) {
	s := newServer(t)
	write := func(x *catalog.Table, schema string, rows ...[]any) error {
		sink, err := registry.Sink(t.Context(), conformance.Sink(x))
		if err != nil {
			return err
		}
		defer sink.Close()
		w, err := sink.Writer(t.Context(), 0, 1)
		if err != nil {
			return err
		}
		err = w.Write(t.Context(), batch(schema, rows))
		if err == nil {
			_, err = w.Prepare(t.Context())
		}
		return errors.Join(err, w.Close())
	}
	const schema = "id BIGINT, name STRING, age INT"
	x := table(s, schema, 1, "sink.buffer-flush.max-rows", "2", "sink.ttl", "1 h")
	if err := write(x, schema, []any{"+I", int64(1), "Ann", int32(41)}, []any{"+I", int64(2), "Bob", int32(7)}, []any{"+U", int64(1), "Eva", nil},
		[]any{"-D", int64(2), "Bob", int32(7)}, []any{"+I", int64(3), nil, nil}); err != nil {
		t.Fatal(err)
	}
	if got := s.HGetAll(t.Context(), "t:1").Val(); len(got) != 2 || got["name"] != "Eva" || got["id"] != "1" {
		t.Errorf("t:1 is %v", got)
	}
	if got := s.Exists(t.Context(), "t:2").Val(); got != 0 {
		t.Error("t:2 was not deleted")
	}
	if got := s.HGetAll(t.Context(), "t:3").Val(); len(got) != 1 {
		t.Errorf("t:3 is %v", got)
	}
	if ttl := s.TTL(t.Context(), "t:1").Val(); ttl < 50*time.Minute || ttl > time.Hour {
		t.Errorf("t:1 lives %v", ttl)
	}
	index := table(s, "city STRING, id BIGINT", 0, "key.prefix", "by:", "data-type", "set", "key.fields", "city")
	if err := write(index, "city STRING, id BIGINT", []any{"+I", "Rome", int64(1)}, []any{"+I", "Rome", int64(2)}, []any{"-U", "Rome", int64(1)}, []any{"+U", "Bonn", int64(1)}); err != nil {
		t.Fatal(err)
	}
	if rome, bonn := s.SMembers(t.Context(), "by:Rome").Val(), s.SMembers(t.Context(), "by:Bonn").Val(); !slices.Equal(rome, []string{"2"}) || !slices.Equal(bonn, []string{"1"}) {
		t.Errorf("Rome %v, Bonn %v", rome, bonn)
	}
	two := "region STRING, id STRING, v STRING"
	for _, c := range []struct {
		x    *catalog.Table
		sch  string
		row  []any
		want string
	}{
		{table(s, two, 2), two, []any{"+I", "a:b", "c", "v"}, `holds the separator ":"`},
		{table(s, two, 2), two, []any{"+I", nil, "c", "v"}, `"region" is NULL`},
		{table(s, schema, 1, "value.fields-include", "EXCEPT_KEY"), schema, []any{"+I", int64(9), nil, nil}, "no empty hash"},
		{table(s, "id BIGINT, v STRING", 1, "data-type", "string"), "id BIGINT, v STRING", []any{"+I", int64(9), nil}, `"v" is NULL`},
	} {
		if err := write(c.x, c.sch, c.row); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.row, err, c.want)
		}
	}
}

// Errors say where and why, and never the password.
func TestErrors(t *testing.T) {
	s := newServer(t)
	s.must(t, "SET", "t:1", "text")
	s.must(t, "HSET", "h:1", "age", "many")
	guarded := miniredis.RunT(t)
	guarded.RequireAuth("s3cret")
	down := &server{addr: "127.0.0.1:1"}
	const schema = "id BIGINT, age INT"
	for _, c := range []struct {
		x    *catalog.Table
		code diag.Code
		want string
	}{
		{table(s, schema, 1), "W0541", "is no hash"},
		{table(s, schema, 1, "key.prefix", "h:"), "W0501", "h:1"},
		{table(down, schema, 1), exec.CodeConnection, "127.0.0.1:1 does not answer"},
		{table(&server{addr: guarded.Addr()}, schema, 1), "W0541", "refuses"},
		{table(&server{addr: guarded.Addr()}, schema, 1, "password", "hunter2"), "W0541", "refuses"},
	} {
		l := lookupOf(t, c.x, nil, "id")
		_, _, err := l.Lookup(t.Context(), vec.NewBatch(1, ids(1)))
		var d *diag.Diagnostic
		if !errors.As(err, &d) || d.Code != c.code || !strings.Contains(d.File+" "+d.Primary, c.want) {
			t.Errorf("%v: got %v, want %s %q", c.x.Options, err, c.code, c.want)
		} else if text := diag.Print(diag.Source{}, d); strings.Contains(text, "hunter2") || strings.Contains(text, "s3cret") {
			t.Errorf("the password is shown: %s", text)
		}
	}
	good := lookupOf(t, table(&server{addr: guarded.Addr()}, schema, 1, "password", "s3cret"), nil, "id")
	if got := found(t, good, ids(1)); got != "" {
		t.Errorf("with the password: %s", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := lookupOf(t, table(s, schema, 1), nil, "id").Lookup(ctx, vec.NewBatch(1, ids(1))); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled lookup gave %v", err)
	}
}

// What a table lacks is told when it is planned, without a server.
func TestDescribe(t *testing.T) {
	s := &server{addr: "localhost:6379"}
	const schema = "id BIGINT, name STRING"
	for want, x := range map[string]*catalog.Table{
		"no primary key":          table(s, schema, 0),
		"needs 'key.fields'":      table(s, schema, 0, "data-type", "set"),
		"has no primary key":      table(s, schema, 1, "data-type", "set", "key.fields", "id"),
		"names no format":         table(s, schema+", x INT", 1, "data-type", "string"),
		"have no format":          table(s, schema, 1, "format", "json"),
		"not a physical column":   table(s, schema, 0, "data-type", "set", "key.fields", "idd"),
		"is one of changes":       table(s, schema, 1, "data-type", "string", "format", "debezium-json"),
		"holds no user":           table(&server{addr: "me:pw@localhost"}, schema, 1),
		"is not its primary key":  table(s, schema, 1, "key.fields", "name"),
		"needs a 'key.separator'": table(s, schema, 2, "key.separator", ""),
		"cannot be of type":       table(s, "id ARRAY<INT>, v INT", 1),
	} {
		_, list := registry.Connector("redis").Describe(x, registry)
		if err := list.Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", x.Options, err, want)
		}
	}
	caps, list := registry.Connector("redis").Describe(table(s, schema, 1), registry)
	if list.Err() != nil || !caps.Bounded || !caps.Lookup || !slices.Equal(caps.LookupBy, []string{"id"}) {
		t.Errorf("%+v %v", caps, list)
	}
}
