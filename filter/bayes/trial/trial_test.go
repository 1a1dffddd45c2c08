package trial_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"restante/fetch/corpora"
	"restante/filter/bayes/trial"
	"restante/filter/letter"
)

func TestMeasure_MatchesCountsByHand(t *testing.T) {
	// 4 ham: 0.0 0.1 0.5 0.95; 4 spam: 0.1 0.6 0.95 1.0.
	all := []trial.Judged{{Spam: false, Score: 0}, {Spam: false, Score: 0.1}, {Spam: false, Score: 0.5}, {Spam: false, Score: 0.95},
		{Spam: true, Score: 0.1}, {Spam: true, Score: 0.6}, {Spam: true, Score: 0.95}, {Spam: true, Score: 1}}
	got := trial.Measure(all, 0.2, 0.9)
	want := trial.Measures{
		Ham: 4, Spam: 4,
		HamAsHam: 2, HamAsUnsure: 1, HamAsSpam: 1,
		SpamAsHam: 1, SpamAsUnsure: 1, SpamAsSpam: 2,
		FP: 25, FN: 25, Missed: 50, Unsure: 25,
		// fp 1.5/5 = 0.3, missed 2.5/5 = 0.5: log-odds -0.8473 and 0, mean -0.4236.
		LAM: 39.5644,
		// Wrong pairs: spam 0.1 under ham 0.95 and 0.5, level with 0.1: 2.5;
		// spam 0.6 under 0.95: 1; spam 0.95 level with 0.95: 0.5. 4 of 16.
		AUC1: 25,
		// No ham may pass, so only the spam above 0.95 is caught.
		FNAtFP: 75,
	}
	if d := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-3)); d != "" {
		t.Error(d)
	}
	var out strings.Builder
	if err := got.Print(&out); err != nil || !strings.Contains(out.String(), "missed %\t50.000\n") {
		t.Errorf("printed %q, %v", out.String(), err)
	}
}

func TestMeasure_LetsOneHamInAThousandPass(t *testing.T) {
	all := []trial.Judged{{Spam: true, Score: 0.9}, {Spam: false, Score: 0.8}, {Spam: true, Score: 0.7}, {Spam: false, Score: 0.6}, {Spam: true, Score: 0.5}}
	for range 998 {
		all = append(all, trial.Judged{Score: 0.1})
	}
	m := trial.Measure(all, 0.2, 0.9)
	if math.Abs(m.FNAtFP-100.0/3) > 1e-9 {
		t.Errorf("FNAtFP = %v, want a third of the spam", m.FNAtFP)
	}
}

func TestMeasure_OfNothingIsFinite(t *testing.T) {
	for _, all := range [][]trial.Judged{nil, {{Spam: true, Score: 1}}, {{Score: 0}}} {
		m := trial.Measure(all, 0.2, 0.9)
		if v := m.FP + m.FN + m.Missed + m.Unsure + m.LAM + m.AUC1 + m.FNAtFP; math.IsNaN(v) || math.IsInf(v, 0) {
			t.Errorf("%d judged: %+v", len(all), m)
		}
	}
}

// scripted scores by the subject and writes down what happens.
type scripted struct{ log []string }

func (s *scripted) Score(l *letter.Letter) float64 {
	s.log = append(s.log, "score "+l.Subject)
	if strings.HasPrefix(l.Subject, "s") {
		return 0.99
	}
	return 0.01
}

func (s *scripted) Learn(l *letter.Letter, spam bool) {
	s.log = append(s.log, fmt.Sprintf("learn %s %v", l.Subject, spam))
}

