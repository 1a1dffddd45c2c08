package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// stair is the order of the folders: of the data, of the call stack and of the
// imports. A package may import its own folder and those to the left of it.
var stair = []string{"fetch", "filter", "index", "serve", "cmd"}

// foreign says which rooms may know an outside technology, so that one can be
// replaced by rewriting one room.
var foreign = []struct {
	path  string // an import path; what lies below it is meant too
	rooms []string
}{
	{"github.com/spf13/viper", []string{"configs"}},
	{"github.com/robfig/cron", []string{"fetch/schedule"}},
	{"github.com/emersion/go-message", []string{"filter/letter"}},
	{"github.com/blevesearch", []string{"index/search"}},
	{"github.com/RoaringBitmap", []string{"index/search"}},
	{"github.com/golang/snappy", []string{"index/search/segment"}},
	{"database/sql", []string{"index/record"}},
	{"modernc.org", []string{"index/record"}},
	{"github.com/jackc/pgx", []string{"index/record"}},
	{"github.com/emersion/go-sasl", []string{"fetch/pop3", "serve/pop3d"}},
	{"github.com/xdg-go/scram", []string{"fetch/pop3", "serve/pop3d"}},
	{"github.com/xdg-go/stringprep", []string{"serve/auth"}},
	{"github.com/spf13/cobra", []string{"cmd"}},
	{"github.com/schollz/progressbar", []string{"cmd"}},
	{"github.com/klauspost/compress/zstd", []string{"index/blob", "index/backup"}},
	{"filippo.io/age", []string{"index/backup"}},
	{"github.com/ledongthuc/pdf", []string{"index/search/extract"}},
	{"github.com/pires/go-proxyproto", []string{"serve"}},
	{"github.com/prometheus", []string{"serve/monitor"}},
	{"golang.org/x/crypto/acme", []string{"serve"}},
	{"github.com/chromedp", []string{"serve/web/webtest"}},
	{"github.com/go-jose", []string{"serve/auth/token"}},
	{"github.com/microcosm-cc/bluemonday", []string{"serve/web/sanitize"}},
	{"github.com/boombuler/barcode", []string{"serve/web/qr"}},
}

// atTop is all that the top level of the repository may hold, dot-files aside.
var atTop = append([]string{"configs", "go.mod", "go.sum", "README.md", "LICENSE"}, stair...)

// tallest is the most lines that a Go file may have.
const tallest = 600

// listed is what `go list -json` tells of a package.
type listed struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

const module = "restante/"

// within tells whether an import path or a folder is another, or lies in it.
func within(inner, outer string) bool {
	return inner == outer || strings.HasPrefix(inner, outer+"/")
}

// wallFaults says which walls a package breaks. The tests of cmd see the whole
// house and its tools; all other tests keep the rules of their package.
func wallFaults(p listed) []string {
	room := strings.TrimPrefix(p.ImportPath, module)
	folder, _, _ := strings.Cut(room, "/")
	if folder != "configs" && !slices.Contains(stair, folder) {
		return []string{fmt.Sprintf("%s: lies in no folder of the house", room)}
	}
	imports := slices.Clone(p.Imports)
	if folder != "cmd" {
		imports = slices.Concat(imports, p.TestImports, p.XTestImports)
	}
	slices.Sort(imports)
	var faults []string
	for _, imported := range slices.Compact(imports) {
		if own, ok := strings.CutPrefix(imported, module); ok {
			if why := stairFault(folder, own); why != "" {
				faults = append(faults, fmt.Sprintf("%s imports %s: %s", room, own, why))
			}
			continue
		}
		for _, f := range foreign {
			if within(imported, f.path) && !slices.ContainsFunc(f.rooms, func(r string) bool { return within(room, r) }) {
				faults = append(faults, fmt.Sprintf("%s imports %s: only %s may", room, imported, strings.Join(f.rooms, " and ")))
			}
		}
	}
	return faults
}

// stairFault says why a folder may not import a package of ours; empty if it may.
func stairFault(folder, imported string) string {
	target, _, _ := strings.Cut(imported, "/")
	switch {
	case target == folder:
		return ""
	case target == "configs" && folder != "cmd":
		return "only cmd may import configs"
	case folder == "configs":
		return "configs imports nothing of ours"
	case slices.Index(stair, target) > slices.Index(stair, folder):
		return "it lies to the right in " + strings.Join(stair, " · ")
	}
	return ""
}

