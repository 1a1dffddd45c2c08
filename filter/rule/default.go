package rule

import (
	_ "embed"
	"strings"
)

//go:embed restante.cf
var shipped string

// Default gives the rules that come with restante.
func Default() *Set {
	s, problems, err := Parse("restante.cf", strings.NewReader(shipped))
	if err != nil || len(problems) > 0 {
		panic("rule: the shipped rules are faulty: " + strings.TrimSpace(joined(problems, err)))
	}
	return s
}

func joined(problems []Problem, err error) string {
	var b strings.Builder
	for _, p := range problems {
		b.WriteString(p.String() + "\n")
	}
	if err != nil {
		b.WriteString(err.Error())
	}
	return b.String()
}
