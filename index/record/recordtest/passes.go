package recordtest

import (
	"errors"
	"testing"
	"time"

	"restante/index"
)

var onPasses = promises{
	"Sessions_AreKeptUntilEnded": sessions,
	"Factors_AreSpentOnce":       factors,
	"Tokens_AreKeptUntilRemoved": tokens,
}

func sessions(t *testing.T, db DB) {
	var all []index.Session
	for i, owner := range []string{"ada", "ada", "bob", "ada"} {
		s := index.Session{Owner: owner, Secret: [32]byte{byte(i), 0xff}, Agent: "Browser 日本", Remote: "192.0.2.1", Made: when, Seen: when.Add(time.Duration(i))}
		if err := db.AddSession(ctx, &s, 10); err != nil || s.ID == 0 {
			t.Fatalf("AddSession = %v, ID %d", err, s.ID)
		}
		all = append(all, s)
	}
	got, err := db.Session(ctx, all[1].Secret)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "Session", got, all[1])
	_, err = db.Session(ctx, [32]byte{9})
	notFound(t, "Session of nobody", err)

	wants := func(owner string, want ...index.Session) {
		t.Helper()
		got, err := db.Sessions(ctx, owner)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "Sessions of "+owner, got, want)
	}
	all[0].Seen = when.Add(time.Hour)
	if err := db.SeeSession(ctx, all[0].ID, all[0].Seen); err != nil {
		t.Fatal(err)
	}
	wants("ada", all[3], all[1], all[0])
	wants("bob", all[2])
	for _, nobody := range []string{"", "\xff", "eve"} {
		wants(nobody)
	}

	notFound(t, "EndSession of another's", db.EndSession(ctx, "bob", all[1].ID))
	notFound(t, "EndSession of nobody's", db.EndSession(ctx, "\xff", all[1].ID))
	if err := db.EndSession(ctx, "ada", all[1].ID); err != nil {
		t.Fatal(err)
	}
	notFound(t, "EndSession again", db.EndSession(ctx, "ada", all[1].ID))
	if err := db.SeeSession(ctx, all[1].ID, when); err != nil {
		t.Errorf("SeeSession of one that has ended = %v", err)
	}
	wants("ada", all[3], all[0])
	if n, err := db.EndSessions(ctx, "ada", all[3].ID); n != 1 || err != nil {
		t.Errorf("EndSessions = %d, %v; want 1", n, err)
	}
	wants("ada", all[3])
	wants("bob", all[2])

	last := index.Session{Owner: "ada", Secret: [32]byte{77}, Made: when, Seen: when}
	if err := db.AddSession(ctx, &last, 1); err != nil {
		t.Fatal(err)
	}
	wants("ada", last)
	wants("bob", all[2])
	for _, bad := range []index.Session{{}, {Owner: "\xff"}, {Owner: "ada", Agent: "\x00"}, {Owner: "ada", Remote: "\xff"}} {
		if err := db.AddSession(ctx, &bad, 1); err == nil {
			t.Errorf("AddSession took %+v", bad)
		}
	}
}

