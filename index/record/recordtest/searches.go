package recordtest

import (
	"errors"
	"testing"

	"restante/index"
)

func searches(t *testing.T, db DB) {
	bills := index.SavedSearch{Owner: "ada", Name: "Bills", Query: "invoice after:2w", Saved: when}
	zoo := index.SavedSearch{Owner: "ada", Name: "動物園", Query: `"<dangerous>" OR 'x'`, Saved: when.Add(1)}
	bobs := index.SavedSearch{Owner: "bob", Name: "Bills", Query: "other", Saved: when}
	for _, s := range []index.SavedSearch{zoo, bills, bobs} {
		if err := db.SaveSearch(ctx, s); err != nil {
			t.Fatalf("SaveSearch: %v", err)
		}
	}
	if err := db.SaveSearch(ctx, index.SavedSearch{Owner: "ada", Name: "Bills", Query: "again"}); !errors.Is(err, index.ErrExists) {
		t.Errorf("SaveSearch again = %v, want ErrExists", err)
	}
	for _, s := range []index.SavedSearch{{Name: "x"}, {Owner: "ada"}, {Owner: "ada", Name: "\xff"}, {Owner: "ada", Name: "x", Query: "\x00"}} {
		if err := db.SaveSearch(ctx, s); err == nil {
			t.Errorf("SaveSearch took %+v", s)
		}
	}
	bills.Query, bills.Saved = "invoice", when.Add(2)
	mills := index.SavedSearch{Owner: "ada", Name: "Mills", Query: "mill", Saved: when}
	for _, s := range []index.SavedSearch{bills, mills} {
		if err := db.ReplaceSearch(ctx, s); err != nil {
			t.Fatalf("ReplaceSearch: %v", err)
		}
	}
	if err := db.ReplaceSearch(ctx, index.SavedSearch{Owner: "ada", Name: "x", Query: "\x00"}); err == nil {
		t.Error("ReplaceSearch took a query that is no text")
	}
	got, err := db.SavedSearches(ctx, "ada")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "SavedSearches", got, []index.SavedSearch{bills, mills, zoo})

	if err := db.RemoveSearch(ctx, "ada", "Bills"); err != nil {
		t.Fatalf("RemoveSearch: %v", err)
	}
	notFound(t, "RemoveSearch again", db.RemoveSearch(ctx, "ada", "Bills"))
	notFound(t, "RemoveSearch of nothing", db.RemoveSearch(ctx, "\xff", "Bills"))
	if got, err = db.SavedSearches(ctx, "bob"); err != nil {
		t.Fatal(err)
	}
	same(t, "SavedSearches of another", got, []index.SavedSearch{bobs})
	for _, nobody := range []string{"", "eve", "\xff"} {
		if got, err := db.SavedSearches(ctx, nobody); err != nil || len(got) != 0 {
			t.Errorf("SavedSearches(%q) = %v, %v; want none", nobody, got, err)
		}
	}
}
