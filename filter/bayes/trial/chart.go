package trial

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
)

// The drawing area, in the units of the SVG.
const (
	chartWide, chartHigh = 480, 300
	left, right          = 44, 468
	top, bottom          = 12, 262
)

// chart is an SVG in the making; x and y run from 0 to 1.
type chart struct{ b strings.Builder }

func newChart(label string) *chart {
	c := &chart{}
	fmt.Fprintf(&c.b, `<svg viewBox="0 0 %d %d" role="img" aria-label="%s"><path class="grid" d="M%d %dV%dH%d"/>`,
		chartWide, chartHigh, template.HTMLEscapeString(label), left, top, bottom, right)
	return c
}

func px(x float64) float64 { return left + x*(right-left) }
func py(y float64) float64 { return bottom - y*(bottom-top) }

func (c *chart) markX(x float64, text string) {
	fmt.Fprintf(&c.b, `<path class="grid" d="M%.1f %dV%d"/><text x="%.1f" y="%d" text-anchor="middle">%s</text>`, px(x), top, bottom, px(x), bottom+16, text)
}

func (c *chart) markY(y float64, text string) {
	fmt.Fprintf(&c.b, `<path class="grid" d="M%d %.1fH%d"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`, left, py(y), right, left-6, py(y)+4, text)
}

func (c *chart) titleX(text string) {
	fmt.Fprintf(&c.b, `<text x="%d" y="%d" text-anchor="middle">%s</text>`, (left+right)/2, chartHigh-4, text)
}

func (c *chart) cut(x float64) {
	fmt.Fprintf(&c.b, `<path class="cut" d="M%.1f %dV%d"/>`, px(x), top, bottom)
}

func (c *chart) line(class string, points [][2]float64) {
	fmt.Fprintf(&c.b, `<path class="%s" d="`, class)
	for i, p := range points {
		fmt.Fprintf(&c.b, "%c%.1f %.1f", "ML"[min(i, 1)], px(p[0]), py(p[1]))
	}
	c.b.WriteString(`"/>`)
}

