package downgrade_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"restante/fetch/corpora"
	"restante/fetch/peertest"
	"restante/filter/letter"
	"restante/index/downgrade"
)

// Real headers say the same before and after, to our own reader of mail and to
// Python's.
func TestReader_KeepsTheTextOfRealHeaders(t *testing.T) {
	var before, after [][]byte
	for _, m := range corpora.Mail(t, "modern", 4200) {
		got, err := io.ReadAll(downgrade.Reader(bytes.NewReader(m)))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, m) {
			before, after = append(before, m), append(after, got)
		}
	}
	t.Logf("%d messages are changed", len(before))
	if len(before) < 100 {
		t.Fatal("too few to mean anything")
	}
	invalid := 0
	for i := range before {
		a, b := letter.ReadBytes(before[i]), letter.ReadBytes(after[i])
		if plain(a.Subject) != plain(b.Subject) {
			t.Errorf("subject %q became %q", a.Subject, b.Subject)
		}
		names := func(l *letter.Letter) (all []string) {
			for _, x := range slices.Concat(l.From, l.To, l.Cc, l.ReplyTo) {
				all = append(all, plain(x.Name)+" "+x.Addr)
			}
			return all
		}
		x, y := strings.Join(names(a), " "), strings.Join(names(b), " ")
		switch {
		case strings.Contains(y, "internationalized-address.invalid"):
			invalid++
		case glued.Match(before[i]):
		case x != y:
			t.Errorf("addresses %q became %q", x, y)
		}
		if a.Text != b.Text || a.HTML != b.HTML || len(a.Parts) != len(b.Parts) {
			t.Errorf("the words of %q are not the same", a.Subject)
		}
	}
	t.Logf("%d have addresses beyond ASCII", invalid)
	px, py := python(t, before), python(t, after)
	for i := range px {
		x, y := plain(strings.Join(px[i], " ")), plain(strings.Join(py[i], " "))
		if x != y && !strings.Contains(y, "internationalized-address.invalid") {
			t.Errorf("to Python %q became %q", px[i], py[i])
		}
	}
}

// glued is an encoded-word in the middle of a word, which is none, but our reader
// takes it for one.
var glued = regexp.MustCompile(`(?m)^From: .*[A-Za-z]=\?(?i:utf-8)\?`)

// plain leaves out what is not the same to everybody: quotes that nothing closes,
// and blanks, which Python puts between the encoded-words of a name.
func plain(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(s, `"`, "")), "")
}

// pythonScript gives the text of a subject, and names and addresses, as Python's
// email package reads them. Raw UTF-8 it knows since RFC 6532.
const pythonScript = `
import email, email.policy, json, sys
out = []
for raw in json.load(sys.stdin):
    m = email.message_from_bytes(raw.encode("latin-1"), policy=email.policy.default)
    said = []
    for name in ("subject", "from", "to", "cc"):
        for value in m.get_all(name, []):
            text = str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            said.append(" ".join(text.replace('"', "").split()))
    out.append(said)
json.dump(out, sys.stdout)
`

func python(t *testing.T, mail [][]byte) (said [][]string) {
	t.Helper()
	peertest.Needs(t, "python3")
	var all []string
	for _, m := range mail {
		var b strings.Builder
		for _, c := range m {
			b.WriteRune(rune(c))
		}
		all = append(all, b.String())
	}
	in, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "python3", "-c", pythonScript)
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, &said)
	}
	if err != nil || len(said) != len(mail) {
		t.Fatalf("python3: %v, %d of %d messages", err, len(said), len(mail))
	}
	return said
}
