package api_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// schema is what we use of JSON Schema.
type schema struct {
	Ref        string `yaml:"$ref"`
	Type       any
	Format     string
	Enum       []string
	Required   []string
	Properties map[string]*schema
	Items      *schema
	AllOf      []*schema `yaml:"allOf"`
}

// operation is a way to ask, as the document has it.
type operation struct {
	method, path string
	scopes       []string
	status       string // of success
	answers      *schema
	media        string // of the answer; empty: it has none
	takes        *schema
	at           *regexp.Regexp // what paths of it look like
}

// document is openapi.yaml.
type document struct {
	operations []operation
	schemas    map[string]*schema
}

type content map[string]struct{ Schema *schema }

// described reads the document, once.
var described = sync.OnceValues(func() (*document, error) {
	text, err := os.ReadFile("openapi.yaml")
	if err != nil {
		return nil, err
	}
	var raw struct {
		Paths      map[string]map[string]yaml.Node
		Components struct{ Schemas map[string]*schema }
	}
	if err := yaml.Unmarshal(text, &raw); err != nil {
		return nil, err
	}
	d := &document{schemas: raw.Components.Schemas}
	for path, methods := range raw.Paths {
		at := regexp.MustCompile("^/api/v1" + regexp.MustCompile(`\\\{\w+\\\}`).ReplaceAllString(regexp.QuoteMeta(path), "[^/]+") + "$")
		for method, node := range methods {
			if method == "parameters" {
				continue
			}
			var op struct {
				Security    []map[string][]string
				RequestBody struct{ Content content } `yaml:"requestBody"`
				Responses   map[string]struct{ Content content }
			}
			if err := node.Decode(&op); err != nil {
				return nil, err
			}
			o := operation{method: strings.ToUpper(method), path: path, at: at, takes: op.RequestBody.Content["application/json"].Schema}
			if len(op.Security) > 0 {
				o.scopes = op.Security[0]["token"]
			}
			for status, answer := range op.Responses {
				if status != "default" {
					o.status = status
					for o.media = range answer.Content {
						o.answers = answer.Content[o.media].Schema
					}
				}
			}
			d.operations = append(d.operations, o)
		}
	}
	slices.SortFunc(d.operations, func(a, b operation) int { return strings.Compare(a.method+a.path, b.method+b.path) })
	return d, nil
})

func theDocument(t testing.TB) *document {
	t.Helper()
	d, err := described()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// find gives the operation that answers a request; nil: none does.
func (d *document) find(method, path string) *operation {
	path, _, _ = strings.Cut(path, "?")
	for i, o := range d.operations {
		if o.method == method && o.at.MatchString(path) {
			return &d.operations[i]
		}
	}
	return nil
}

// flat gives a schema with what it refers to put in.
func (d *document) flat(s *schema) *schema {
	if s.Ref != "" {
		return d.flat(d.schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")])
	}
	if len(s.AllOf) == 0 {
		return s
	}
	out := &schema{Type: "object", Properties: map[string]*schema{}}
	for _, x := range s.AllOf {
		x = d.flat(x)
		out.Required = append(out.Required, x.Required...)
		for name, p := range x.Properties {
			out.Properties[name] = p
		}
	}
	return out
}

// check compares a value with a schema. What the schema does not name is a fault too.
func (d *document) check(s *schema, v any, at string) error {
	s = d.flat(s)
	wrong := fmt.Errorf("%s: %v is no %v %s", at, v, s.Type, s.Format)
	switch s.Type {
	case "object":
		o, ok := v.(map[string]any)
		if !ok {
			return wrong
		}
		for _, name := range s.Required {
			if _, ok := o[name]; !ok {
				return fmt.Errorf("%s: no %s", at, name)
			}
		}
		for name, x := range o {
			if s.Properties[name] == nil {
				return fmt.Errorf("%s: %s is not described", at, name)
			}
			if err := d.check(s.Properties[name], x, at+"."+name); err != nil {
				return err
			}
		}
	case "array":
		all, ok := v.([]any)
		if !ok {
			return wrong
		}
		for i, x := range all {
			if err := d.check(s.Items, x, fmt.Sprint(at, "[", i, "]")); err != nil {
				return err
			}
		}
	case "string":
		text, ok := v.(string)
		forms := map[string]string{"date-time": time.RFC3339Nano, "date": time.DateOnly}
		if ok && forms[s.Format] != "" {
			_, err := time.Parse(forms[s.Format], text)
			ok = err == nil
		}
		if !ok || len(s.Enum) > 0 && !slices.Contains(s.Enum, text) {
			return wrong
		}
	case "integer", "number":
		n, ok := v.(json.Number)
		if !ok || s.Type == "integer" && strings.ContainsAny(n.String(), ".eE") {
			return wrong
		}
	case "boolean":
		if _, ok := v.(bool); !ok {
			return wrong
		}
	default:
		return fmt.Errorf("%s: the document says no type", at)
	}
	return nil
}

// checkText is check of JSON.
func (d *document) checkText(s *schema, text string) error {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return err
	}
	return d.check(s, v, "")
}

// The walker itself must see faults, or all else proves nothing.
func TestCheck_SeesWhatIsNotDescribed(t *testing.T) {
	d := theDocument(t)
	good := `{"id":1,"uid":"a","account":"b","mailbox":"c","class":"ham","score":0.5,"size":3,"received":"2026-02-02T10:00:00Z"}`
	known := d.schemas["Known"]
	if err := d.checkText(known, good); err != nil {
		t.Error(err)
	}
	for old, wrong := range map[string]string{
		`"id":1,`: ``, `"id":1`: `"id":1.5`, `"uid":"a"`: `"uid":null`, `"class":"ham"`: `"class":"eggs"`, `"received":"2026-02-02T10:00:00Z"`: `"received":"today"`,
		`"size":3`: `"size":"3"`, `"score":0.5`: `"score":0.5,"more":1`,
	} {
		if d.checkText(known, strings.Replace(good, old, wrong, 1)) == nil {
			t.Errorf("%s for %s is taken", wrong, old)
		}
	}
}
