package configs

import (
	"bytes"
	_ "embed"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// builtIn is the defaults: whatever it does not say has no default.
//
//go:embed restante.yaml
var builtIn []byte

// Settings is everything that can be set. It is made by [Load], which has
// checked it.
type Settings struct {
	DataDir  string    `yaml:"data_dir"` // relative to the working directory
	Storage  Storage   `yaml:"storage"`
	Serve    Serve     `yaml:"serve"`
	Fetch    Fetch     `yaml:"fetch"`
	Users    []User    `yaml:"users"`
	Accounts []Account `yaml:"accounts"`
	Filter   Filter    `yaml:"filter"`
	Upkeep   Upkeep    `yaml:"upkeep"`
	Backup   Backup    `yaml:"backup"`
	Web      Web       `yaml:"web"`
	Monitor  Monitor   `yaml:"monitor"`
	Log      Log       `yaml:"log"`

	Retention       []Retention `yaml:"retention"`
	RetentionNotice Period      `yaml:"retention_notice"` // from when a message was shown to when it may expire

	file      string
	places    *places
	strangers []string
}

// Storage says where rows and bytes are kept.
type Storage struct {
	Database URL    `yaml:"database"` // empty: SQLite in the data folder
	Blobs    string `yaml:"blobs"`    // empty: a folder in the data folder
	MinFree  Size   `yaml:"min_free"` // of the disk that the messages lie on; with less, no mail is taken

	// At most one of these encrypts the messages at rest.
	KeyFile        string `yaml:"key_file"`        // of 32 octets, or 64 hexadecimal digits
	PassphraseFile string `yaml:"passphrase_file"` // of one line
}

// ReadPassphrase gives what PassphraseFile holds, by the rules of
// [PasswordSource.Read].
func (s Storage) ReadPassphrase() (string, error) {
	return readSecretFile("passphrase", s.PassphraseFile)
}

// Fetch is about all accounts together.
type Fetch struct {
	Concurrency int `yaml:"concurrency"` // rounds at a time
	PerHost     int `yaml:"per_host"`    // of these, with one host
}

// User is somebody who may log in to the POP3 service. Exactly one of the
// three passwords is set.
type User struct {
	Name         string `yaml:"name"`
	PasswordFile string `yaml:"password_file,omitempty"`
	PasswordHash Secret `yaml:"password_hash,omitempty"` // argon2id in PHC form
	Password     Secret `yaml:"password,omitempty"`
}

// Filter is how mail is judged and what becomes of spam. Scores are in [0,1].
type Filter struct {
	HamCutoff  float64  `yaml:"ham_cutoff"`
	SpamCutoff float64  `yaml:"spam_cutoff"`
	Spam       string   `yaml:"spam"`      // quarantine or tag
	Rules      []string `yaml:"rules"`     // paths of further .cf files
	Household  bool     `yaml:"household"` // a filter taught little hears the other users' lessons
}

// Never stands for no schedule.
const Never = "never"

// Upkeep is what the house does for itself while it serves.
type Upkeep struct {
	Verify string `yaml:"verify"` // a schedule; never: not by itself
	Expire string `yaml:"expire"` // the same
}

// Backup is what the house copies elsewhere while it serves.
type Backup struct {
	To         string   `yaml:"to"`         // a folder of backups; empty: none by itself
	Schedule   string   `yaml:"schedule"`   // or never
	Keep       int      `yaml:"keep"`       // snapshots; 0: all
	Recipients []string `yaml:"recipients"` // public keys of age; none: in clear
}

// Web is the pages for people.
type Web struct {
	Address string `yaml:"address"` // host:port; empty: none
	TLS     bool   `yaml:"tls"`     // from the first byte; false is for this machine only
}

// Monitor is where machines ask how the house does.
type Monitor struct {
	Address string `yaml:"address"` // host:port; empty: nowhere
}

// Log is what is told to the operator.
type Log struct {
	Level  string `yaml:"level"`  // debug, info, warn or error
	Format string `yaml:"format"` // text or json
}

// File is the path of the settings file; empty where there is none.
func (s *Settings) File() string { return s.file }

// YAML gives the settings in force as a settings file, secrets as ***.
func (s *Settings) YAML() ([]byte, error) {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(s); err != nil {
		return nil, fmt.Errorf("print settings: %w", err)
	}
	if err := e.Close(); err != nil {
		return nil, fmt.Errorf("print settings: %w", err)
	}
	return b.Bytes(), nil
}

// Tree gives the settings in force as maps, lists and scalars by the names that
// the settings file uses, secrets as ***.
func (s *Settings) Tree() (any, error) {
	text, err := s.YAML()
	if err != nil {
		return nil, err
	}
	var tree any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return nil, fmt.Errorf("print settings: %w", err)
	}
	return tree, nil
}
