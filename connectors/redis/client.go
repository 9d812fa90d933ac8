package redis

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"sync"

	goredis "github.com/redis/go-redis/v9"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/planner/diag"
)

// silent drops what the client would log: nothing goes to the terminal but through
// session/term, and errors are returned anyway.
type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

var silence = sync.OnceFunc(func() { goredis.SetLogger(silent{}) })

// connections is how many requests of one reader, writer or lookup can be on the wire.
const connections = 32

// open makes a client, which connects when it is used.
func (x *table) open() (*goredis.Client, error) {
	silence()
	o := x.options
	address := o.String("address")
	if _, _, err := net.SplitHostPort(address); err != nil {
		address = net.JoinHostPort(address, "6379")
	}
	timeout := o.Duration("timeout")
	c := &goredis.Options{Addr: address, Username: o.String("username"), Password: o.String("password"), DB: int(o.Int("database")),
		Protocol: 2, DisableIdentity: true, DialTimeout: timeout, ReadTimeout: timeout, WriteTimeout: timeout, ContextTimeoutEnabled: true, PoolSize: connections}
	if o.Bool("tls") {
		host, _, _ := net.SplitHostPort(address)
		c.TLSConfig = &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	}
	if err := o.Err(); err != nil {
		return nil, err
	}
	return goredis.NewClient(c), nil
}

// explain says what went wrong with the server, and where.
func (x *table) explain(err error) error {
	var d *diag.Diagnostic
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &d) {
		return err
	}
	at := x.options.String("address")
	var network net.Error
	text := err.Error()
	switch {
	case errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, goredis.ErrClosed) || strings.HasPrefix(text, "LOADING") || strings.HasPrefix(text, "redis: connection pool"):
		return diag.Errorf(exec.CodeConnection, diag.Span{}, "Redis at %s does not answer: %s", at, text).WithHint("check 'address' of table %q and that the server runs", x.Path.Name)
	case strings.HasPrefix(text, "NOAUTH"), strings.HasPrefix(text, "WRONGPASS"), strings.HasPrefix(text, "NOPERM"), strings.HasPrefix(text, "ERR AUTH"):
		return diag.Errorf("W0541", diag.Span{}, "Redis at %s refuses: %s", at, text).WithHint("check 'username' and 'password' of table %q", x.Path.Name)
	case strings.HasPrefix(text, "WRONGTYPE"):
		return diag.Errorf("W0541", diag.Span{}, "a key of table %q in Redis at %s is no %s", x.Path.Name, at, x.dataType).WithHint("set 'data-type' to what the keys hold, or another 'key.prefix'")
	}
	return diag.Errorf("W0541", diag.Span{}, "Redis at %s: %s", at, text)
}
