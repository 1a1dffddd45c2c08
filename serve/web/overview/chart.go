package overview

// The drawing's size, in its own units.
const (
	height = 120
	step   = 20 // a day
	bar    = 14
)

// day is a day's bar.
type day struct {
	Day
	X     int
	Parts []part
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

// newChart draws days.
func newChart(s says, all []Day) chart {
	c := chart{says: s, Width: len(all) * step, Height: height, Bar: bar}
	for i, d := range all {
		c.Days = append(c.Days, day{Day: d, X: i*step + (step-bar)/2})
		n := d.Ham + d.Unsure + d.Spam
		c.Most, c.Sum = max(c.Most, n), c.Sum+n
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
