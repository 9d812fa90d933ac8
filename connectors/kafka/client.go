package kafka

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kversion"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/weir-sql/weir/connectors/connector"
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/planner/diag"
)

// dialTimeout bounds how long a broker may take to accept a connection.
const dialTimeout = 5 * time.Second

// cluster is how to reach one Kafka: what 'properties.*' say.
type cluster struct {
	brokers  []string
	embedded bool
	props    map[string]string
	opts     []kgo.Opt
}

// connect reads the properties and makes sure that a broker answers.
func connect(ctx context.Context, env *connector.Env, options map[string]string) (*cluster, error) {
	c := &cluster{props: map[string]string{}}
	for k, v := range options {
		if p, ok := strings.CutPrefix(k, "properties."); ok {
			c.props[p] = v
		}
	}
	servers := c.props["bootstrap.servers"]
	if servers == Embedded {
		if env.EmbeddedBroker == nil {
			return nil, diag.Errorf("W0350", diag.Span{}, "there is no embedded broker here")
		}
		addr, err := env.EmbeddedBroker(ctx)
		if err != nil {
			return nil, err
		}
		servers, c.embedded = addr, true
	}
	for _, b := range strings.Split(servers, ",") {
		if b = strings.TrimSpace(b); b != "" {
			c.brokers = append(c.brokers, b)
		}
	}
	if err := c.configure(); err != nil {
		return nil, err
	}
	return c, c.reach(ctx)
}

// configure turns properties into client options.
func (c *cluster) configure() error {
	c.opts = []kgo.Opt{kgo.SeedBrokers(c.brokers...), kgo.DialTimeout(dialTimeout), kgo.DisableClientMetrics(),
		kgo.MetadataMinAge(250 * time.Millisecond)}
	if id := c.props["client.id"]; id != "" {
		c.opts = append(c.opts, kgo.ClientID(id))
	}
	protocol := strings.ToUpper(c.props["security.protocol"])
	switch protocol {
	case "", "PLAINTEXT", "SASL_PLAINTEXT":
	case "SSL", "SASL_SSL":
		conf, err := c.tls()
		if err != nil {
			return err
		}
		c.opts = append(c.opts, kgo.DialTLSConfig(conf))
	default:
		return diag.Errorf("W0351", diag.Span{}, "'properties.security.protocol' is %q, want PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL", protocol)
	}
	if strings.HasPrefix(protocol, "SASL") {
		m, err := c.sasl()
		if err != nil {
			return err
		}
		c.opts = append(c.opts, kgo.SASL(m))
	}
	return nil
}

// tls reads PEM files; Java key stores cannot be read.
func (c *cluster) tls() (*tls.Config, error) {
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if path := c.props["ssl.truststore.location"]; path != "" {
		pem, err := os.ReadFile(path)
		if err != nil {
			return nil, diag.Errorf("W0351", diag.Span{}, "the trust store cannot be read: %v", err)
		}
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM(pem) {
			return nil, diag.Errorf("W0351", diag.Span{}, "trust store %s holds no PEM certificate", path).
				WithHint("convert a Java key store with keytool -exportcert -rfc")
		}
	}
	if path := c.props["ssl.keystore.location"]; path != "" {
		pair, err := tls.LoadX509KeyPair(path, path)
		if err != nil {
			return nil, diag.Errorf("W0351", diag.Span{}, "the key store cannot be read as PEM: %v", err)
		}
		conf.Certificates = []tls.Certificate{pair}
	}
	if v, ok := c.props["ssl.endpoint.identification.algorithm"]; ok && v == "" {
		conf.InsecureSkipVerify = true // the property says so, as in the Java client
	}
	return conf, nil
}

// jaasField picks username and password out of a JAAS line.
var jaasField = regexp.MustCompile(`(username|password)\s*=\s*"((?:[^"\\]|\\.)*)"`)

func (c *cluster) sasl() (sasl.Mechanism, error) {
	user, pass := "", ""
	for _, m := range jaasField.FindAllStringSubmatch(c.props["sasl.jaas.config"], -1) {
		if m[1] == "username" {
			user = m[2]
		} else {
			pass = m[2]
		}
	}
	switch mech := strings.ToUpper(c.props["sasl.mechanism"]); mech {
	case "PLAIN":
		return plain.Auth{User: user, Pass: pass}.AsMechanism(), nil
	case "SCRAM-SHA-256":
		return scram.Auth{User: user, Pass: pass}.AsSha256Mechanism(), nil
	case "SCRAM-SHA-512":
		return scram.Auth{User: user, Pass: pass}.AsSha512Mechanism(), nil
	default:
		return nil, diag.Errorf("W0351", diag.Span{}, "'properties.sasl.mechanism' %q is not offered", mech).
			WithHint("use PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512")
	}
}

// reach makes sure that one broker accepts connections, so that a cluster that is
// down is one clear message and not a wait for ever.
func (c *cluster) reach(ctx context.Context) error {
	var last error
	for _, b := range c.brokers {
		conn, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "tcp", b)
		if err == nil {
			return conn.Close()
		}
		last = err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if last == nil {
		return diag.Errorf("W0352", diag.Span{}, "'properties.bootstrap.servers' names no broker")
	}
	return unreachable(c.brokers, last)
}

// unreachable says that no broker answers.
func unreachable(brokers []string, err error) error {
	cause := err.Error()
	var op *net.OpError
	if errors.As(err, &op) {
		cause = op.Err.Error()
	}
	return diag.Errorf(exec.CodeConnection, diag.Span{}, "no Kafka broker answers at %s: %s", strings.Join(brokers, ","), cause).
		WithHint("is the broker running? 'properties.bootstrap.servers' = 'embedded' uses the one inside weir")
}

// client makes a client of the cluster.
func (c *cluster) client(more ...kgo.Opt) (*kgo.Client, error) {
	cl, err := kgo.NewClient(append(append([]kgo.Opt(nil), c.opts...), more...)...)
	if err != nil {
		return nil, fmt.Errorf("making a Kafka client: %w", err)
	}
	return cl, nil
}

// admin makes an administrative client that gives up after a few seconds.
func (c *cluster) admin() (*kadm.Client, error) {
	cl, err := c.client(kgo.RetryTimeout(10*time.Second), kgo.RequestTimeoutOverhead(10*time.Second))
	if err != nil {
		return nil, err
	}
	return kadm.NewClient(cl), nil
}

// transactional gives the options of clients that write or end transactions. The embedded
// broker forgets, when its process is killed, which transactions were committed by
// the newest protocol: with the one before it, it remembers.
func (c *cluster) transactional() []kgo.Opt {
	if !c.embedded {
		return nil
	}
	return []kgo.Opt{kgo.MaxVersions(kversion.V3_7_0())}
}

// create makes a topic of the embedded broker, which writes down only topics that were
// asked for: one that was made by writing to it is gone if the process is killed.
func (c *cluster) create(ctx context.Context, topic string) error {
	adm, err := c.admin()
	if err != nil {
		return err
	}
	defer adm.Close()
	if _, err := adm.CreateTopic(ctx, EmbeddedPartitions, 1, nil, topic); err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
		return fmt.Errorf("making topic %s: %w", topic, err)
	}
	return nil
}

// explain turns an error of the client into one a person understands.
func explain(brokers []string, err error) error {
	var op *net.OpError
	if errors.As(err, &op) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, kgo.ErrClientClosed) {
		return unreachable(brokers, err)
	}
	return err
}
