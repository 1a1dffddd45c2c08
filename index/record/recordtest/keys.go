package recordtest

import (
	"testing"

	"restante/index"
)

func loginKeys(t *testing.T, db DB) {
	seed, err := db.KeySeed(ctx)
	if again, err2 := db.KeySeed(ctx); err != nil || err2 != nil || len(seed) < 20 || again != seed {
		t.Errorf("KeySeed = %q, then %q (%v, %v)", seed, again, err, err2)
	}
	keys := func(owner string, secret byte, keys string) index.LoginKeys {
		return index.LoginKeys{Owner: owner, Secret: [32]byte{secret}, Keys: keys}
	}
	want := func(owner string, want ...index.LoginKeys) {
		t.Helper()
		got, err := db.LoginKeys(ctx, owner)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "LoginKeys of "+owner, got, want)
	}
	want("ada")
	want("")
	set := func(owner string, all ...index.LoginKeys) {
		t.Helper()
		if err := db.SetLoginKeys(ctx, owner, all); err != nil {
			t.Fatal(err)
		}
	}
	set("ada", keys("ada", 2, "two"), keys("ada", 1, "one"))
	set("Zoë", keys("Zoë", 1, "one"))
	want("ada", keys("ada", 1, "one"), keys("ada", 2, "two"))
	want("", keys("Zoë", 1, "one"), keys("ada", 1, "one"), keys("ada", 2, "two"))
	set("ada", keys("ada", 2, "another"))
	want("ada", keys("ada", 2, "another"))
	want("Zoë", keys("Zoë", 1, "one"))
	want("\xff")

	for owner, p := range map[string]index.LoginKeys{"": keys("", 1, "x"), "bob": keys("ada", 1, "x"), "\xff": keys("\xff", 1, "x"), "eve": keys("eve", 1, "\xff")} {
		if err := db.SetLoginKeys(ctx, owner, []index.LoginKeys{p}); err == nil {
			t.Errorf("SetLoginKeys took %+v for %q", p, owner)
		}
	}
	if err := db.DropLoginKeys(ctx); err != nil {
		t.Fatal(err)
	}
	want("")
	if again, err := db.KeySeed(ctx); err != nil || again != seed {
		t.Errorf("KeySeed = %q, %v; want %q", again, err, seed)
	}
}
