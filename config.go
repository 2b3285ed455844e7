package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/joho/godotenv"

	"sori/domain/seal"
)

// Config is everything that the environment, or the file named by SORI_CONFIG, says. The environment wins over the file.
type Config struct {
	Addr          string
	DataDir       string
	MongoURI      string
	MongoDatabase string
	Dev           bool

	JWTSecret   string
	JWKSURL     string
	JWTIssuer   string
	JWTAudience string
	SealKeys    string // id:base64,… the first one seals
	IndexKeys   string

	Region         string         // of telephone numbers without a country code
	Zone           *time.Location // of the dates that customers are told
	MaxBody        int64          // bytes
	MaxMail        int64          // bytes, of a mail or a fax
	RateLimit      int            // requests a second and token; 0 is no limit
	CORSOrigins    []string
	TrustedProxies []string // CIDR
	TrustedHosts   []string // whose Authentication-Results are believed

	PublicURL string // of the REST door, from outside

	Mail    mailConfig
	Webhook webhookConfig

	LogLevel  slog.Level
	LogText   bool
	OTLPURL   string
	DrainTime time.Duration
}

// setting is one variable: its name, what it is for, its default, and how it is read.
type setting struct {
	name, fallback, help string
	read                 func(c *Config, value string) error
}

var settings = slices.Concat(baseSettings, mailSettings, webhookSettings, surveySettings)

var baseSettings = []setting{
	{"SORI_ADDR", ":8080", "address to listen on", func(c *Config, v string) error { c.Addr = v; return checkAddr(v) }},
	{"SORI_DATA_DIR", "./var", "directory of the embedded store and of generated secrets", text(func(c *Config) *string { return &c.DataDir })},
	{"SORI_MONGO_URI", "", "MongoDB to keep everything in, instead of the embedded store (8.0 or newer, a replica set)", text(func(c *Config) *string { return &c.MongoURI })},
	{"SORI_MONGO_DATABASE", "sori", "name of the MongoDB database", text(func(c *Config) *string { return &c.MongoDatabase })},
	{"SORI_DEV", "", "1 generates missing secrets and prints an admin token", func(c *Config, v string) (err error) { c.Dev, err = flag(v); return }},
	{"SORI_JWT_SECRET", "", "secret of HS256 tokens, at least 32 bytes", text(func(c *Config) *string { return &c.JWTSecret })},
	{"SORI_JWKS_URL", "", "where the keys of RS256, ES256 and EdDSA tokens are", func(c *Config, v string) error { c.JWKSURL = v; return checkURL(v) }},
	{"SORI_JWT_ISSUER", "", "issuer that a token must name", text(func(c *Config) *string { return &c.JWTIssuer })},
	{"SORI_JWT_AUDIENCE", "", "audience that a token must name", text(func(c *Config) *string { return &c.JWTAudience })},
	{"SORI_SEAL_KEYS", "", "keys that seal resident numbers: id:base64 of 32 bytes, separated by commas, the first one seals", text(func(c *Config) *string { return &c.SealKeys })},
	{"SORI_INDEX_KEYS", "", "keys of the blind index of resident numbers, as SORI_SEAL_KEYS", text(func(c *Config) *string { return &c.IndexKeys })},
	{"SORI_REGION", "KR", "country of telephone numbers without a country code", text(func(c *Config) *string { return &c.Region })},
	{"SORI_TIME_ZONE", "Asia/Seoul", "time zone of the dates in templates", func(c *Config, v string) (err error) { c.Zone, err = time.LoadLocation(v); return }},
	{"SORI_MAX_BODY", "25000000", "largest request body, in bytes", number(func(c *Config) *int64 { return &c.MaxBody })},
	{"SORI_MAX_MAIL", "50000000", "largest mail or fax, in bytes", number(func(c *Config) *int64 { return &c.MaxMail })},
	{"SORI_RATE_LIMIT", "0", "requests a second for each token, 0 for no limit", func(c *Config, v string) (err error) { c.RateLimit, err = strconv.Atoi(v); return }},
	{"SORI_CORS_ORIGINS", "", "origins of browser front ends, separated by commas", list(func(c *Config) *[]string { return &c.CORSOrigins })},
	{"SORI_TRUSTED_PROXIES", "", "addresses (CIDR) of proxies whose X-Forwarded-For is believed, separated by commas", list(func(c *Config) *[]string { return &c.TrustedProxies })},
	{"SORI_TRUSTED_AUTHSERV", "", "hosts whose Authentication-Results are believed, separated by commas", list(func(c *Config) *[]string { return &c.TrustedHosts })},
	{"SORI_LOG_LEVEL", "info", "debug, info, warn or error", func(c *Config, v string) error { return c.LogLevel.UnmarshalText([]byte(v)) }},
	{"SORI_LOG_FORMAT", "json", "json or text", func(c *Config, v string) error {
		c.LogText = v == "text"
		if v != "json" && v != "text" {
			return errors.New("must be json or text")
		}
		return nil
	}},
	{"SORI_OTLP_URL", "", "OpenTelemetry collector (OTLP over HTTP) that traces go to; none are made without it", func(c *Config, v string) error { c.OTLPURL = v; return checkURL(v) }},
	{"SORI_DRAIN", "10s", "how long requests may finish when the program is told to stop", func(c *Config, v string) (err error) { c.DrainTime, err = time.ParseDuration(v); return }},
}

