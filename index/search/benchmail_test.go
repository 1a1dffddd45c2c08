package search_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"restante/fetch/corpora"
)

// made makes the message of a number: always the same, and needing no other.
type made func(i int) []byte

// dated is when message i of n was sent: they lie in fifteen years.
func dated(i, n int) time.Time {
	return now.Add(-time.Duration(n-i) * (15 * 365 * 24 * time.Hour / time.Duration(n)))
}

// realMail gives n real messages: all there are, then the same with other words,
// dates and numbers, so that the words of the archive grow and no two are one.
func realMail(t testing.TB, n int) made {
	t.Helper()
	var all [][]byte
	for _, stream := range []string{"spamassassin", "modern", "csdmc2010"} {
		all = append(all, corpora.Mail(t, stream, 0)...)
	}
	return func(i int) []byte {
		if i < len(all) {
			return all[i]
		}
		return reworded(all[i%len(all)], i/len(all), dated(i, n), i)
	}
}

// reworded gives a message another name and date, and spells every sixth of its
// longer words differently.
func reworded(raw []byte, round int, date time.Time, i int) []byte {
	head, body, _ := bytes.Cut(raw, []byte("\n\n"))
	var out bytes.Buffer
	fmt.Fprintf(&out, "Message-ID: <%d@reworded.example>\nDate: %s\n", i, date.Format(time.RFC1123Z))
	skip := false
	for line := range bytes.Lines(append(head, '\n')) {
		if line[0] != ' ' && line[0] != '\t' {
			name, _, _ := bytes.Cut(bytes.ToLower(line), []byte(":"))
			skip = string(name) == "message-id" || string(name) == "date"
		}
		if !skip {
			out.Write(line)
		}
	}
	out.WriteByte('\n')
	text := bytes.Clone(body)
	for from := 0; from < len(text); {
		to := from
		for to < len(text) && text[to] >= 'a' && text[to] <= 'z' {
			to++
		}
		// What stands between spaces is a word, and no part of an encoding or a tag.
		if to-from >= 6 && from > 0 && text[from-1] == ' ' && to < len(text) && text[to] == ' ' {
			h := fnv.New32a()
			h.Write(text[from:to])
			if (int(h.Sum32()%6)+round)%6 == 0 {
				for k := from; k < from+3; k++ {
					text[k] = 'a' + byte((int(text[k]-'a')+round*(k-from+1))%26)
				}
			}
		}
		from = to + 1
	}
	out.Write(text)
	return out.Bytes()
}

// syllables of made words.
var syllables = strings.Fields("ba ke li mo nu ra se ti vo zu cha dre fli gro plu sta wen xor yil dan mer tos pin gul")

// wordOf is the word of a rank: the first are real ones, which text is full of.
func wordOf(of []string, rank int) string {
	if rank < len(of) {
		return of[rank]
	}
	var b strings.Builder
	for n := rank; n > 0; n /= len(syllables) {
		b.WriteString(syllables[n%len(syllables)])
	}
	return b.String()
}

// compound is a word of two to four characters, by its rank.
func compound(of []rune, rank int) string {
	out := []rune{of[rank%len(of)], of[rank/len(of)%len(of)]}
	for n := rank / len(of) / len(of); n > 0; n /= len(of) {
		out = append(out, of[n%len(of)])
	}
	return string(out)
}

// generatedMail gives n messages in four languages, whose words are as frequent
// as those of a language. One in five has HTML beside its text, one in twelve a
// table, most belong to conversations.
func generatedMail(n int) made {
	return func(i int) []byte {
		r := rand.New(rand.NewPCG(2026, uint64(i)))
		ranks := rand.NewZipf(r, 1.08, 3, 400_000)
		var word func() string
		sep := " "
		switch i % 10 {
		case 7, 8:
			word = func() string { return wordOf(german, int(ranks.Uint64())) }
		case 9:
			word, sep = func() string { return compound(kanji, int(ranks.Uint64())) }, ""
		case 4:
			word, sep = func() string { return compound(hanzi, int(ranks.Uint64())) }, ""
		default:
			word = func() string { return wordOf(english, int(ranks.Uint64())) }
		}
		text := func(words int) string {
			var b strings.Builder
			for k := range words {
				b.WriteString(word())
				switch {
				case k%61 == 60:
					b.WriteString(".\n\n")
				case k%12 == 11:
					b.WriteString("\n")
				default:
					b.WriteString(sep)
				}
			}
			return b.String()
		}
		who := int(rand.NewZipf(r, 1.2, 5, 3000).Uint64())
		var b bytes.Buffer
		fmt.Fprintf(&b, "From: %s %s <p%d@d%d.example>\nTo: Ada <ada@example.org>\nSubject: %s\nDate: %s\nMessage-ID: <%d@generated.example>\nMIME-Version: 1.0\n",
			wordOf(nil, 100+who), wordOf(nil, 7000+who), who, who%170, strings.TrimSpace(strings.ReplaceAll(text(3+r.IntN(5)), "\n", " ")),
			dated(i, n).Format(time.RFC1123Z), i)
		if back := 1 + r.IntN(200); i >= back && r.IntN(5) > 0 {
			fmt.Fprintf(&b, "In-Reply-To: <%d@generated.example>\n", i-back)
		}
		if list := r.IntN(60); list < 20 {
			fmt.Fprintf(&b, "List-Id: <l%d.lists.example>\n", list)
		}
		body := text(30 + min(int(r.ExpFloat64()*150), 3000))
		plain := "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n" + body + "\n"
		switch {
		case i%5 == 2:
			b.WriteString("Content-Type: multipart/alternative; boundary=b\n\n--b\n" + plain + "--b\nContent-Type: text/html; charset=utf-8\n\n<html><body><p>" +
				strings.ReplaceAll(body, "\n\n", "</p>\n<p>") + "</p></body></html>\n--b--\n")
		case i%12 == 1:
			table := base64.StdEncoding.EncodeToString([]byte(strings.ReplaceAll(text(100), " ", ";")))
			b.WriteString("Content-Type: multipart/mixed; boundary=b\n\n--b\n" + plain +
				"--b\nContent-Type: text/csv; charset=utf-8; name=t.csv\nContent-Disposition: attachment; filename=t.csv\nContent-Transfer-Encoding: base64\n\n")
			for len(table) > 76 {
				b.WriteString(table[:76] + "\n")
				table = table[76:]
			}
			b.WriteString(table + "\n--b--\n")
		default:
			b.WriteString(plain)
		}
		return b.Bytes()
	}
}
