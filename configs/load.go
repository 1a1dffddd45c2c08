package configs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/viper"
	"go.yaml.in/yaml/v3"
)

// fileMost bounds a settings file, in octets.
const fileMost = 1 << 20

// envPrefix begins the name of every environment variable that is a setting.
const envPrefix = "RESTANTE_"

// Options is what Load does not know by itself.
type Options struct {
	// Env looks an environment variable up; nil is os.LookupEnv. A variable
	// that is set to nothing counts as set.
	Env func(name string) (value string, ok bool)
	// Environ gives the whole environment, as os.Environ does, to look for
	// misspelt names in. Nil is os.Environ, or nothing where Env is given.
	Environ func() []string
	// CheckSecrets wants the files of passwords to be there already, and looks
	// into them and into certificates. Without it that is seen when they are read:
	// one account's trouble then is no other's.
	CheckSecrets bool
	// CheckSchedule tells what is wrong with a schedule; nil takes any.
	CheckSchedule func(schedule string) error
	// CheckRecipient tells what is wrong with a public key of age; nil takes any.
	CheckRecipient func(recipient string) error
}

// Load reads the settings: the built-in ones, over them the file (none where
// path is empty), over them the environment. An error is either that of
// reading the file or [Faults]: everything that is wrong, at once. Whether the
// users of the accounts exist is another question: see [Settings.CheckUsers].
func Load(path string, o Options) (*Settings, error) {
	if o.Env == nil {
		o.Env = os.LookupEnv
		if o.Environ == nil {
			o.Environ = os.Environ
		}
	}
	v := viper.New()
	base := newPlaces("built-in restante.yaml")
	if err := mergeYAML(v, builtIn, base); err != nil {
		return nil, err
	}
	p := newPlaces("built-in restante.yaml")
	if path != "" {
		text, err := readSettings(path)
		if err != nil {
			return nil, err
		}
		p.file = path
		if err := mergeYAML(v, text, p); err != nil {
			return nil, err
		}
	}
	mergeEnv(v, o.Env, p)

	s := &Settings{file: path, places: p}
	// The walk has left nothing that could fail here: an error is ours.
	err := v.UnmarshalExact(s, func(c *mapstructure.DecoderConfig) {
		c.TagName, c.SquashTagOption = "yaml", "inline"
		c.WeaklyTypedInput, c.DecodeHook = false, nil
	})
	if err != nil {
		return nil, fmt.Errorf("settings %s: %w", p.file, err)
	}
	s.complete()
	s.check(o)
	if o.Environ != nil {
		s.checkEnv(o.Environ())
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	return s, nil
}

func readSettings(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, fileMost+1))
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	if len(text) > fileMost {
		return nil, fmt.Errorf("read settings: %s is longer than %d octets", path, fileMost)
	}
	return text, nil
}

// mergeYAML lays a file over what v holds. Faults of single keys are noted;
// the error is that of a file that is no YAML at all.
func mergeYAML(v *viper.Viper, text []byte, p *places) error {
	var doc, more yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(text))
	switch err := d.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil // nothing but comments
	case err != nil:
		return syntaxFault(p.file, err)
	}
	switch err := d.Decode(&more); {
	case err == nil:
		p.lines["second document"] = more.Line
		p.fault("second document", "is one too many", "one document; take the line --- out")
	case !errors.Is(err, io.EOF):
		return syntaxFault(p.file, err)
	}
	tree, ok := walker{p}.value(doc.Content[0], reflect.TypeFor[Settings](), "")
	if !ok {
		return nil
	}
	return v.MergeConfigMap(tree.(map[string]any))
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// syntaxFault gives the parser's complaint its place. An alias that is unknown
// is not named: it may be a password that begins with * and lacks its quotes.
func syntaxFault(file string, err error) Faults {
	said := err.Error()
	f := Fault{Place: file, Problem: said}
	if m := yamlLine.FindStringSubmatch(said); m != nil {
		f.Problem = said[len(m[0]):]
		if m[1] != "" {
			f.Place = file + ":" + m[1]
			f.line, _ = strconv.Atoi(m[1])
		}
	}
	if strings.HasPrefix(f.Problem, "unknown anchor") {
		f.Problem, f.Allowed = "an unknown anchor is referred to", "text that begins with * stands in quotes"
	}
	return Faults{f}
}

// mergeEnv lays the environment over what v holds.
func mergeEnv(v *viper.Viper, env func(string) (string, bool), p *places) {
	for key, t := range scalars(reflect.TypeFor[Settings](), "") {
		name := envName(key)
		text, ok := env(name)
		if !ok {
			continue
		}
		p.env[key] = name
		if value, ok := (walker{p}).text(text, t, key); ok {
			v.Set(key, value)
		}
	}
}

// checkEnv looks at the variables that have our prefix and are no setting. A
// misspelt setting is a fault: it would be left out in silence. Others are
// strangers: Kubernetes makes RESTANTE_PORT and more for a service that is
// called restante.
func (s *Settings) checkEnv(environ []string) {
	var known []string
	for _, name := range EnvNames() {
		known = append(known, name)
	}
	slices.Sort(known)
	for _, a := range s.Accounts {
		known = append(known, a.PasswordEnv)
	}
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(strings.ToUpper(name), envPrefix) || slices.Contains(known, name) {
			continue
		}
		n, ok := Near(name, known)
		if !ok {
			s.strangers = append(s.strangers, name)
			continue
		}
		s.places.faults = append(s.places.faults, Fault{
			Place: name, Problem: "is no setting, did you mean " + n + "?", line: envLine,
		})
	}
	slices.Sort(s.strangers)
}

// Strangers gives the environment variables that begin like a setting's and
// are none, in order.
func (s *Settings) Strangers() []string { return s.strangers }

// envName is the environment variable of a setting: RESTANTE_DATA_DIR for
// data_dir, RESTANTE_SERVE_POP3_ADDRESS for serve.pop3.address.
func envName(key string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// EnvNames gives the environment variables of all settings outside the lists,
// by key.
func EnvNames() map[string]string {
	out := map[string]string{}
	for key := range scalars(reflect.TypeFor[Settings](), "") {
		out[key] = envName(key)
	}
	return out
}

// scalars gives the single values under a struct, by key.
func scalars(t reflect.Type, above string) map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for name, ft := range fieldsOf(t) {
		key := strings.TrimPrefix(above+"."+name, ".")
		switch {
		case isLeaf(ft):
			out[key] = ft
		case ft.Kind() == reflect.Struct:
			for k, kt := range scalars(ft, key) {
				out[k] = kt
			}
		}
	}
	return out
}
