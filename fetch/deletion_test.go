package fetch_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"restante/fetch"
)

// Some upstreams answer +OK and keep all the same, or refuse DELE for ever.
func TestQuirk28_AnUpstreamThatNeverDeletesFillsNoTable(t *testing.T) {
	h := newHouse(t, mail(3)...)
	for range 20 {
		h.restart(func(o *fetch.Options) { o.Dialer = keeps{h.s} })
		h.round(fetch.Account{Keep: atOnce})
	}
	if len(h.r.dels) > 3 {
		t.Errorf("%d rows for 3 messages", len(h.r.dels))
	}
}

type keeps struct{ *server }

func (d keeps) Dial(ctx context.Context, a fetch.Account) (fetch.Maildrop, error) {
	drop, err := d.server.Dial(ctx, a)
	return keeping{drop.(*session)}, err
}

type keeping struct{ *session }

func (keeping) Quit(context.Context) error { return nil }

// The next listing has the UID again, for other mail.
func TestQuirk28_AUIDGivenASecondTimeDoesNotUndoADeletion(t *testing.T) {
	for _, longer := range []string{"", "longer\r\n"} {
		h := newHouse(t, mail(3)...)
		h.s.noQuit = true
		acc := fetch.Account{Name: "isp", Keep: atOnce}
		if _, err := h.f.Round(t.Context(), acc); err == nil {
			t.Fatal("no answer to QUIT, and no error")
		}
		h.s.noQuit, h.s.mail = false, []message{{"u1", text(7) + longer}}
		h.restart()
		h.round(acc)
		first := slices.IndexFunc(h.r.dels, func(d fetch.Deletion) bool { return d.UID == "u1" })
		if d := h.r.dels[first]; d.State != fetch.DeletionSeen {
			t.Errorf("%q: it is gone, and the row says %v", longer, d.State)
		}
	}
}

// And the same mail may be listed with another size.
func TestQuirk28_AnotherSizeInTheListingIsNoDeletion(t *testing.T) {
	h := newHouse(t, mail(3)...)
	h.s.cutQuit = true
	acc := fetch.Account{Name: "isp", Keep: atOnce}
	if _, err := h.f.Round(t.Context(), acc); err == nil {
		t.Fatal("no answer to QUIT, and no error")
	}
	h.s.cutQuit, h.s.noSizes = false, false
	for uid, known := range h.a.taken[""] {
		known.Size += 3 // LIST counted otherwise then
		h.a.taken[""][uid] = known
	}
	h.restart()
	h.round(acc)
	gone := 0
	for _, d := range h.r.dels {
		if d.State == fetch.DeletionDone || d.State == fetch.DeletionSeen {
			gone++
		}
	}
	if gone != 3 || len(h.s.mail) != 0 {
		t.Errorf("%d rows say gone, want 3; %+v", gone, h.r.dels)
	}
}

// A server may use the form that we give to what has no name.
func TestQuirk28_AUIDLikeOurNamesIsLookedForInTheListing(t *testing.T) {
	h := newHouse(t, message{"sha256-" + strings.Repeat("a", 64), text(1)})
	h.s.cutQuit = true
	acc := fetch.Account{Name: "isp", Keep: atOnce}
	if _, err := h.f.Round(t.Context(), acc); err == nil {
		t.Fatal("no answer to QUIT, and no error")
	}
	h.s.cutQuit = false
	h.restart()
	h.round(fetch.Account{})
	if len(h.r.dels) != 1 || h.r.dels[0].State != fetch.DeletionUndone {
		t.Errorf("%+v", h.r.dels)
	}
}

// What is not retrieved by the policy may be what is looked for.
func TestQuirk28_NothingWithoutAUIDIsGoneWhileSomeIsNotLookedAt(t *testing.T) {
	h := newHouse(t, big("", 3000))
	h.s.cutQuit = true
	acc := fetch.Account{Name: "isp", Keep: atOnce}
	if _, err := h.f.Round(t.Context(), acc); err == nil {
		t.Fatal("no answer to QUIT, and no error")
	}
	h.s.cutQuit = false
	h.restart()
	h.round(fetch.Account{Keep: atOnce, MaxSize: 2000})
	if len(h.r.dels) != 1 || h.r.dels[0].State != fetch.DeletionMarked {
		t.Errorf("%+v", h.r.dels)
	}
}
