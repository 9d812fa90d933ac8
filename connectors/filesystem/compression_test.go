package filesystem_test

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/weir-sql/weir/connectors/conformance"
)

func TestCompressed(t *testing.T) {
	var deflate bytes.Buffer
	z := zlib.NewWriter(&deflate)
	if _, err := z.Write([]byte(line("deflate"))); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	// The standard library has no bzip2 writer: this is bzip2 of {"v":"bz2"} and a line end.
	bz, err := base64.StdEncoding.DecodeString("QlpoOTFBWSZTWdrIUP0AAAVZgAAQEAAQEBAAARogACIBk9QgyYgaGdIX4u5IpwoSG1kKH6A=")
	if err != nil {
		t.Fatal(err)
	}
	reg, _ := project(t, map[string]string{
		"d/a.json.gz": gz(t, line("gzip")), "d/b.json.GZIP": gz(t, line("GZIP")), "d/c.json.deflate": deflate.String(),
		"d/d.json.zst": string(enc.EncodeAll([]byte(line("zst")), nil)), "d/e.json.bz2": string(bz),
	})
	table := conformance.Table("v STRING", nil, options("path", "d", "format", "json"), nil)
	if got := values(t, reg, conformance.Scan(table, nil)); got != "GZIP bz2 deflate gzip zst" {
		t.Errorf("read %q", got)
	}
}
