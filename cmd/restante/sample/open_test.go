package sample_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"
)

// leaf is a part without parts, decoded.
type leaf struct {
	kind, charset, transfer, name string
	wire, data                    []byte // as sent; decoded
	text                          string // in UTF-8, of text parts
}

// open takes a well-formed message apart with the standard library alone, so
// that these tests owe nothing to the reader that the program uses.
func open(t testing.TB, raw []byte) (mail.Header, []leaf) {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("read %q: %v", head(raw), err)
	}
	leaves, err := leavesOf(textproto.MIMEHeader(m.Header), m.Body)
	if err != nil {
		t.Fatalf("open %q: %v", head(raw), err)
	}
	return m.Header, leaves
}

func leavesOf(header textproto.MIMEHeader, body io.Reader) ([]leaf, error) {
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return nil, fmt.Errorf("content type: %w", err)
	}
	if strings.HasPrefix(kind, "multipart/") {
		var all []leaf
		r := multipart.NewReader(body, params["boundary"])
		for {
			p, err := r.NextRawPart()
			if err == io.EOF {
				return all, nil
			}
			if err != nil {
				return nil, fmt.Errorf("next part of %s: %w", kind, err)
			}
			inner, err := leavesOf(p.Header, p)
			if err != nil {
				return nil, err
			}
			all = append(all, inner...)
		}
	}
	l := leaf{kind: kind, charset: params["charset"], transfer: header.Get("Content-Transfer-Encoding")}
	if _, params, err := mime.ParseMediaType(header.Get("Content-Disposition")); err == nil {
		l.name = params["filename"]
	}
	if l.wire, err = io.ReadAll(body); err != nil {
		return nil, err
	}
	var in io.Reader = bytes.NewReader(l.wire)
	switch l.transfer {
	case "base64":
		in = base64.NewDecoder(base64.StdEncoding, in)
	case "quoted-printable":
		in = quotedprintable.NewReader(in)
	}
	if l.data, err = io.ReadAll(in); err != nil {
		return nil, fmt.Errorf("decode %s %q: %w", kind, l.name, err)
	}
	if strings.HasPrefix(kind, "text/") {
		if l.text, err = decode(l.charset, l.data); err != nil {
			return nil, fmt.Errorf("decode %s: %w", kind, err)
		}
	}
	return []leaf{l}, nil
}

// decode reads text in the charset of its label and says where the label lies.
func decode(charset string, raw []byte) (string, error) {
	enc, err := htmlindex.Get(charset)
	if err != nil {
		return "", fmt.Errorf("charset %q: %w", charset, err)
	}
	text, err := enc.NewDecoder().String(string(raw))
	if err != nil {
		return "", fmt.Errorf("charset %q: %w", charset, err)
	}
	for _, r := range text {
		switch {
		case r == utf8.RuneError:
			return "", fmt.Errorf("%q is not in %s", raw, charset)
		case charset == "US-ASCII" && r >= 0x80, r >= 0x80 && r < 0xa0:
			return "", fmt.Errorf("%q in %q is not in %s", r, text, charset)
		}
	}
	if charset == "ISO-2022-JP" && bytes.ContainsFunc(raw, func(r rune) bool { return r >= 0x80 }) {
		return "", fmt.Errorf("8-bit octets in %s", charset)
	}
	return text, nil
}

// words reads encoded words in every charset that we use; the standard decoder
// knows three.
var words = mime.WordDecoder{CharsetReader: func(charset string, in io.Reader) (io.Reader, error) {
	enc, err := htmlindex.Get(charset)
	if err != nil {
		return nil, err
	}
	return enc.NewDecoder().Reader(in), nil
}}

// readable is what a reader sees: the decoded subject and every text.
func readable(t testing.TB, raw []byte) (subject, text string) {
	t.Helper()
	header, leaves := open(t, raw)
	subject, err := words.DecodeHeader(header.Get("Subject"))
	if err != nil {
		t.Fatalf("subject %q: %v", header.Get("Subject"), err)
	}
	if strings.ContainsRune(subject, utf8.RuneError) || strings.ContainsRune(subject, '\x1b') {
		t.Errorf("subject %q is not in the charset it names", subject)
	}
	var all []string
	for _, l := range leaves {
		if l.text != "" {
			all = append(all, l.text)
		}
	}
	return subject, strings.Join(all, "\n")
}

func head(raw []byte) []byte { return raw[:min(len(raw), 400)] }