// stream writes an index with a message for each of its lines' labels.
func stream(t *testing.T, labels ...string) string {
	t.Helper()
	dir := t.TempDir()
	index := "# a comment\n\n"
	for i, label := range labels {
		name := fmt.Sprintf("%d.eml", i)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(fmt.Sprintf("Subject: %c%d\n\nbody\n", label[0], i)), 0o600); err != nil {
			t.Fatal(err)
		}
		index += label + "\t" + name + "\tignored\n"
	}
	path := filepath.Join(dir, "index.tsv")
	if err := os.WriteFile(path, []byte(index), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRun_JudgesBeforeItLearns(t *testing.T) {
	labels := []string{"ham", "spam", "ham", "spam"}
	for _, tt := range []struct {
		name string
		o    trial.Options
		want string
	}{
		{"never", trial.Options{}, "score h0 score s1 score h2 score s3"},
		{"immediate", trial.Options{Immediate: true}, "score h0 learn h0 false score s1 learn s1 true score h2 learn h2 false score s3 learn s3 true"},
		{"first", trial.Options{TrainFirst: 3}, "learn h0 false learn s1 true learn h2 false score s3"},
		{"balanced", trial.Options{Balanced: 1}, "learn h0 false learn s1 true score h2 score s3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &scripted{}
			tt.o.Judge = s
			if _, err := trial.Run(context.Background(), stream(t, labels...), tt.o); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(s.log, " "); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestRun_MeasuresFromTheMessageNamed(t *testing.T) {
	s := &scripted{}
	var each []trial.Judged
	o := trial.Options{Judge: s, Immediate: true, From: 3, Each: func(j trial.Judged) { each = append(each, j) }}
	m, err := trial.Run(context.Background(), stream(t, "ham", "spam", "ham", "spam", "ham"), o)
	if err != nil {
		t.Fatal(err)
	}
	if m.Ham != 2 || m.Spam != 1 || len(each) != 3 || each[1] != (trial.Judged{Spam: true, Score: 0.99}) {
		t.Errorf("measured %d ham, %d spam; told of %v", m.Ham, m.Spam, each)
	}
	if len(s.log) != 10 {
		t.Errorf("judged and learnt %d times, want 10: %q", len(s.log), s.log)
	}
}

func TestReport_IsOnePageThatNeedsNothingElse(t *testing.T) {
	var judged []trial.Judged
	for i := range 100 {
		judged = append(judged, trial.Judged{Spam: i%3 == 0, Score: float64(i*37%100) / 100})
	}
	for name, all := range map[string][]trial.Judged{"some": judged, "one": judged[:1], "none": nil} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			r := trial.Report{Title: "<b>&", How: "in order", HamCutoff: 0.2, SpamCutoff: 0.9, Measures: trial.Measure(all, 0.2, 0.9), Judged: all}
			if err := r.WriteHTML(&out); err != nil {
				t.Fatal(err)
			}
			page := out.String()
			if n := strings.Count(page, "<svg "); n != 4 {
				t.Errorf("%d drawings, want 4", n)
			}
			for _, bad := range []string{"<script", "http", "src=", "<b>", "NaN", "Inf"} {
				if strings.Contains(page, bad) {
					t.Errorf("the page has %q", bad)
				}
			}
		})
	}
}

func TestRun_WritesEveryJudgement(t *testing.T) {
	var out strings.Builder
	m, err := trial.Run(context.Background(), stream(t, "ham", "spam"), trial.Options{Judge: &scripted{}, Out: &out})
	if err != nil {
		t.Fatal(err)
	}
	if want := "ham\tham\t0.010000\nspam\tspam\t0.990000\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
	if m.Ham != 1 || m.Spam != 1 || m.FP != 0 || m.Missed != 0 {
		t.Errorf("%+v", m)
	}
}

func TestRun_NamesFileAndLineOfAFault(t *testing.T) {
	for index, want := range map[string]string{
		"eggs\ta\n":          `unknown label "eggs"`,
		"ham\n":              "no path",
		"ham\tmissing.eml\n": "no such file",
	} {
		path := filepath.Join(t.TempDir(), "index.tsv")
		if err := os.WriteFile(path, []byte("# head\n"+index), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := trial.Run(context.Background(), path, trial.Options{})
		if err == nil || !strings.Contains(err.Error(), path+":2: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s:2 and %s", index, err, path, want)
		}
	}
}

func TestRun_StopsWhenTold(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := trial.Run(ctx, stream(t, "ham"), trial.Options{}); err == nil {
		t.Error("no error from a cancelled trial")
	}
}

// No figure may get worse than these. On the same stream bogofilter misses and
// misranks more in all three; its false positives are 0.
func TestBayes_BeatsBogofilterOnRealMail(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of letters")
	}
	for _, tt := range []struct {
		name                string
		o                   trial.Options
		fp, missed, auc, fn float64
	}{
		{"in order", trial.Options{Immediate: true}, 0.03, 9, 0.03, 5},
		{"first half", trial.Options{TrainFirst: 3023}, 0.05, 30, 0.6, 22},
		{"few", trial.Options{Balanced: 50}, 0, 75, 7, 55},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, err := trial.Run(context.Background(), corpora.Index(t, "spamassassin"), tt.o)
			if err != nil {
				t.Fatal(err)
			}
			if m.FP > tt.fp || m.Missed > tt.missed || m.AUC1 > tt.auc || m.FNAtFP > tt.fn {
				t.Errorf("%+v", m)
			}
		})
	}
}
