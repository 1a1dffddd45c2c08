package configs

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// mergeMost bounds how many maps << may bring in, in the whole file: an anchor
// may hold itself, many times over.
const mergeMost = 1000

// walker turns a YAML tree into plain values of the types that Settings wants,
// leaving out what is wrong, and notes where each key stands.
type walker struct{ *places }

var (
	durationType    = reflect.TypeFor[time.Duration]()
	unmarshalerType = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// isLeaf reports whether a type is written as one scalar.
func isLeaf(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(unmarshalerType) ||
		t.Kind() != reflect.Struct && t.Kind() != reflect.Slice
}

// value reads a node; ok is false where it gives nothing.
func (w walker) value(n *yaml.Node, t reflect.Type, key string) (v any, ok bool) {
	if _, seen := w.lines[key]; !seen {
		w.lines[key] = n.Line
	}
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch {
	case isLeaf(t):
		return w.leaf(n, t, key)
	case n.ShortTag() == "!!null":
		return nil, false // a heading with all its lines commented out
	case t.Kind() == reflect.Slice:
		return w.list(n, t, key)
	}
	return w.mapping(n, t, key)
}

func (w walker) list(n *yaml.Node, t reflect.Type, key string) (any, bool) {
	if n.Kind != yaml.SequenceNode {
		w.fault(key, "is no list", "a list, an item a line beginning with -, or [] for none")
		return nil, false
	}
	items := make([]any, 0, len(n.Content))
	for i, c := range n.Content {
		// An item without a value keeps its place, so that the numbers of
		// the others stay true; its own fault ends the load.
		item, ok := w.value(c, t.Elem(), fmt.Sprintf("%s[%d]", key, i))
		if !ok {
			w.fault(fmt.Sprintf("%s[%d]", key, i), "is empty", "")
			item = reflect.Zero(t.Elem()).Interface()
		}
		items = append(items, item)
	}
	return items, true
}

func (w walker) mapping(n *yaml.Node, t reflect.Type, key string) (any, bool) {
	if n.Kind != yaml.MappingNode {
		w.fault(key, "is no map", "key: value lines")
		return nil, false
	}
	m := map[string]any{}
	w.pairs(n, t, key, m, map[string]int{})
	return m, true
}

// pairs reads the keys of a map, and then those that << brings in and that are
// not there yet.
func (w walker) pairs(n *yaml.Node, t reflect.Type, key string, m map[string]any, seen map[string]int) {
	fields := fieldsOf(t)
	here := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if k.ShortTag() == "!!merge" {
			continue
		}
		name := strings.TrimPrefix(key+"."+k.Value, ".")
		if first, twice := here[k.Value]; twice {
			w.lines[name+" (again)"] = k.Line
			w.fault(name+" (again)", fmt.Sprintf("stands on line %d already", first), "")
			continue
		}
		here[k.Value] = k.Line
		if _, above := seen[k.Value]; above {
			continue
		}
		seen[k.Value] = k.Line
		w.lines[name] = k.Line
		ft, known := fields[k.Value]
		if !known {
			w.unknown(name, k.Value, t)
			continue
		}
		if val, ok := w.value(v, ft, name); ok {
			m[k.Value] = val
		}
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].ShortTag() == "!!merge" {
			w.merge(n.Content[i+1], t, key, m, seen)
		}
	}
}

func (w walker) merge(n *yaml.Node, t reflect.Type, key string, m map[string]any, seen map[string]int) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	w.merges++
	switch {
	case w.merges > mergeMost:
		w.fault(key, fmt.Sprintf("is where << has brought in more than %d maps", mergeMost), "")
	case n.Kind == yaml.MappingNode:
		w.pairs(n, t, key, m, seen)
	case n.Kind == yaml.SequenceNode:
		for _, c := range n.Content {
			w.merge(c, t, key, m, seen)
		}
	default:
		w.fault(key, "<< merges what is no map", "")
	}
}

func (w walker) unknown(key, name string, t reflect.Type) {
	names := namesOf(t)
	problem := "is unknown"
	if n, ok := Near(name, names); ok {
		problem = fmt.Sprintf("is unknown, did you mean %s?", n)
	}
	w.fault(key, problem, strings.Join(names, ", "))
}

// leaf reads a scalar. What YAML takes for something else than text is no text.
func (w walker) leaf(n *yaml.Node, t reflect.Type, key string) (any, bool) {
	tag := n.ShortTag()
	switch {
	case n.Kind != yaml.ScalarNode:
		w.fault(key, "is a list or a map", kindName(t))
		return nil, false
	case tag == "!!null":
		w.fault(key, "has no value", `"" for empty text, or leave the line out`)
		return nil, false
	case t.Kind() == reflect.String && tag != "!!str":
		w.fault(key, "is not text as it stands", "text; put quotes about it")
		return nil, false
	}
	return w.text(n.Value, t, key)
}

// text reads the value of a leaf from its text, be it of the file or of the
// environment.
func (w walker) text(s string, t reflect.Type, key string) (any, bool) {
	var v any
	var err error
	switch {
	case t == durationType:
		v, err = time.ParseDuration(s)
	case t.Kind() == reflect.String:
		return reflect.ValueOf(s).Convert(t).Interface(), true
	case t.Kind() == reflect.Int:
		v, err = strconv.Atoi(s)
	case t.Kind() == reflect.Float64:
		v, err = strconv.ParseFloat(s, 64)
	case t.Kind() == reflect.Bool:
		if v = s == "true"; s != "true" && s != "false" {
			err = strconv.ErrSyntax
		}
	default:
		p := reflect.New(t)
		if err := p.Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(s)); err != nil {
			w.fault(key, fmt.Sprintf("%.60q %v", s, err), kindName(t))
			return nil, false
		}
		return p.Elem().Interface(), true
	}
	if err != nil {
		w.fault(key, fmt.Sprintf("%.60q is not that", s), kindName(t))
		return nil, false
	}
	return v, true
}

// kindName says to a person what a leaf may hold.
func kindName(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[Keep]():
		return keepAllowed
	case t == reflect.TypeFor[Period]():
		return periodAllowed
	case t == reflect.TypeFor[Size]():
		return sizeAllowed
	case t == durationType:
		return "a time such as 90s, 10m or 1h30m"
	case t.Kind() == reflect.Int:
		return "a whole number"
	case t.Kind() == reflect.Float64:
		return "a number such as 0.9"
	case t.Kind() == reflect.Bool:
		return "true or false"
	}
	return "text"
}

// fieldsOf gives the settings of a struct by name, those of inlined structs
// among them.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(t) {
		if name := fieldName(f); name != "" {
			out[name] = f.Type
		}
	}
	return out
}

func namesOf(t reflect.Type) []string {
	var out []string
	for _, f := range reflect.VisibleFields(t) {
		if name := fieldName(f); name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// fieldName is the name of a setting; empty for what is none.
func fieldName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	return name
}
