package trial

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"restante/filter/bayes"
	"restante/filter/letter"
)

// The cut-offs of the house.
const (
	HamCutoff  = 0.2
	SpamCutoff = 0.9
)

const (
	maxLine    = 64 << 10 // octets of an index line
	maxMessage = 32 << 20 // octets read of a message
)

// Judge is what is tried: it scores letters in [0,1] and learns from true labels.
type Judge interface {
	Score(l *letter.Letter) float64
	Learn(l *letter.Letter, spam bool)
}

// Options say how a trial runs. The zero value judges with an untrained Bayes
// model that never learns.
type Options struct {
	Immediate  bool // after each judgement, learn the true label
	TrainFirst int  // learn the first so many messages instead of judging them
	Balanced   int  // learn the first so many of each class instead of judging them
	From       int  // measure from the message of this number on, the first being 1; those before are judged and learnt all the same

	HamCutoff, SpamCutoff float64 // 0 means the house's

	Judge Judge        // nil: a new Bayes model, alone
	Each  func(Judged) // is told of every judgement that is measured; may be nil
	Out   io.Writer    // gets a line "gold<TAB>class<TAB>score" for each of them; may be nil
}

// Run judges the messages of an index in their order and measures the outcome.
// An index line is "ham" or "spam", a tab, and a path relative to the index;
// fields after a second tab, empty lines and lines that start with # are
// skipped. A fault in the index names file and line.
func Run(ctx context.Context, index string, o Options) (m Measures, err error) {
	if o.HamCutoff == 0 {
		o.HamCutoff = HamCutoff
	}
	if o.SpamCutoff == 0 {
		o.SpamCutoff = SpamCutoff
	}
	if o.Judge == nil {
		o.Judge = newBayesJudge()
	}
	f, err := os.Open(index)
	if err != nil {
		return m, fmt.Errorf("open index: %w", err)
	}
	defer f.Close() // only read from
	t := &run{Options: o, dir: filepath.Dir(index)}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxLine)
	n := 1
	for ; lines.Scan(); n++ {
		if err := ctx.Err(); err != nil {
			return m, err
		}
		if err := t.line(strings.TrimSuffix(lines.Text(), "\r")); err != nil {
			return m, fmt.Errorf("%s:%d: %w", index, n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return m, fmt.Errorf("%s:%d: %w", index, n, err)
	}
	return Measure(t.judged, o.HamCutoff, o.SpamCutoff), nil
}

// run is the state of one trial.
type run struct {
	Options
	dir       string
	seen      int
	ham, spam int // taught for balance
	judged    []Judged
	msg       bytes.Buffer
}

func (t *run) line(line string) error {
	if line == "" || line[0] == '#' {
		return nil
	}
	label, path, ok := strings.Cut(line, "\t")
	path, _, _ = strings.Cut(path, "\t")
	if !ok || path == "" {
		return fmt.Errorf("no path; write label, tab, path")
	}
	if label != "ham" && label != "spam" {
		return fmt.Errorf("unknown label %q; allowed: ham, spam", label)
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(t.dir, path)
	}
	l, err := t.read(path)
	if err != nil {
		return err
	}
	return t.message(l, label == "spam")
}

func (t *run) read(path string) (*letter.Letter, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // only read from
	t.msg.Reset()
	if _, err := t.msg.ReadFrom(io.LimitReader(f, maxMessage)); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return letter.ReadBytes(t.msg.Bytes()), nil
}

func (t *run) message(l *letter.Letter, spam bool) error {
	t.seen++
	taught := &t.ham
	if spam {
		taught = &t.spam
	}
	if t.seen <= t.TrainFirst || *taught < t.Balanced {
		*taught++
		t.Judge.Learn(l, spam)
		return nil
	}
	j := Judged{Spam: spam, Score: t.Judge.Score(l)}
	if t.Immediate {
		t.Judge.Learn(l, spam)
	}
	if t.seen < t.From {
		return nil
	}
	t.judged = append(t.judged, j)
	if t.Each != nil {
		t.Each(j)
	}
	if t.Out == nil {
		return nil
	}
	gold := "ham"
	if spam {
		gold = "spam"
	}
	_, err := fmt.Fprintf(t.Out, "%s\t%s\t%.6f\n", gold, classOf(j.Score, t.HamCutoff, t.SpamCutoff), j.Score)
	return err
}

// bayesJudge judges by a model alone, which it teaches.
type bayesJudge struct {
	model   *bayes.Model
	teacher *bayes.Teacher
	last    *letter.Letter // the letter whose features are in bag
	bag     bayes.Bag
}

func newBayesJudge() *bayesJudge {
	m := bayes.New()
	return &bayesJudge{model: m, teacher: bayes.NewTeacher(m)}
}

func (j *bayesJudge) Score(l *letter.Letter) float64 {
	j.open(l)
	return j.model.Score(j.bag)
}

func (j *bayesJudge) Learn(l *letter.Letter, spam bool) {
	j.open(l)
	now := bayes.Ham
	if spam {
		now = bayes.Spam
	}
	j.teacher.Learn(j.bag, bayes.None, now)
}

func (j *bayesJudge) open(l *letter.Letter) {
	if j.last != l {
		j.last, j.bag = l, bayes.Features(l)
	}
}
