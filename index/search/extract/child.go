package extract

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

// childName is what this program is started as to be a child. A space keeps it
// from being any program's name by accident.
const childName = "restante: pdf"

// init makes a child of the process if it was started as one. It stands here and
// not in a main so that a program can never run itself whole, over and over,
// because its main forgot to look.
func init() {
	if len(os.Args) == 3 && os.Args[0] == childName {
		os.Exit(child(os.Args[1], os.Args[2]))
	}
}

// child reads a PDF from its input and writes its words. The words are the limit
// of text and that of memory, in octets.
func child(text, memory string) int {
	most, err := strconv.Atoi(text)
	if err != nil {
		return 2
	}
	octets, err := strconv.ParseInt(memory, 10, 64)
	if err != nil {
		return 2
	}
	debug.SetMemoryLimit(octets / 2) // collect early, before the limit ends it
	if err := confine(octets); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	data, err := io.ReadAll(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	w := &words{most: most}
	err = readPDF(data, w)
	if _, bad := io.WriteString(os.Stdout, w.String()); bad != nil {
		return 1
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// pdf adds the words of a PDF, which a child reads.
func (x *Extractor) pdf(ctx context.Context, data []byte, w *words) error {
	select {
	case x.child <- struct{}{}:
		defer func() { <-x.child }()
	case <-ctx.Done():
		return ctx.Err()
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	var out, errs short
	out.most, errs.most = x.limits.Text, 300
	cmd := exec.CommandContext(ctx, self)
	cmd.Args = []string{childName, strconv.Itoa(x.limits.Text), strconv.FormatInt(x.limits.Memory, 10)}
	cmd.Env = []string{"GOMAXPROCS=1", "GOTRACEBACK=none"}
	cmd.Dir = os.TempDir()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(data), &out, &errs
	cmd.WaitDelay = time.Second
	err = cmd.Run()
	w.text(strings.ToValidUTF8(out.String(), "\uFFFD"))
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	why, _, _ := strings.Cut(errs.String(), "\n")
	return fmt.Errorf("%s (%w)", why, err)
}

// short keeps the beginning of what is written to it.
type short struct {
	bytes.Buffer
	most int
}

func (s *short) Write(b []byte) (int, error) {
	s.Buffer.Write(b[:min(len(b), max(0, s.most-s.Len()))])
	return len(b), nil
}