// strangers are the names that do not belong at the top level.
func strangers(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return strings.HasPrefix(name, ".") || slices.Contains(atTop, name)
	})
}

// unignored leaves out the names that the patterns of a .gitignore at the top
// level match. Only the forms that we use are known: names and globs, with or
// without a slash at either end.
func unignored(names []string, gitignore string) []string {
	var out []string
	for _, name := range names {
		ignored := false
		for pattern := range strings.Lines(gitignore) {
			ok, err := path.Match(strings.Trim(strings.TrimSpace(pattern), "/"), name)
			ignored = ignored || ok && err == nil
		}
		if !ignored {
			out = append(out, name)
		}
	}
	return out
}

// tooTall says so when a file has more lines than it may.
func tooTall(name string, text []byte) string {
	if n := bytes.Count(text, []byte("\n")); n > tallest {
		return fmt.Sprintf("%s has %d lines, and %d are allowed", name, n, tallest)
	}
	return ""
}

// top is the root of the repository: go test runs us in our own folder.
var top = filepath.Join("..", "..")

func TestRooms_ImportsClimbTheStairOnly(t *testing.T) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	cmd.Dir = top
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	dec := json.NewDecoder(bytes.NewReader(out))
	packages := 0
	for {
		var p listed
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("read go list: %v", err)
		}
		packages++
		for _, fault := range wallFaults(p) {
			t.Error(fault)
		}
	}
	if packages < len(stair) {
		t.Errorf("go list named %d packages, fewer than there are folders", packages)
	}
}

func TestRooms_TopLevelHoldsNothingElse(t *testing.T) {
	for _, name := range strangers(topLevel(t)) {
		t.Errorf("%s does not belong at the top level; it may hold %s and dot-files", name, strings.Join(atTop, " "))
	}
}

