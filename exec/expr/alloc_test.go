package expr_test

import (
	"testing"

	"github.com/weir-sql/weir/exec/expr"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// wide makes a batch of n rows for measuring: the columns of measured.
func wide(n int) (*vec.Batch, []types.Field) {
	fields := []types.Field{
		{Name: "i", Type: types.Int32}, {Name: "l", Type: types.Int64}, {Name: "x", Type: types.Float64},
		{Name: "d", Type: types.NewDecimal(12, 2)}, {Name: "w", Type: types.NewDecimal(30, 4)}, {Name: "s", Type: types.String},
		{Name: "u", Type: types.String}, {Name: "j", Type: types.String}, {Name: "ts", Type: types.NewTimestamp(3)},
		{Name: "lz", Type: types.NewTimestampLTZ(3)}, {Name: "da", Type: types.DateType}, {Name: "t", Type: types.String},
		{Name: "num", Type: types.String}, {Name: "a", Type: types.NewArray(types.Int32)},
	}
	ts := make([]types.Type, len(fields))
	for c, f := range fields {
		ts[c] = f.Type
	}
	bb := vec.NewBatchBuilder(ts, n)
	texts := []string{"hello world", "Apache Flink", "streaming", "a,b,c,d", ""}
	for i := range n {
		ms := 1600000000000 + int64(i)*7919123
		for c, v := range []any{i % 97, int64(i) * 31, float64(i) / 7, int64(i) * 101, vec.DecimalOf(int64(i) * 12345), texts[i%5],
			"http://shop.example/item/42?user=7&ref=mail#top", `{"user": {"id": 42, "name": "Ann"}, "tags": ["a", "b"], "price": 12.50}`,
			ms, ms, i, "2024-02-29 12:34:56.789", "12345", []any{i, i + 1, nil}} {
			bb.Cols[c].Append(v)
		}
		bb.EndRow(vec.Insert)
	}
	return bb.Finish(), fields
}

// measured are expressions over wide that must not allocate per row.
var measured = []string{
	"l * 3 + i", "x / 3 - 1", "l / 7", "l % 7", "i IN (1, 2, 3, 50)", "s IN ('streaming', 'x')", "s = 'streaming'", "s < u", "d + d", "d * d", "d / 7", "d / (d + 1)",
	"w + d", "w * d", "w / 3", "d > w", "ABS(l)", "ROUND(x, 2)", "ROUND(d, 1)", "FLOOR(x)", "FLOOR(d)", "SQRT(x)", "CAST(i AS BIGINT)", "CAST(x AS INT)",
	"CAST(l AS STRING)", "CAST(x AS STRING)", "CAST(d AS STRING)", "CAST(num AS INT)", "CAST(num AS DOUBLE)", "CAST(num AS DECIMAL(12, 2))",
	"CAST(l AS DECIMAL(20, 2))", "CAST(t AS TIMESTAMP(3))", "CAST(ts AS STRING)", "CAST(lz AS DATE)", "CAST(x AS DECIMAL(20, 4))", "TRY_CAST(s AS INT)",
	"UPPER(s)", "LOWER(s)", "CHAR_LENGTH(s)", "SUBSTRING(s, 2, 4)", "TRIM(s)", "s || '-' || num", "CONCAT_WS(',', s, num)", "REPLACE(s, 'l', 'L')", "REPEAT(s, 2)",
	"LPAD(num, 10, '0')", "REVERSE(s)", "LEFT(s, 3)", "RIGHT(s, 3)", "POSITION('o' IN s)", "SPLIT_INDEX(s, ',', 1)", "SPLIT_INDEX(u, '/', 3)", "INITCAP(s)",
	"s LIKE 'h%'", "s LIKE '%ink%'", "s LIKE '%a_i%'", "REGEXP(s, '[a-z]+ [a-z]+')", "REGEXP(s, 'Flink')", "TO_BASE64(s)", "MD5(s)", "SHA256(s)", "HEX(l)", "HEX(s)",
	"URL_ENCODE(u)", "PARSE_URL(u, 'HOST')", "PARSE_URL(u, 'QUERY', 'user')", "ASCII(s)", "CHR(l)",
	"JSON_VALUE(j, '$.user.name')", "JSON_VALUE(j, '$.user.id' RETURNING INTEGER)", "JSON_VALUE(j, '$.tags[1]')", "JSON_VALUE(j, 'lax $.none')",
	"JSON_EXISTS(j, '$.user')", "j IS JSON", "JSON_STRING(s)", "JSON_ARRAY(s, l)",
	"YEAR(ts)", "EXTRACT(HOUR FROM ts)", "EXTRACT(WEEK FROM da)", "EXTRACT(HOUR FROM lz)", "FLOOR(ts TO HOUR)", "FLOOR(ts TO MONTH)", "CEIL(lz TO DAY)",
	"DATE_FORMAT(ts, 'yyyy-MM-dd HH:mm')", "DATE_FORMAT(lz, 'yyyyMMdd')", "TO_TIMESTAMP(t)", "TO_TIMESTAMP(t, 'yyyy-MM-dd HH:mm:ss.SSS')", "TO_TIMESTAMP_LTZ(l, 3)",
	"TO_DATE(t)", "UNIX_TIMESTAMP(t)", "FROM_UNIXTIME(l)", "TIMESTAMPADD(DAY, i, ts)", "TIMESTAMPADD(MONTH, i, ts)", "TIMESTAMPDIFF(MINUTE, ts, TIMESTAMP '2024-01-01 00:00:00')",
	"ts + INTERVAL '1' HOUR", "da + INTERVAL '1' MONTH", "ts > TIMESTAMP '2021-01-01 00:00:00'", "CASE WHEN i > 50 THEN s ELSE u END", "CASE WHEN i > 50 THEN 1000 / i ELSE 0 END",
	"COALESCE(NULLIF(i, 5), 7)", "IF(i > 50, l, 0)", "i > 5 AND 1000 / NULLIF(i, 0) > 20", "GREATEST(i, 50)", "a[1]", "CARDINALITY(a)", "ARRAY_CONTAINS(a, 5)", "ARRAY[i, 5]",
	"ROW(i, s)", "ARRAY_MAX(a)", "ELT(2, s, num)", "STARTSWITH(u, 'http')", "IS_DIGIT(num)", "TRANSLATE(s, 'lo', '01')",
}

// programOf compiles an expression over wide's columns.
func programOf(t testing.TB, sql string, fields []types.Field) *expr.Program {
	t.Helper()
	e, err := boundOver(sql, fields, "Europe/Berlin")
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	in := make([]types.Type, len(fields))
	for i, f := range fields {
		in[i] = f.Type
	}
	return mustCompile(t, e, in)
}

// Nothing is allocated per row: the number of allocations for a batch of 4,096 rows is
// that of its vectors and of their growth.
func TestNoAllocationPerRow(t *testing.T) {
	b, fields := wide(vec.BatchSize)
	ctx := testCtx()
	ctx.Zone = zoneOf(t, "Europe/Berlin")
	const limit = 100
	for _, sql := range measured {
		p := programOf(t, sql, fields)
		if n := testing.AllocsPerRun(3, func() {
			if _, err := p.Eval(ctx, b); err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
		}); n > limit {
			t.Errorf("%s allocates %.0f times for %d rows", sql, n, b.Len)
		}
	}
}

// BenchmarkFunction evaluates the measured expressions over 4,096 rows.
func BenchmarkFunction(b *testing.B) {
	batch, fields := wide(vec.BatchSize)
	ctx := testCtx()
	ctx.Zone = zoneOf(b, "Europe/Berlin")
	for _, sql := range measured {
		b.Run(sql, func(b *testing.B) {
			p := programOf(b, sql, fields)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Eval(ctx, batch); err != nil {
					b.Fatal(err)
				}
			}
			rowsPerSecond(b, batch.Len)
		})
	}
}
