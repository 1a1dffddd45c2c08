package overview

import (
	"time"

	"restante/filter"
	"restante/index"
)

// The drawing's size, in its own units.
const (
	height = 120
	step   = 20 // a day
	bar    = 14
)

// day is a day's mail.
type day struct {
	Day               time.Time
	Ham, Unsure, Spam int64
	X                 int
	Parts             []part
}

// part is a class's piece of a day's bar.
type part struct {
	Class        string
	Y, Height, X int
}

// says are the keys of what is said of a chart.
type says struct {
	Key  string // what it is called
	Desc string // what it shows, of how many messages
	None string // that there is nothing to draw
}

// chart is a month of days, a bar each.
type chart struct {
	says
	Width, Height int
	Bar           int
	Most, Sum     int64
	Days          []day
}

// judged is the class by which a day's mail is drawn.
func judged(t index.Tally) (filter.Class, bool) { return t.Judged, true }

// corrected is the class that a person gave to mail that was judged otherwise.
func corrected(t index.Tally) (filter.Class, bool) {
	return t.Now, t.Now != t.Judged && t.Now != filter.Unsure
}

// newChart counts mail by the day that it came and by the class that of gives, where
// it counts at all. What lies outside the days, as after a clock was wrong, is left
// out.
func newChart(s says, all []index.Tally, first time.Time, of func(index.Tally) (filter.Class, bool)) chart {
	c := chart{says: s, Width: days * step, Height: height, Bar: bar, Days: make([]day, days)}
	for i := range c.Days {
		c.Days[i].Day, c.Days[i].X = first.AddDate(0, 0, i), i*step+(step-bar)/2
	}
	for _, t := range all {
		i := int(t.Day.Sub(first) / (24 * time.Hour))
		class, counts := of(t)
		if i < 0 || i >= days || t.Day.Before(first) || !counts {
			continue
		}
		n := int64(t.Count)
		c.Sum += n
		switch class {
		case filter.Ham:
			c.Days[i].Ham += n
		case filter.Spam:
			c.Days[i].Spam += n
		default:
			c.Days[i].Unsure += n
		}
	}
	for i := range c.Days {
		d := &c.Days[i]
		c.Most = max(c.Most, d.Ham+d.Unsure+d.Spam)
	}
	for i := range c.Days {
		c.Days[i].draw(c.Most)
	}
	return c
}

// draw stacks the classes, ham below. The edges are rounded, and not the pieces, so
// that the height of all is that of the sum.
func (d *day) draw(most int64) {
	var below int64
	for _, x := range []struct {
		class string
		n     int64
	}{{"ham", d.Ham}, {"unsure", d.Unsure}, {"spam", d.Spam}} {
		if x.n == 0 {
			continue
		}
		from, to := below*height/most, (below+x.n)*height/most
		below += x.n
		d.Parts = append(d.Parts, part{x.class, int(height - to), int(to - from), d.X})
	}
}