// topLevel names what lies at the top of the repository: what git has of it,
// or, in a copy without git, what is there and not ignored.
func topLevel(t *testing.T) []string {
	t.Helper()
	cmd := exec.Command("git", "ls-files", "-z")
	cmd.Dir = top
	if out, err := cmd.Output(); err == nil && len(out) > 0 {
		var names []string
		for file := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
			name, _, _ := strings.Cut(file, "/")
			names = append(names, name)
		}
		slices.Sort(names)
		return slices.Compact(names)
	}
	entries, err := os.ReadDir(top)
	if err != nil {
		t.Fatal(err)
	}
	gitignore, err := os.ReadFile(filepath.Join(top, ".gitignore"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return unignored(names, string(gitignore))
}

func TestRooms_NoFileIsTooTall(t *testing.T) {
	files := 0
	for _, folder := range append([]string{"configs"}, stair...) {
		err := filepath.WalkDir(filepath.Join(top, folder), func(name string, e fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if e.IsDir() && e.Name() == "testdata" {
				return fs.SkipDir
			}
			if e.IsDir() || !strings.HasSuffix(name, ".go") {
				return nil
			}
			text, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			files++
			if fault := tooTall(name, text); fault != "" {
				t.Error(fault)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	if files == 0 {
		t.Error("no Go file found")
	}
}

func TestWallFaults_FindEveryKindOfBreach(t *testing.T) {
	tests := map[string]struct {
		in   listed
		want []string
	}{
		"left is allowed":            {listed{ImportPath: "restante/index", Imports: []string{"restante/filter", "restante/fetch/wire", "fmt"}}, nil},
		"own folder is allowed":      {listed{ImportPath: "restante/fetch/mbox", Imports: []string{"restante/fetch"}}, nil},
		"right":                      {listed{ImportPath: "restante/fetch", Imports: []string{"restante/filter/letter"}}, []string{"fetch imports filter/letter: it lies to the right in fetch · filter · index · serve · cmd"}},
		"right, in a test":           {listed{ImportPath: "restante/filter", TestImports: []string{"restante/index"}}, []string{"filter imports index: it lies to the right in fetch · filter · index · serve · cmd"}},
		"right, in an outside test":  {listed{ImportPath: "restante/serve", XTestImports: []string{"restante/cmd/restante/sample"}}, []string{"serve imports cmd/restante/sample: it lies to the right in fetch · filter · index · serve · cmd"}},
		"configs from cmd":           {listed{ImportPath: "restante/cmd/restante", Imports: []string{"restante/configs"}}, nil},
		"configs from elsewhere":     {listed{ImportPath: "restante/serve/auth", Imports: []string{"restante/configs"}}, []string{"serve/auth imports configs: only cmd may import configs"}},
		"configs looks out":          {listed{ImportPath: "restante/configs", Imports: []string{"restante/fetch"}}, []string{"configs imports fetch: configs imports nothing of ours"}},
		"foreign at home":            {listed{ImportPath: "restante/index/search", Imports: []string{"github.com/blevesearch/bleve/v2/search/query"}}, nil},
		"foreign in two homes":       {listed{ImportPath: "restante/serve/pop3d", Imports: []string{"github.com/emersion/go-sasl"}}, nil},
		"foreign abroad":             {listed{ImportPath: "restante/index", Imports: []string{"github.com/blevesearch/bleve/v2"}}, []string{"index imports github.com/blevesearch/bleve/v2: only index/search may"}},
		"standard SQL abroad":        {listed{ImportPath: "restante/index/blob", Imports: []string{"database/sql"}}, []string{"index/blob imports database/sql: only index/record may"}},
		"neighbour with like name":   {listed{ImportPath: "restante/fetch/pop3x", Imports: []string{"github.com/emersion/go-sasl"}}, []string{"fetch/pop3x imports github.com/emersion/go-sasl: only fetch/pop3 and serve/pop3d may"}},
		"module with like name":      {listed{ImportPath: "restante/index", Imports: []string{"github.com/emersion/go-sasl-extra"}}, nil},
		"foreign in a test abroad":   {listed{ImportPath: "restante/filter/bayes", XTestImports: []string{"github.com/klauspost/compress/zstd"}}, []string{"filter/bayes imports github.com/klauspost/compress/zstd: only index/blob and index/backup may"}},
		"a test of cmd sees all":     {listed{ImportPath: "restante/cmd/restante", XTestImports: []string{"github.com/klauspost/compress/zstd", "database/sql"}}, nil},
		"cmd itself does not":        {listed{ImportPath: "restante/cmd/restante", Imports: []string{"modernc.org/sqlite"}}, []string{"cmd/restante imports modernc.org/sqlite: only index/record may"}},
		"a folder beside the house":  {listed{ImportPath: "restante/internal/x"}, []string{"internal/x: lies in no folder of the house"}},
		"a package at the top level": {listed{ImportPath: "restante"}, []string{"restante: lies in no folder of the house"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := wallFaults(tt.in); !slices.Equal(got, tt.want) {
				t.Errorf("faults %q, want %q", got, tt.want)
			}
		})
	}
}

func TestWallFaults_KeepEveryForeignWordInItsRoom(t *testing.T) {
	for _, f := range foreign {
		if got := wallFaults(listed{ImportPath: "restante/fetch/elsewhere", Imports: []string{f.path}}); len(got) != 1 {
			t.Errorf("%s in a strange room: faults %q, want one", f.path, got)
		}
		for _, room := range f.rooms {
			if got := wallFaults(listed{ImportPath: module + room, Imports: []string{f.path}}); len(got) != 0 {
				t.Errorf("%s in %s: faults %q, want none", f.path, room, got)
			}
		}
	}
}

func TestStrangers_FindWhatDoesNotBelong(t *testing.T) {
	names := []string{".ci", ".gitignore", "LICENSE", "Makefile", "cmd", "docs", "go.mod", "README.md", "restante", "cover.prof"}
	if got, want := strangers(names), []string{"Makefile", "docs", "restante", "cover.prof"}; !slices.Equal(got, want) {
		t.Errorf("strangers %q, want %q", got, want)
	}
	kept := unignored(names, "/restante\n/restante-data/\n*.prof\n\n")
	if got, want := strangers(kept), []string{"Makefile", "docs"}; !slices.Equal(got, want) {
		t.Errorf("strangers not ignored %q, want %q", got, want)
	}
}

func TestTooTall_AllowsSixHundredLines(t *testing.T) {
	if fault := tooTall("a.go", bytes.Repeat([]byte("\n"), tallest)); fault != "" {
		t.Errorf("600 lines: %s", fault)
	}
	if got, want := tooTall("a.go", bytes.Repeat([]byte("\n"), tallest+1)), "a.go has 601 lines, and 600 are allowed"; got != want {
		t.Errorf("601 lines: %q, want %q", got, want)
	}
}