func text(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, v string) error { *field(c) = v; return nil }
}

func number(field func(*Config) *int64) func(*Config, string) error {
	return func(c *Config, v string) error {
		n, err := strconv.ParseInt(v, 10, 64)
		if err == nil && n < 1 {
			err = errors.New("must be positive")
		}
		*field(c) = n
		return err
	}
}

func list(field func(*Config) *[]string) func(*Config, string) error {
	return func(c *Config, v string) error {
		for _, x := range strings.Split(v, ",") {
			if x = strings.TrimSpace(x); x != "" {
				*field(c) = append(*field(c), x)
			}
		}
		return nil
	}
}

func flag(v string) (bool, error) {
	if v == "" {
		return false, nil
	}
	return strconv.ParseBool(v)
}

func checkAddr(v string) error {
	_, _, err := net.SplitHostPort(v)
	return err
}

func checkURL(v string) error {
	u, err := url.Parse(v)
	if err == nil && v != "" && (u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		err = errors.New("must be an http or https URL")
	}
	return err
}

// loadConfig reads the settings by getenv and the file that SORI_CONFIG names, and lists all faults at once.
func loadConfig(getenv func(string) string) (Config, error) {
	var c Config
	var faults []error
	file := map[string]string{}
	if path := getenv("SORI_CONFIG"); path != "" {
		var err error
		if file, err = godotenv.Read(path); err != nil {
			faults = append(faults, fmt.Errorf("SORI_CONFIG: %w", err))
		}
	}
	for _, s := range settings {
		v := s.fallback
		for _, given := range []string{file[s.name], getenv(s.name)} {
			if given != "" {
				v = given
			}
		}
		if err := s.read(&c, v); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", s.name, err))
		}
	}
	for name := range file {
		if !knownSetting(name) {
			faults = append(faults, fmt.Errorf("%s: there is no such setting", name))
		}
	}
	if c.Dev {
		if err := c.fillSecrets(); err != nil {
			faults = append(faults, err)
		}
	} else {
		c.readSecrets()
	}
	return c, errors.Join(append(faults, c.checkSecrets()...)...)
}

func knownSetting(name string) bool {
	for _, s := range settings {
		if s.name == name {
			return true
		}
	}
	return false
}

func (c *Config) checkSecrets() []error {
	var faults []error
	if c.JWTSecret == "" && c.JWKSURL == "" {
		faults = append(faults, errors.New("SORI_JWT_SECRET: is needed, or SORI_JWKS_URL (SORI_DEV=1 generates a secret)"))
	}
	if c.JWTSecret != "" && len(c.JWTSecret) < 32 {
		faults = append(faults, errors.New("SORI_JWT_SECRET: must have at least 32 bytes"))
	}
	if _, err := seal.Parse(c.SealKeys); err != nil {
		faults = append(faults, fmt.Errorf("SORI_SEAL_KEYS: %w (SORI_DEV=1 generates one)", err))
	}
	if _, err := seal.ParseIndex(c.IndexKeys); err != nil {
		faults = append(faults, fmt.Errorf("SORI_INDEX_KEYS: %w (SORI_DEV=1 generates one)", err))
	}
	return faults
}

// secretsFile is where generated secrets stay, so that a token made by the command line is taken by the server.
func (c *Config) secretsFile() string { return filepath.Join(c.DataDir, "secrets.env") }

// secretSettings are the settings that can be generated.
func (c *Config) secretSettings() map[string]*string {
	return map[string]*string{"SORI_JWT_SECRET": &c.JWTSecret, "SORI_SEAL_KEYS": &c.SealKeys, "SORI_INDEX_KEYS": &c.IndexKeys}
}

// readSecrets takes what was generated before for what is not given.
func (c *Config) readSecrets() map[string]string {
	kept, err := godotenv.Read(c.secretsFile())
	if err != nil {
		kept = map[string]string{}
	}
	for name, field := range c.secretSettings() {
		if *field == "" && (name != "SORI_JWT_SECRET" || c.JWKSURL == "") {
			*field = kept[name]
		}
	}
	return kept
}

// fillSecrets generates what is missing and keeps it.
func (c *Config) fillSecrets() error {
	kept := c.readSecrets()
	changed := false
	for name, field := range c.secretSettings() {
		if *field == "" {
			*field, changed = newSecret(name), true
			kept[name] = *field
		}
	}
	if !changed {
		return nil
	}
	if err := os.MkdirAll(c.DataDir, 0o700); err != nil {
		return fmt.Errorf("SORI_DATA_DIR: %w", err)
	}
	out, err := godotenv.Marshal(kept)
	if err != nil {
		return err
	}
	return writePrivate(c.secretsFile(), []byte(out+"\n"))
}
