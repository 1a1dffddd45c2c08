package letter_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"restante/filter/letter"
)

const withParts = `Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

body
--b
Content-Type: text/plain; charset=iso-8859-1
Content-Disposition: attachment; filename=a.txt
Content-Transfer-Encoding: base64

R3L832U=
--b
Content-Type: text/html; name=b.html

<p>shown<p style="display:none">hidden
--b
Content-Type: message/rfc822

Subject: inner

inner body
--b
Content-Type: application/octet-stream
Content-Transfer-Encoding: quoted-printable

x=3D1
--b--
`

func TestReadParts_ShowsWhatIsNotInTheLetter(t *testing.T) {
	var got []string
	l := letter.ReadParts(strings.NewReader(withParts), func(p letter.Part, open func(int) []byte) {
		got = append(got, p.Type+" "+p.Text(open(14)))
	})
	want := []string{"text/plain Grüße", "text/html shown", "message/rfc822 Subject: inner", "application/octet-stream x=1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
	if !strings.Contains(l.Text, "inner body") || len(l.Parts) != 7 {
		t.Errorf("the letter has %d parts and says %q", len(l.Parts), l.Text)
	}
}

func TestPart_TextOfHTMLIsWhatAReaderSees(t *testing.T) {
	p := letter.Part{Type: "text/html"}
	data := []byte("<meta charset=shift_jis><p>\x93\x8c\x8b\x9e<p style='display:none'>hidden")
	if got := p.Text(data); got != "東京" {
		t.Errorf("Text = %q, want 東京", got)
	}
}
