package pop3_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"restante/fetch"
	"restante/fetch/pop3"
)

// TestDialogues plays testdata/*.txt. Lines are
//
//	# a comment
//	DO: what the client is told: dial, list, head N, retrieve N…, delete N…, quit
//	GOT: what it gave, one line for each DO
//	S: what the server says, with Go escapes
//	C: what it must hear
//	S: <close>
//
// The account has no TLS, the user is "ada" and the password "pa ss".
func TestDialogues(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no dialogues:", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			play(t, string(b))
		})
	}
}

func play(t *testing.T, script string) {
	client, server := net.Pipe()
	var do, want, wire []string
	for line := range strings.Lines(script) {
		line = strings.TrimRight(line, "\n")
		kind, text, _ := strings.Cut(line, ":")
		text = strings.TrimPrefix(text, " ")
		switch kind {
		case "DO":
			do = append(do, text)
		case "GOT":
			want = append(want, text)
		case "S", "C":
			wire = append(wire, kind+text)
		}
	}
	ended := make(chan error, 1)
	go func() {
		defer server.Close()
		ended <- serve(server, wire)
	}()
	c := &told{ctx: t.Context(), dialer: pop3.New(pop3.Options{
		Connect: func(context.Context, string, string) (net.Conn, error) { return client, nil },
	})}
	var got []string
	for _, d := range do {
		got = append(got, c.do(d))
	}
	client.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the client gave\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// serve is the server's side of a dialogue.
func serve(conn net.Conn, wire []string) error {
	r := bufio.NewReader(conn)
	for _, line := range wire {
		switch text := line[1:]; {
		case text == "<close>":
			return conn.Close()
		case line[0] == 'S':
			text, err := strconv.Unquote(`"` + strings.ReplaceAll(text, `"`, `\"`) + `"`)
			if err != nil {
				return fmt.Errorf("%s: %w", line, err)
			}
			if _, err := conn.Write([]byte(text + "\r\n")); err != nil {
				return fmt.Errorf("nobody listens to %q: %w", text, err)
			}
		default:
			got, err := r.ReadString('\n')
			if got != text+"\r\n" {
				return fmt.Errorf("the client said %q, want %q (%w)", got, text, errors.Join(err))
			}
		}
	}
	return nil
}

// told is a client that does what it is told and writes down what it got.
type told struct {
	ctx    context.Context
	dialer *pop3.Dialer
	drop   fetch.Maildrop
}

func (c *told) do(order string) string {
	f := strings.Fields(order)
	var nums []int
	var items []fetch.Item
	for _, s := range f[1:] {
		n, _ := strconv.Atoi(s)
		nums, items = append(nums, n), append(items, fetch.Item{Num: n, Size: -1})
	}
	var got string
	var err error
	switch f[0] {
	case "dial":
		a := fetch.Account{Name: "a", Host: "h", Port: 110, TLS: fetch.TLSNone, Username: "ada", Password: password("pa ss")}
		c.drop, err = c.dialer.Dial(c.ctx, a)
	case "list":
		if items, err = c.drop.List(c.ctx); err == nil {
			got = fmt.Sprint(items)
		}
	case "head":
		var b []byte
		b, err = header(c.ctx, c.drop, items[0])
		got = fmt.Sprintf("%q %v", b, b != nil)
	case "retrieve":
		var all [][]byte
		all, err = retrieve(c.ctx, c.drop, items)
		got = fmt.Sprintf("%q", all)
	case "delete":
		nums, err = c.drop.Delete(c.ctx, nums)
		got = fmt.Sprint(nums)
	case "quit":
		err = c.drop.Quit(c.ctx)
	}
	switch {
	case err != nil:
		return strings.TrimSpace(got + " error: " + err.Error())
	case got == "":
		return "ok"
	}
	return got
}
