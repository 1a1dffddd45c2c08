package trial

import (
	"fmt"
	"html/template"
	"io"
)

// Report is what a page shows of a trial.
type Report struct {
	Title                 string // the index that was judged
	How                   string // how it was judged, in words
	HamCutoff, SpamCutoff float64
	Measures              Measures
	Judged                []Judged // in their order
}

// WriteHTML writes one page that needs nothing beside itself: the measures as a
// table, and as drawings the catch at each price in ham, the scores of both
// classes, how often a score was right, and how it went along the stream.
func (r Report) WriteHTML(w io.Writer) error {
	type row struct{ Name, Value, Meaning string }
	m := r.Measures
	p := func(f string, v float64) string { return fmt.Sprintf(f, v) + " %" }
	data := struct {
		Report
		Rows                            []row
		ROC, Scores, Calibration, Along template.HTML
	}{
		Report: r,
		Rows: []row{
			{"fp", p("%.3f", m.FP), "ham called spam"},
			{"missed", p("%.2f", m.Missed), "spam called ham or unsure"},
			{"fn", p("%.2f", m.FN), "spam called ham"},
			{"unsure", p("%.2f", m.Unsure), "of all messages"},
			{"lam", p("%.3f", m.LAM), "logistic average of fp and missed"},
			{"1-auc", p("%.4f", m.AUC1), "pairs of ham and spam that the score ranks wrongly"},
			{"fn@fp", p("%.2f", m.FNAtFP), "spam missed at the cut-off that lets at most 0.1 % of ham through as spam"},
		},
		ROC:         r.roc(),
		Scores:      r.scores(),
		Calibration: r.calibration(),
		Along:       r.along(),
	}
	if err := page.Execute(w, data); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}

var page = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Trial of {{.Title}}</title>
<style>
:root { color-scheme: light dark; --paper: #fbfaf8; --card: #fff; --ink: #1f2328; --faint: #6b7280; --line: #dfe1e5; --ham: #2463a8; --spam: #c2452d; }
@media (prefers-color-scheme: dark) { :root { --paper: #14161a; --card: #1c1f25; --ink: #e6e8eb; --faint: #98a0ab; --line: #343942; --ham: #6fa8e8; --spam: #f0866d; } }
body { margin: 0 auto; max-width: 70rem; padding: 2rem 1rem 4rem; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4rem; margin: 0; overflow-wrap: anywhere; } h2 { font-size: 1rem; margin: 0 0 .25rem; }
p { margin: .2rem 0 .8rem; color: var(--faint); }
table { border-collapse: collapse; margin: 1.2rem 0 1.6rem; } td { padding: .2rem 1rem .2rem 0; border-top: 1px solid var(--line); }
td:nth-child(1) { font-weight: 600; } td:nth-child(2) { text-align: right; font-variant-numeric: tabular-nums; } td:nth-child(3) { color: var(--faint); }
main { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(28rem, 100%), 1fr)); }
section { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 1rem; }
svg { width: 100%; height: auto; display: block; } svg text { fill: var(--faint); font: 11px system-ui, sans-serif; }
.grid { stroke: var(--line); fill: none; } .ham { stroke: var(--ham); } .spam { stroke: var(--spam); } .cut { stroke: var(--faint); stroke-dasharray: 3 3; }
path { fill: none; } path.ham, path.spam { stroke-width: 2; stroke-linejoin: round; } rect.ham { fill: var(--ham); stroke: none; } rect.spam { fill: var(--spam); stroke: none; }
circle.spam { fill: var(--spam); } text.ham { fill: var(--ham); stroke: none; } text.spam { fill: var(--spam); stroke: none; }
</style>
<h1>{{.Title}}</h1>
<p>{{.Measures.Ham}} ham and {{.Measures.Spam}} spam, {{.How}}; ham below {{.HamCutoff}}, spam from {{.SpamCutoff}} on.</p>
<table>{{range .Rows}}<tr><td>{{.Name}}<td>{{.Value}}<td>{{.Meaning}}</tr>{{end}}</table>
<main>
<section><h2>Spam caught at each price</h2><p>Share of spam at or above a cut-off, against the share of ham there. The corner is the upper left; the dot is the cut-off in use.</p>{{.ROC}}</section>
<section><h2>Scores</h2><p>How many messages got which score, on a logarithmic scale; between the dashes is unsure.</p>{{.Scores}}</section>
<section><h2>Calibration</h2><p>Share of spam among the messages of each score; the size of a dot is how many. Above the diagonal the score is more cautious than it need be.</p>{{.Calibration}}</section>
<section><h2>Along the stream</h2><p>Spam missed and ham called spam, in forty stretches from the first message to the last.</p>{{.Along}}</section>
</main>
</html>
`))
