package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"restante/index/record/recordtest"
)

func TestRebuild_ChangesNothingThatAnybodySees(t *testing.T) {
	t.Parallel()
	conf := settings(t, doors)
	p, pop3, letters := lively(t, conf)
	want := look(t, conf, pop3, letters)
	if err := p.end(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if out := do(t, conf, "rebuild"); !strings.Contains(out, "160 messages") || !strings.Contains(out, " 0 messages came later") {
		t.Errorf("rebuild: %s", out)
	}
	p, pop3 = startServe(t, conf)
	refused(t, 1, []string{"stop that one first"}, conf, "rebuild")
	got := look(t, conf, pop3, letters)
	// Numbers are of the database, and others now.
	for _, v := range []view{want, got} {
		for _, answer := range v.Searches {
			delete(answer.(map[string]any), "next")
			for _, h := range answer.(map[string]any)["hits"].([]any) {
				delete(h.(map[string]any), "id")
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-before +rebuilt):\n%s", diff)
	}
	if err := p.end(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}

// A PostgreSQL database is not moved; the new one learns what the old one knew.
func TestRebuild_IntoAnotherPostgreSQL(t *testing.T) {
	first, second := recordtest.Postgres(t), recordtest.Postgres(t)
	conf, dest := backedUp(t, fmt.Sprintf("storage: { database: %q }\n", first))
	refused(t, 1, []string{"make an empty database", "left as it is"}, conf, "rebuild")
	text, err := os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, conf, strings.Replace(string(text), first, second, 1))
	if out := do(t, conf, "rebuild"); !strings.Contains(out, "3 messages") || !strings.Contains(do(t, conf, "user", "list"), "bob") {
		t.Errorf("rebuild: %s", out)
	}
	// A backup of one engine is restored into the other.
	lite := settings(t, "")
	do(t, lite, "restore", dest)
	if out := do(t, lite, "user", "list"); !strings.Contains(out, "bob") {
		t.Errorf("user list: %s", out)
	}
	full := settings(t, fmt.Sprintf("storage: { database: %q }\n", second))
	refused(t, 1, []string{"not empty"}, full, "restore", dest)
	do(t, settings(t, fmt.Sprintf("storage: { database: %q }\n", recordtest.Postgres(t))), "restore", dest)
}