func factors(t *testing.T, db DB) {
	_, err := db.Factor(ctx, "ada")
	notFound(t, "Factor of nobody", err)
	_, err = db.Factor(ctx, "\xff")
	notFound(t, "Factor of no text", err)
	notFound(t, "DropFactor of nobody", db.DropFactor(ctx, "ada"))
	code := func(n byte) [32]byte { return [32]byte{n, 0xff} }
	f := index.Factor{Secret: []byte{0, 0xff, 1}, Step: 10, Made: when}
	for _, owner := range []string{"ada", "bob"} {
		if err := db.SetFactor(ctx, owner, f, [][32]byte{code(1), code(2)}); err != nil {
			t.Fatal(err)
		}
	}
	has := func(owner string, step int64, codes int) {
		t.Helper()
		got, err := db.Factor(ctx, owner)
		if err != nil {
			t.Fatal(err)
		}
		want := f
		want.Step, want.Codes = step, codes
		same(t, "Factor of "+owner, got, want)
	}
	has("ada", 10, 2)
	spend := func(owner string, step int64, want bool) {
		t.Helper()
		if got, err := db.SpendStep(ctx, owner, step); got != want || err != nil {
			t.Errorf("SpendStep(%s, %d) = %v, %v; want %v", owner, step, got, err, want)
		}
	}
	spend("ada", 10, false)
	spend("ada", 11, true)
	spend("ada", 11, false)
	spend("ada", 9, false)
	spend("eve", 99, false)
	spend("\xff", 99, false)
	for i, want := range []bool{true, false} {
		if got, err := db.SpendCode(ctx, "ada", code(2)); got != want || err != nil {
			t.Errorf("SpendCode, time %d = %v, %v; want %v", i+1, got, err, want)
		}
	}
	if got, err := db.SpendCode(ctx, "eve", code(1)); got || err != nil {
		t.Errorf("SpendCode of nobody = %v, %v", got, err)
	}
	has("ada", 11, 1)
	has("bob", 10, 2)
	if err := db.SetFactor(ctx, "ada", index.Factor{Secret: f.Secret, Step: 12, Made: when}, nil); err != nil {
		t.Fatal(err)
	}
	has("ada", 12, 0)
	if err := db.DropFactor(ctx, "ada"); err != nil {
		t.Fatal(err)
	}
	_, err = db.Factor(ctx, "ada")
	notFound(t, "Factor that was dropped", err)
	has("bob", 10, 2)
	for _, owner := range []string{"", "\xff"} {
		if err := db.SetFactor(ctx, owner, f, nil); err == nil {
			t.Errorf("SetFactor took an owner %q", owner)
		}
	}
	if err := db.SetFactor(ctx, "ada", index.Factor{}, nil); err == nil {
		t.Error("SetFactor took a factor without a secret")
	}
}

func tokens(t *testing.T, db DB) {
	token := func(owner, name string, secret byte) index.Token {
		return index.Token{Owner: owner, Name: name, Secret: [32]byte{secret, 0xff}, Scopes: []string{"read", "teach"}, Made: when, Expires: when.Add(time.Hour)}
	}
	backup, zoo, bobs := token("ada", "backup", 1), token("ada", "動物園", 2), token("bob", "backup", 3)
	bobs.Expires = time.Time{}
	for _, k := range []*index.Token{&zoo, &bobs, &backup} {
		if err := db.AddToken(ctx, k); err != nil || k.ID == 0 {
			t.Fatalf("AddToken = %v, ID %d", err, k.ID)
		}
	}
	again := token("ada", "backup", 4)
	if err := db.AddToken(ctx, &again); !errors.Is(err, index.ErrExists) {
		t.Errorf("AddToken of a name that is taken = %v, want ErrExists", err)
	}
	zoo.Used = when.Add(time.Minute)
	if err := db.UseToken(ctx, zoo.ID, zoo.Used); err != nil {
		t.Fatal(err)
	}
	got, err := db.Token(ctx, zoo.Secret)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "Token", got, zoo)
	_, err = db.Token(ctx, [32]byte{4, 0xff})
	notFound(t, "Token of nobody", err)
	wants := func(owner string, want ...index.Token) {
		t.Helper()
		got, err := db.Tokens(ctx, owner)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "Tokens of "+owner, got, want)
	}
	wants("ada", backup, zoo)
	wants("", backup, zoo, bobs)
	wants("eve")
	wants("\xff")
	notFound(t, "RemoveToken of another's", db.RemoveToken(ctx, "bob", "動物園"))
	notFound(t, "RemoveToken of nobody's", db.RemoveToken(ctx, "\xff", "x"))
	if err := db.RemoveToken(ctx, "ada", "backup"); err != nil {
		t.Fatal(err)
	}
	notFound(t, "RemoveToken again", db.RemoveToken(ctx, "ada", "backup"))
	if err := db.UseToken(ctx, backup.ID, when); err != nil {
		t.Errorf("UseToken of one that is gone = %v", err)
	}
	wants("", zoo, bobs)
	for _, bad := range []index.Token{{}, {Owner: "ada", Name: "x"}, {Owner: "ada", Name: "x y", Scopes: []string{"read"}}, {Owner: "ada", Name: "x", Scopes: []string{"a b"}}, {Name: "x", Scopes: []string{"read"}}} {
		if err := db.AddToken(ctx, &bad); err == nil {
			t.Errorf("AddToken took %+v", bad)
		}
	}
}
