package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

var (
	// scriptRun is a run of the program that gets as far as its flags: status 2
	// would be one that does not.
	scriptRun = regexp.MustCompile(`(?m)^(?:status [01] )?(restante .*)$`)
	// flagHelp is a flag in a help text, with its letter, if it has one.
	flagHelp = regexp.MustCompile(`(?m)^\s+(?:(-\w), )?(--[\w-]+)\s.*\S$`)
)

// TestHelp_EveryFlagIsTriedByAScript keeps flags from being promises: whoever
// adds one adds a line to a script that shows what it does.
func TestHelp_EveryFlagIsTriedByAScript(t *testing.T) {
	scripts, err := filepath.Glob(filepath.Join("testdata", "script", "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, name := range scripts {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range scriptRun.FindAllStringSubmatch(string(b), -1) {
			lines = append(lines, m[1])
		}
	}
	commands, flags := 0, 0
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		commands++
		if c.Short == "" {
			t.Errorf("%s has no help", c.CommandPath())
		}
		for _, m := range flagHelp.FindAllStringSubmatch(c.LocalNonPersistentFlags().FlagUsages(), -1) {
			short, long := m[1], m[2]
			if long == "--help" {
				continue
			}
			flags++
			if !slices.ContainsFunc(lines, func(line string) bool {
				words := strings.Fields(line)
				return strings.HasPrefix(line, c.CommandPath()+" ") && (slices.Contains(words, long) || slices.Contains(words, short))
			}) {
				t.Errorf("no script runs %s %s", c.CommandPath(), long)
			}
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(newRoot(&env{}))
	if commands < 10 || flags < 20 {
		t.Errorf("only %d commands and %d flags were looked at", commands, flags)
	}
}
