package letter_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"restante/filter/letter"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestRead_Golden opens each testdata/NN-name.eml and compares the letter with
// NN-name.golden. All of them were written for this test.
func TestRead_Golden(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("testdata", "*.eml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no golden messages: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".eml"), func(t *testing.T) {
			msg, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			before := bytes.Clone(msg)
			l := letter.ReadBytes(msg)
			if !bytes.Equal(msg, before) {
				t.Error("ReadBytes changed the message")
			}
			if diff := cmp.Diff(l, letter.Read(bytes.NewReader(msg))); diff != "" {
				t.Errorf("Read and ReadBytes differ:\n%s", diff)
			}
			var got bytes.Buffer
			enc := json.NewEncoder(&got)
			enc.SetEscapeHTML(false)
			enc.SetIndent("", "  ")
			if err := enc.Encode(l); err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(path, ".eml") + ".golden"
			if *update {
				if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatalf("%v (run the test with -update to write it)", err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("letter (-want +got):\n%s", diff)
			}
		})
	}
}
