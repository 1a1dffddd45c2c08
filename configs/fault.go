package configs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Fault is one thing wrong with the settings.
type Fault struct {
	Place   string // file:line, or the name of the environment variable
	Key     string // as accounts[2].keep; empty where the file as a whole is meant
	Problem string
	Allowed string // what may stand there; empty where the problem says it

	line int
}

// String is the fault as one line: file:line: key: problem; allowed: ….
func (f Fault) String() string {
	var b strings.Builder
	b.WriteString(f.Place)
	if f.Key != "" {
		b.WriteString(": " + f.Key)
	}
	b.WriteString(": " + f.Problem)
	if f.Allowed != "" {
		b.WriteString("; allowed: " + f.Allowed)
	}
	return b.String()
}

// envLine puts faults of the environment behind those of the file.
const envLine = 1 << 30

// Faults is all that is wrong with the settings, in the order of the file; those
// of the environment come last.
type Faults []Fault

// Error gives a line a fault.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// places knows where each key was set, and gathers the faults.
type places struct {
	file   string
	lines  map[string]int    // of keys in the file, and of the lists and maps above them
	env    map[string]string // variable names of keys set by the environment
	faulty map[string]bool   // keys with a fault: one each is enough
	faults Faults
	merges int // maps that << has brought in
}

func newPlaces(file string) *places {
	return &places{file: file, lines: map[string]int{}, env: map[string]string{}, faulty: map[string]bool{}}
}

// given reports whether the file or the environment set the key, well or badly.
func (p *places) given(key string) bool {
	_, inFile := p.lines[key]
	_, inEnv := p.env[key]
	return inFile || inEnv
}

// fault notes what is wrong with a key. A key has at most one fault: what
// follows from a value that was dropped is no news.
func (p *places) fault(key, problem, allowed string) {
	if p.faulty[key] {
		return
	}
	p.faulty[key] = true
	f := Fault{Key: key, Problem: problem, Allowed: allowed}
	if name, ok := p.env[key]; ok {
		f.Place, f.line = name, envLine
	} else {
		f.line = p.line(key)
		f.Place = fmt.Sprintf("%s:%d", p.file, f.line)
	}
	p.faults = append(p.faults, f)
}

// line is where a key stands, or the nearest key above it that stands there.
func (p *places) line(key string) int {
	for key != "" {
		if n, ok := p.lines[key]; ok {
			return n
		}
		key = key[:max(strings.LastIndexAny(key, ".["), 0)]
	}
	return 1
}

// err is nil where there is no fault.
func (p *places) err() error {
	if len(p.faults) == 0 {
		return nil
	}
	slices.SortStableFunc(p.faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.Place, b.Place))
	})
	return p.faults
}

// Near finds the name that a misspelt one was probably meant to be.
func Near(name string, names []string) (string, bool) {
	best, least := "", 3
	if len(name) < 5 {
		least = 2
	}
	for _, n := range names {
		if d := distance(strings.ToLower(name), strings.ToLower(n)); d < least {
			best, least = n, d
		}
	}
	return best, best != ""
}

// distance counts the letters to put in, take out or change (Levenshtein).
// A name of more than 64 octets is far from everything.
func distance(a, b string) int {
	if len(a) > 64 {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
