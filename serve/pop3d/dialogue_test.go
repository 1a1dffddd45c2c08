package pop3d_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"restante/serve/pop3d"
)

// TestDialogue plays testdata/*.txt against a server that holds the sample
// messages. Lines are
//
//	# a comment
//	plaintext never|loopback|always   before the first C or S; always is the default
//	C: sent with CRLF; Go's escapes are understood; C lines in a row are one write
//	C- the same without CRLF
//	S: an answer, to the letter, or up to a * at its end
//	END the server hangs up
//	CUT the client hangs up
//	LEFT 1 3 the sample messages that are there when the server has heard of that
func TestDialogue(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no dialogues: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			play(t, strings.Split(strings.TrimSpace(string(text)), "\n"))
		})
	}
}

func play(t *testing.T, script []string) {
	policy := pop3d.Always
	if word, ok := strings.CutPrefix(script[0], "plaintext "); ok {
		var err error
		if policy, err = pop3d.ParsePolicy(word); err != nil {
			t.Fatal(err)
		}
		script = script[1:]
	}
	box := newSample(t)
	all := box.UIDs("ada")
	s := serve(t, pop3d.Options{Porter: box, Profile: pop3d.Profile{Plaintext: policy}})
	c := dial(t, s.clear)
	batch := ""
	for n, line := range script {
		word, rest, _ := strings.Cut(line, " ")
		if batch != "" && word != "C:" && word != "C-" {
			if _, err := c.Write([]byte(batch)); err != nil {
				t.Fatal(err)
			}
			batch = ""
		}
		switch word {
		case "", "#":
		case "C:":
			batch += unquote(t, rest) + "\r\n"
		case "C-":
			batch += unquote(t, rest)
		case "S:":
			got := c.line()
			if prefix, ok := strings.CutSuffix(rest, "*"); got != rest && !(ok && strings.HasPrefix(got, prefix)) {
				t.Fatalf("line %d: server says %q, want %q", n+1, got, rest)
			}
		case "END":
			c.wantEnd()
		case "CUT":
			c.Close()
		case "LEFT":
			// Shut down, so that whatever the session does is done.
			c.Close()
			if err := s.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, f := range strings.Fields(rest) {
				i, err := strconv.Atoi(f)
				if err != nil {
					t.Fatal(err)
				}
				want = append(want, all[i-1])
			}
			if got := box.UIDs("ada"); !slices.Equal(got, want) {
				t.Errorf("left are %v, want %v", got, want)
			}
		default:
			t.Fatalf("line %d makes no sense: %q", n+1, line)
		}
	}
}

func unquote(t *testing.T, s string) string {
	t.Helper()
	u, err := strconv.Unquote(`"` + strings.ReplaceAll(s, `"`, `\"`) + `"`)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return u
}
