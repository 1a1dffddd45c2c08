package letter_test

import (
	"bytes"
	"fmt"
	"mime/quotedprintable"
	"testing"

	"restante/fetch/corpora"
	"restante/filter/letter"
)

func BenchmarkRead_Corpus(b *testing.B) {
	for _, name := range []string{"spamassassin", "csdmc2010", "modern"} {
		b.Run(name, func(b *testing.B) {
			mail := corpora.Mail(b, name, 0)
			total := 0
			for _, m := range mail {
				total += len(m)
			}
			b.SetBytes(int64(total))
			b.ReportAllocs()
			for b.Loop() {
				for _, m := range mail {
					letter.ReadBytes(m)
				}
			}
			b.ReportMetric(float64(len(mail))*float64(b.N)/b.Elapsed().Seconds(), "msg/s")
		})
	}
}

// BenchmarkRead_Generated opens a newsletter of 8 kB: a long trace, words and
// markup, both quoted-printable.
func BenchmarkRead_Generated(b *testing.B) {
	msg := newsletter()
	b.SetBytes(int64(len(msg)))
	b.ReportAllocs()
	for b.Loop() {
		letter.ReadBytes(msg)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
}

func newsletter() []byte {
	var msg bytes.Buffer
	for i := range 6 {
		fmt.Fprintf(&msg, "Received: from relay%d.example.org (relay%d.example.org [192.0.2.%d])\r\n"+
			"\tby mx.example.net with ESMTPS id %012d for <ada@example.net>;\r\n\tTue, 3 Mar 2026 09:15:%02d +0100\r\n", i, i, i, i, i)
	}
	msg.WriteString("From: =?utf-8?Q?Gr=C3=BCne_Wochen?= <news@example.org>\r\nTo: \"Lovelace, Ada\" <ada@example.net>\r\n" +
		"Subject: =?utf-8?B?RGllIFdvY2hlIGltIMOcYmVyYmxpY2s=?=\r\nDate: Tue, 3 Mar 2026 09:15:00 +0100\r\n" +
		"Message-ID: <20260303@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"=_x\"\r\n\r\n")
	for _, kind := range []string{"plain", "html"} {
		msg.WriteString("--=_x\r\nContent-Type: text/" + kind + "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
		w := quotedprintable.NewWriter(&msg)
		for i := range 15 {
			if kind == "html" {
				fmt.Fprintf(w, "<tr><td style=\"color:#333333;font-size:14px\">Größere Neuigkeiten, Nummer %d: "+
					"<a href=\"https://example.org/n/%d?u=1&amp;v=2\">hier weiterlesen</a>&nbsp;&raquo;</td></tr>\n", i, i)
			} else {
				fmt.Fprintf(w, "Größere Neuigkeiten, Nummer %d: hier weiterlesen https://example.org/n/%d\n", i, i)
			}
		}
		_ = w.Close()
		msg.WriteString("\r\n")
	}
	msg.WriteString("--=_x--\r\n")
	return msg.Bytes()
}
