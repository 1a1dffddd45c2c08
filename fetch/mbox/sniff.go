package mbox

import (
	"bytes"
	"errors"
	"path"
	"regexp"
	"strconv"
	"strings"
)

type kind int

const (
	isOther kind = iota
	isMessage
	isMbox
	isEmlx
	isPack
	isBinary
)

var errNoMail = errors.New("it holds no mail, as far as its first octets tell")

// sniffed is how much of a file is looked at to tell what it is.
const sniffed = 1024

var (
	// fieldStart is how a header field begins (RFC 5322, section 2.2).
	fieldStart = regexp.MustCompile(`^[!-9;-~]{1,100}[ \t]*:`)
	// emlxStart is the length with which an .emlx file of Apple Mail begins.
	emlxStart = regexp.MustCompile(`^(\d{1,12})[ \t]*\r?\n`)
)

// sniff tells what a file is, by its first octets. The name only tells .emlx
// from other text that begins with a number.
func sniff(start []byte, name string) kind {
	if kind, _ := packed(start); kind != "" {
		return isPack
	}
	switch body := bytes.TrimLeft(start, "\r\n"); {
	case bytes.HasPrefix(body, fromPrefix):
		return isMbox
	case fieldStart.Match(start), bytes.HasPrefix(start, []byte(">From ")):
		return isMessage
	case strings.EqualFold(path.Ext(name), ".emlx") && emlxStart.Match(start):
		return isEmlx
	case bytes.IndexByte(start, 0) >= 0: // text without a header may still be a message gone wrong
		return isBinary
	}
	return isOther
}

// emlxSpan is where the message lies in an .emlx file: behind a line with its
// length, before a property list.
func emlxSpan(start []byte) span {
	m := emlxStart.FindSubmatch(start)
	n, _ := strconv.ParseInt(string(m[1]), 10, 64) // at most twelve digits
	return span{start: int64(len(m[0])), end: int64(len(m[0])) + n, raw: true}
}
