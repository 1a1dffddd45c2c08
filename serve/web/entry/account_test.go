package entry_test

import (
	"context"
	"encoding/base32"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"restante/serve/auth"
)

// setUp gives who is signed in a second factor: its key and its recovery codes.
func (b *browser) setUp(t *testing.T) (secret []byte, codes []string) {
	t.Helper()
	page := b.post("/account/second", "password", right)
	m := keyOnPage.FindStringSubmatch(page.body)
	if m == nil || !strings.Contains(page.body, "<svg class=\"qr\"") {
		t.Fatalf("no key on the page: %s", main(page.body))
	}
	secret, err := base32.StdEncoding.DecodeString(m[1])
	if err != nil {
		t.Fatal(err)
	}
	b.post("/account/second/confirm", "code", "000000").says(t, 422, "The code is wrong")
	page = b.post("/account/second/confirm", "code", auth.TOTPCode(secret, b.clock().Unix()/30))
	for _, m := range regexp.MustCompile(`<code>([a-z2-7-]{19})</code>`).FindAllStringSubmatch(page.body, -1) {
		codes = append(codes, m[1])
	}
	if len(codes) != 10 {
		t.Fatalf("%d recovery codes: %s", len(codes), main(page.body))
	}
	return secret, codes
}

func TestSecondFactor_IsAskedForAndTakenOnce(t *testing.T) {
	h := open(t, false, "ada")
	b := h.browser()
	b.signIn("ada", right)
	secret, codes := b.setUp(t)
	code := func() string { return auth.TOTPCode(secret, h.clock().Unix()/30) }

	other := h.browser()
	if got := other.signIn("ada", right); got.path != "/signin/code" {
		t.Fatalf("after the password: %s", got.path)
	}
	other.isIn("")
	// The code that confirmed the key is spent.
	other.post("/signin/code", "code", code()).says(t, 401, "The code is wrong, or it was used before.")
	other.isIn("")
	h.pass(30 * time.Second)
	used := code()
	if got := other.post("/signin/code", "code", used[:3]+" "+used[3:]); got.path != "/mail" {
		t.Errorf("after the code: %s", got.path)
	}
	other.isIn("ada")

	// A code is taken once, and none earlier; so is a recovery code.
	third := h.browser()
	third.signIn("ada", right)
	third.post("/signin/code", "code", used).says(t, 401, "used before")
	if got := third.post("/signin/code", "code", strings.ToUpper(codes[3])); got.path != "/mail" {
		t.Errorf("after a recovery code: %s", got.path)
	}
	fourth := h.browser()
	fourth.signIn("ada", right)
	fourth.post("/signin/code", "code", codes[3]).says(t, 401, "used before")
	b.get("/account").says(t, 200, "Recovery codes left: 9")

	// New codes end the old ones; both need the password.
	b.post("/account/second/codes", "password", "wrong").says(t, 401, "is wrong")
	b.post("/account/second/codes", "password", right).says(t, 200, "Recovery codes")
	fourth.post("/signin/code", "code", codes[4]).says(t, 401, "used before")
	b.post("/account/second/off", "password", "wrong").says(t, 401, "is wrong")
	b.post("/account/second/off", "password", right).says(t, 200, "turned off")
	fifth := h.browser()
	fifth.signIn("ada", right)
	fifth.isIn("ada")
}

func TestSecondFactor_GuessesAreSlowedDown(t *testing.T) {
	h := open(t, false, "ada")
	b := h.browser()
	b.signIn("ada", right)
	secret, _ := b.setUp(t)
	h.pass(30 * time.Second)
	guesser := h.browser()
	slowed := 0
	for range 12 {
		guesser.signIn("ada", right) // which clears the count of passwords, and not that of codes
		if guesser.post("/signin/code", "code", "000001").status == 429 {
			slowed++
		}
	}
	if slowed < 5 {
		t.Errorf("%d of 12 guesses were slowed down", slowed)
	}
	guesser.post("/signin/code", "code", auth.TOTPCode(secret, h.clock().Unix()/30)).says(t, 429, "Too many")

	// Between password and code there are minutes.
	late := h.browser()
	h.pass(time.Hour)
	late.signIn("ada", right)
	h.pass(11 * time.Minute)
	late.post("/signin/code", "code", auth.TOTPCode(secret, h.clock().Unix()/30)).says(t, 401, "That took too long")
	late.isIn("")
	if got := h.browser().get("/signin/code"); got.path != "/signin" {
		t.Errorf("the page for a code, out of nothing: %s", got.path)
	}
}