func (c *chart) bar(class string, x, wide, high float64) {
	fmt.Fprintf(&c.b, `<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, class, px(x), py(high), px(wide)-px(0), py(0)-py(high))
}

func (c *chart) dot(x, y, r float64) {
	fmt.Fprintf(&c.b, `<circle class="spam" cx="%.1f" cy="%.1f" r="%.1f"/>`, px(x), py(y), r)
}

func (c *chart) word(class string, x, y float64, text string) {
	fmt.Fprintf(&c.b, `<text class="%s" x="%.1f" y="%.1f">%s</text>`, class, px(x), py(y), text)
}

func (c *chart) svg() template.HTML { return template.HTML(c.b.String() + "</svg>") }

// roc is drawn near its corner: up to 10 % of the ham, in decades, and from the
// quarter of the spam on in which the line begins.
func (r Report) roc() template.HTML {
	c := newChart("spam caught against ham called spam")
	const least, decades = 0.01, 3.0 // percent
	at := func(fp float64) float64 { return max(0, min(1, math.Log10(max(fp, least)/least)/decades)) }
	for _, v := range []float64{0.01, 0.1, 1, 10} {
		c.markX(at(v), fmt.Sprintf("%g %%", v))
	}
	c.titleX("ham called spam")
	down := slices.Clone(r.Judged)
	slices.SortFunc(down, func(a, b Judged) int { return cmp.Compare(b.Score, a.Score) })
	var ham, spam int
	var points [][2]float64
	for i, j := range down {
		if j.Spam {
			spam++
		} else {
			ham++
		}
		if i+1 < len(down) && down[i+1].Score == j.Score {
			continue
		}
		p := [2]float64{at(percent(ham, r.Measures.Ham)), percent(spam, r.Measures.Spam) / 100}
		last := len(points) - 1
		switch {
		case last < 0:
			points = append(points, p)
		case points[last][0] == p[0]:
			points[last] = p
		default:
			points = append(points, [2]float64{p[0], points[last][1]}, p)
		}
		if percent(ham, r.Measures.Ham) > 10 {
			break
		}
	}
	caught := 1 - r.Measures.Missed/100
	lowest := caught
	if len(points) > 0 {
		lowest = min(lowest, points[0][1])
	}
	base := min(0.75, math.Floor(4*lowest)/4)
	high := func(y float64) float64 { return (y - base) / (1 - base) }
	for i := range 6 {
		y := base + float64(i)/5*(1-base)
		c.markY(high(y), fmt.Sprintf("%.0f %%", 100*y))
	}
	for i := range points {
		points[i][1] = high(points[i][1])
	}
	c.line("spam", points)
	c.dot(at(r.Measures.FP), high(caught), 4)
	return c.svg()
}

// scores is a histogram of both classes in twenty steps.
func (r Report) scores() template.HTML {
	const steps = 20
	c := newChart("scores of ham and spam")
	var n [steps][2]int
	most := 10
	for _, j := range r.Judged {
		k := &n[min(steps-1, int(j.Score*steps))][0]
		if j.Spam {
			k = &n[min(steps-1, int(j.Score*steps))][1]
		}
		*k++
		most = max(most, *k)
	}
	high := func(n int) float64 { return math.Log10(float64(n)+1) / math.Log10(float64(most)+1) }
	for v := 1; v <= most; v *= 10 {
		c.markY(high(v), fmt.Sprint(v))
	}
	for _, v := range []float64{0, 0.2, 0.4, 0.6, 0.8, 1} {
		c.markX(v, fmt.Sprintf("%g", v))
	}
	for i, v := range n {
		x := float64(i) / steps
		c.bar("ham", x+0.004, 0.02, high(v[0]))
		c.bar("spam", x+0.026, 0.02, high(v[1]))
	}
	c.cut(r.HamCutoff)
	c.cut(r.SpamCutoff)
	c.titleX("score")
	c.word("ham", 0.42, 0.94, "ham")
	c.word("spam", 0.52, 0.94, "spam")
	return c.svg()
}

// calibration compares scores with what came true, in ten steps.
func (r Report) calibration() template.HTML {
	const steps = 10
	c := newChart("share of spam at each score")
	for _, v := range []float64{0, 0.2, 0.4, 0.6, 0.8, 1} {
		c.markX(v, fmt.Sprintf("%g", v))
		c.markY(v, fmt.Sprintf("%g", v*100))
	}
	var all, spam [steps]int
	var sum [steps]float64
	for _, j := range r.Judged {
		i := min(steps-1, int(j.Score*steps))
		all[i]++
		sum[i] += j.Score
		if j.Spam {
			spam[i]++
		}
	}
	c.line("cut", [][2]float64{{0, 0}, {1, 1}})
	for i, n := range all {
		if n > 0 {
			c.dot(sum[i]/float64(n), float64(spam[i])/float64(n), 2+math.Sqrt(float64(n)/float64(len(r.Judged)))*14)
		}
	}
	c.titleX("score")
	return c.svg()
}

// along shows the mistakes of each stretch of the stream.
func (r Report) along() template.HTML {
	const stretches = 40
	c := newChart("mistakes along the stream")
	for _, v := range []float64{0, 25, 50, 75, 100} {
		c.markX(v/100, fmt.Sprint(int(v/100*float64(len(r.Judged)))))
		c.markY(v/100, fmt.Sprintf("%g %%", v))
	}
	var fp, missed [][2]float64
	for i := range stretches {
		part := r.Judged[i*len(r.Judged)/stretches : (i+1)*len(r.Judged)/stretches]
		m := Measure(part, r.HamCutoff, r.SpamCutoff)
		x := (float64(i) + 0.5) / stretches
		if m.Ham > 0 {
			fp = append(fp, [2]float64{x, m.FP / 100})
		}
		if m.Spam > 0 {
			missed = append(missed, [2]float64{x, m.Missed / 100})
		}
	}
	c.line("spam", missed)
	c.line("ham", fp)
	c.word("spam", 0.72, 0.94, "spam missed")
	c.word("ham", 0.72, 0.88, "ham called spam")
	c.titleX("messages judged")
	return c.svg()
}
