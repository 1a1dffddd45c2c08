package record

import (
	"os"
	"strings"
	"testing"
)

// What strangers' dumps hold may be refused, and breaks nothing.
func FuzzDumpReader(f *testing.F) {
	old, err := os.ReadFile("testdata/v1.ndjson")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(old))
	f.Add(`{"restante":"rows","format":1,"schema":1}` + "\n" + `{"table":"a","columns":["b"],"types":["text"]}` + "\n" + `[{"base64":"/w=="}]` + "\n" + `{"end":{"a":1}}` + "\n")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := newDumpReader(strings.NewReader(text))
		if err != nil {
			return
		}
		var at dumpTable
		begun := map[string]int64{}
		err = r.read(func(d dumpTable) error {
			at = d
			begun[at.Table] = 0
			return nil
		}, func(row []any) error {
			if len(row) != len(at.Columns) {
				t.Errorf("%d values for %d columns", len(row), len(at.Columns))
			}
			begun[at.Table]++
			for i, v := range row {
				b, err := appendValue(nil, at.Types[i], v)
				if err != nil {
					t.Errorf("a value that was read cannot be written: %v", err)
				}
				again, err := parseValue(b, at.Types[i])
				if text, ok := v.(string); err != nil || ok && again != text {
					t.Errorf("%v is read again as %v, %v", v, again, err)
				}
			}
			return nil
		})
		for name, n := range begun {
			if err == nil && r.rows[name] != n {
				t.Errorf("table %s: %d rows counted, %d came", name, r.rows[name], n)
			}
		}
	})
}