func TestSecondFactor_OneCodeLetsOneInWhenManyCome(t *testing.T) {
	h := open(t, false, "ada")
	b := h.browser()
	b.signIn("ada", right)
	secret, _ := b.setUp(t)
	h.pass(30 * time.Second)
	code := auth.TOTPCode(secret, h.clock().Unix()/30)
	var wg sync.WaitGroup
	var mu sync.Mutex
	in := 0
	for range 4 {
		other := h.browser()
		other.signIn("ada", right)
		wg.Go(func() {
			if got := other.post("/signin/code", "code", code); got.path == "/mail" {
				mu.Lock()
				in++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if in != 1 {
		t.Errorf("one code let %d in", in)
	}
}

func TestAccount_ListsAndEndsSessions(t *testing.T) {
	h := open(t, false, "ada", "bob")
	a, b, other := h.browser(), h.browser(), h.browser()
	a.signIn("ada", right)
	b.signIn("ada", right)
	other.signIn("bob", right)
	all, err := h.rows.Sessions(context.Background(), "ada")
	if err != nil || len(all) != 2 {
		t.Fatalf("%d sessions, %v", len(all), err)
	}
	page := a.get("/account")
	page.says(t, 200, "Testbrowser/1 &lt;b&gt;")
	if n := strings.Count(page.body, `<span title="Testbrowser`); n != 2 || !strings.Contains(page.body, "This browser") {
		t.Errorf("%d sessions on the page: %s", n, main(page.body))
	}
	bs := strconv.FormatInt(all[0].ID, 10)
	other.post("/account/sessions/end", "id", bs).says(t, 404, "no such page")
	b.isIn("ada")
	a.post("/account/sessions/end", "id", bs).says(t, 200, "Signed out there.")
	b.isIn("")
	a.isIn("ada")
	for _, id := range []string{"", "x", "-1", "99999", bs} {
		a.post("/account/sessions/end", "id", id).says(t, 404, "no such page")
	}
	b.signIn("ada", right)
	a.post("/account/sessions/end", "id", "others").says(t, 200, "Signed out there.")
	b.isIn("")
	a.isIn("ada")
	other.isIn("bob")
}

func TestAccount_PasswordChangesWithTheOldOne(t *testing.T) {
	h := open(t, false, "ada", "fixed")
	a, b := h.browser(), h.browser()
	a.signIn("ada", right)
	b.signIn("ada", right)
	a.post("/account/password", "old", "wrong", "new", "difference", "again", "difference").says(t, 401, "is wrong")
	a.post("/account/password", "old", right, "new", "short", "again", "short").says(t, 422, "at least 8")
	a.post("/account/password", "old", right, "new", "difference", "again", "differing").says(t, 422, "not the same")
	a.post("/account/password", "old", right, "new", "with\nbreak", "again", "with\nbreak").says(t, 422, "no line breaks")
	before := a.cookies()["restante-session"]
	a.post("/account/password", "old", right, "new", "difference", "again", "difference").says(t, 200, "The password is changed")
	if a.cookies()["restante-session"] == before {
		t.Error("the session goes on as it was")
	}
	a.isIn("ada")
	b.isIn("")
	b.signIn("ada", right).says(t, 401, "is wrong")
	b.signIn("ada", "difference")
	b.isIn("ada")

	b.signIn("fixed", right)
	b.post("/account/password", "old", right, "new", "difference", "again", "difference").says(t, 422, "stands in the settings")
	b.isIn("fixed")
}

func TestFirst_MakesOneUserByTheToken(t *testing.T) {
	h := open(t, false)
	b := h.browser()
	b.get("/first?token=").says(t, 404, "no such page")
	path := h.Arm()
	b.get("/signin").says(t, 200, "Nobody can sign in yet")
	for _, token := range []string{"", "x", auth.FirstTicket.New(), auth.SessionTicket.New()} {
		b.get("/first?token="+token).says(t, 404, "no such page")
		b.post("/first", "token", token, "name", "eve", "password", right, "again", right).says(t, 404, "no such page")
	}
	_, token, _ := strings.Cut(path, "token=")
	b.get(path).says(t, 200, "Welcome to restante")
	b.post("/first", "token", token, "name", "a+b", "password", right, "again", right).says(t, 422, "visible ASCII")
	b.post("/first", "token", token, "name", "ada", "password", "short", "again", "short").says(t, 422, "at least 8")
	if got := b.post("/first", "token", token, "name", "ada", "password", right, "again", right); got.body != "mail of ada" {
		t.Errorf("led to %s: %d", got.path, got.status)
	}
	b.post("/first", "token", token, "name", "eve", "password", right, "again", right).says(t, 404, "no such page")
	b.get(path).says(t, 404, "no such page")
	h.browser().signIn("ada", right)
}
