package api_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"restante/index"
	"restante/serve/auth"
	"restante/serve/web"
	"restante/serve/web/api"
	"restante/serve/web/webtest"
)

// pipes is a listener whose connections are in memory, and hold no octet: each write
// waits for a reader.
type pipes struct {
	conns chan net.Conn
	ended context.Context
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.ended.Done():
		return nil, net.ErrClosed
	}
}
func (pipes) Close() error   { return nil }
func (pipes) Addr() net.Addr { return &net.UnixAddr{} }

func (p pipes) dial() net.Conn {
	ours, theirs := net.Pipe()
	p.conns <- theirs
	return ours
}

// busy is an archive to which nothing happens, or too much for who does not read.
type busy struct {
	api.Archive
	much bool
}

func (busy) Identity(context.Context) (string, error)        { return "db", nil }
func (busy) Heads(context.Context) (map[string]int64, error) { return nil, nil }
func (busy) Next() <-chan struct{}                           { return make(chan struct{}) }
func (busy) Message(_ context.Context, _ string, id int64) (index.Message, error) {
	return index.Message{ID: id, Mailbox: "inbox"}, nil
}
func (b busy) Changes(_ context.Context, _ string, after int64, most int) (all []index.Change, err error) {
	for i := range int64(most) {
		if b.much {
			all = append(all, index.Change{Number: after + i + 1, Kind: index.Added, Message: i + 1})
		}
	}
	return all, nil
}

type tokenStore interface{ index.Tokens }

// one is a token that is there until it is revoked.
type one struct {
	tokenStore
	secret  [32]byte
	revoked atomic.Bool
}

func (o *one) Token(_ context.Context, secret [32]byte) (index.Token, error) {
	if secret != o.secret || o.revoked.Load() {
		return index.Token{}, index.ErrNotFound
	}
	return index.Token{ID: 1, Owner: "ada", Scopes: []string{api.Read}}, nil
}
func (*one) UseToken(context.Context, int64, time.Time) error { return nil }

// asked serves an archive in a bubble, and gives a connection on which a stream was
// asked for.
func asked(t *testing.T, a busy) (*one, net.Conn) {
	ticket := auth.APITicket.New()
	tokens := &one{}
	tokens.secret, _ = auth.APITicket.Secret(ticket)
	s := web.New(web.Options{Sessions: webtest.Trust{}})
	api.Register(s, api.Options{
		Tokens: tokens, Archive: a, Changes: a, Known: func(context.Context, string) (bool, error) { return true, nil },
	})
	ctx, stop := context.WithCancel(t.Context())
	p := pipes{make(chan net.Conn), ctx}
	served := make(chan error)
	go func() { served <- s.Serve(ctx, p, false) }()
	conn := p.dial()
	t.Cleanup(func() {
		stop()
		conn.Close()
		<-served
	})
	if _, err := fmt.Fprintf(conn, "GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", ticket); err != nil {
		t.Fatal(err)
	}
	return tokens, conn
}

func TestEvents_GiveSignsOfLifeUntilTheTokenIsRevoked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tokens, conn := asked(t, busy{})
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(resp.Body)
		begun := time.Now()
		for signs := 0; signs < 20; {
			line, err := lines.ReadString('\n')
			if err != nil {
				t.Fatalf("after %v: %v", time.Since(begun), err)
			}
			if strings.HasPrefix(line, ":") {
				signs++
			}
		}
		if took := time.Since(begun); took > 20*api.Beat {
			t.Errorf("20 signs of life took %v", took)
		}
		tokens.revoked.Store(true)
		if _, err := io.Copy(io.Discard, lines); err != nil {
			t.Errorf("the stream ends with %v", err)
		}
		if took := time.Since(begun); took > 22*api.Beat {
			t.Errorf("it ends after %v", took)
		}
	})
}

func TestEvents_CutWhoDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, conn := asked(t, busy{much: true})
		r := bufio.NewReader(conn)
		if _, err := r.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * api.Slow) // of the bubble's own time
		conn.SetReadDeadline(time.Now().Add(api.Slow))
		if n, err := io.Copy(io.Discard, r); err != nil || n > 64<<10 {
			t.Errorf("%d octets more, then %v", n, err)
		}
	})
}
