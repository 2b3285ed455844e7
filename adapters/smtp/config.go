package smtp

import (
	"crypto/tls"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"sori/domain"
)

// Config says where the next server is. What is zero has a default.
type Config struct {
	Host     string
	Port     string
	Security domain.MailSecurity
	User     string // none: one does not log in
	Password string
	Hello    string      // what we call ourselves; default the machine's name
	TLS      *tls.Config // for servers with a certificate of their own

	Connections        int           // at once; default 8
	MailsPerConnection int           // default 100
	IdleTime           time.Duration // how long a connection is kept for the next mail; default 30 seconds
	ConnectTimeout     time.Duration // default 30 seconds
	AnswerTimeout      time.Duration // for one command; default 2 minutes
}

// Address gives host:port.
func (c Config) Address() string { return net.JoinHostPort(c.Host, c.Port) }

func (c Config) withDefaults() Config {
	if c.Hello == "" {
		c.Hello = "localhost"
		if name, err := os.Hostname(); err == nil && isASCII(name) && !strings.ContainsAny(name, " \r\n") {
			c.Hello = name
		}
	}
	if c.Connections == 0 {
		c.Connections = 8
	}
	if c.MailsPerConnection == 0 {
		c.MailsPerConnection = 100
	}
	if c.IdleTime == 0 {
		c.IdleTime = 30 * time.Second
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = 30 * time.Second
	}
	if c.AnswerTimeout == 0 {
		c.AnswerTimeout = 2 * time.Minute
	}
	return c
}

// schemes are the kinds of address of a server, with the port each has by itself.
var schemes = map[string]struct {
	security domain.MailSecurity
	port     string
}{
	"smtps":         {domain.SecurityTLS, "465"},
	"smtp+starttls": {domain.SecurityStartTLS, "587"},
	"smtp":          {domain.SecurityNone, "25"},
}

// ParseURL reads the address of a server: smtps://, smtp+starttls:// or smtp://, then user:password@host:port, of which all but the host may be
// left out. Invalid, without showing the password, if it is none.
func ParseURL(address string) (Config, error) {
	u, err := url.Parse(address)
	if err != nil {
		return Config{}, domain.InvalidField("", "format", "is not an address")
	}
	scheme, ok := schemes[u.Scheme]
	if !ok {
		return Config{}, domain.InvalidField("", "enum", "must begin with smtps://, smtp+starttls:// or smtp://")
	}
	if u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return Config{}, domain.InvalidField("", "format", "must be scheme://user:password@host:port")
	}
	c := Config{Host: u.Hostname(), Port: u.Port(), Security: scheme.security, User: u.User.Username()}
	c.Password, _ = u.User.Password()
	if c.Port == "" {
		c.Port = scheme.port
	}
	if c.User != "" && c.Security == domain.SecurityNone && !isLoopback(c.Host) {
		return Config{}, domain.InvalidField("", "secure", "would send the password in clear: use smtps:// or smtp+starttls://")
	}
	return c, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
