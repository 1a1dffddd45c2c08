package pop3d

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// Inside the package: the texts are what it says, and nobody else names them.
func TestWords_AreThereInEveryLanguage(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "words.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	ast.Inspect(file, func(n ast.Node) bool {
		c, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		if id, ok := c.Type.(*ast.Ident); !ok || id.Name != "words" || len(c.Elts) == 0 {
			return true
		}
		seen++
		if len(c.Elts) != len(tongues) {
			t.Errorf("%d languages of %d", len(c.Elts), len(tongues))
		}
		for _, e := range c.Elts {
			text, err := strconv.Unquote(e.(*ast.BasicLit).Value)
			if err != nil || strings.TrimSpace(text) == "" || !utf8.ValidString(text) || len(text) > 400 || strings.ContainsAny(text, "\r\n[]<>") {
				t.Errorf("text %q", text)
			}
		}
		return true
	})
	if seen < 40 {
		t.Errorf("%d texts were found", seen)
	}
}
