package letter_test

import (
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/iotest"

	"restante/filter/letter"
)

func TestReadPart_GivesAWholePartOrNone(t *testing.T) {
	const text = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nwords\r\n--b\r\n" +
		"Content-Type: application/x-a\r\n\r\nthe first\r\n--b\r\nContent-Type: application/x-b\r\n\r\nthe second\r\n--b--\r\n"
	p, data, err := letter.ReadPart(strings.NewReader(text), 1, 100)
	if err != nil || p.Type != "application/x-b" || string(data) != "the second" {
		t.Errorf("%+v %q, %v", p, data, err)
	}
	if _, data, err := letter.ReadPart(strings.NewReader(text), 0, 3); err != nil || string(data) != "the" {
		t.Errorf("%q, %v", data, err)
	}
	if _, _, err := letter.ReadPart(strings.NewReader(text), 2, 100); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there are two: %v", err)
	}
	broken := io.MultiReader(strings.NewReader(text[:len(text)-12]), iotest.ErrReader(errors.New("it is damaged")))
	if _, data, err := letter.ReadPart(broken, 1, 100); err == nil || errors.Is(err, fs.ErrNotExist) || data != nil {
		t.Errorf("of a damaged message: %q, %v", data, err)
	}
}
