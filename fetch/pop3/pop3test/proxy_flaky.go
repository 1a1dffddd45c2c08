package pop3test

import (
	"math/rand/v2"
	"net"
	"time"
)

// Trouble is what a Proxy does to a connection.
type Trouble string

// The troubles.
const (
	None  Trouble = ""
	Cut   Trouble = "cut"   // both sides see the other hang up
	Reset Trouble = "reset" // both sides see the connection break; what is on its way is lost
	Stall Trouble = "stall" // nothing gets through any more, and nobody is told
	Drip  Trouble = "drip"  // for a while octets come by ones and twos
)

// Flaky says what goes wrong between a client and its upstream: at most one
// trouble a connection, drawn by chance. What befalls the nth connection is
// given by Seed and n alone.
type Flaky struct {
	Seed uint64

	// How likely each is to befall a connection, from 0 to 1. Together they are
	// at most 1; what is left of that goes well.
	Cut, Reset, Stall, Drip float64

	// Trouble comes within so many octets of what the upstream says, near ones
	// being likelier; 0 means 256 KiB. Every fourth comes within the first
	// thousand octets of what the client says instead.
	Within int
	Pause  time.Duration // the longest between two drips; 0 means a millisecond
}

// plan is what is to befall one connection.
type plan struct {
	trouble Trouble
	upwards bool // it befalls what the client says
	at      int  // behind so many octets
	octets  int  // that drip
	pause   time.Duration
	rng     *rand.Rand
}

func (f *Flaky) plan(n int) (p plan) {
	if f == nil {
		return p
	}
	p.rng = rand.New(rand.NewPCG(f.Seed, uint64(n)))
	dice := p.rng.Float64()
	for _, t := range []struct {
		trouble Trouble
		chance  float64
	}{{Cut, f.Cut}, {Reset, f.Reset}, {Stall, f.Stall}, {Drip, f.Drip}} {
		if dice < t.chance {
			p.trouble = t.trouble
			break
		}
		dice -= t.chance
	}
	within := f.Within
	if within <= 0 {
		within = 256 << 10
	}
	if p.upwards = p.rng.IntN(4) == 0; p.upwards {
		within = min(within, 1000)
	}
	// Half of it within a sixteenth: the dialogue before the mail counts too.
	if p.rng.IntN(2) == 0 {
		within = max(within/16, 1)
	}
	p.at = p.rng.IntN(within)
	p.octets = 1 + p.rng.IntN(400)
	if p.pause = f.Pause; p.pause <= 0 {
		p.pause = time.Millisecond
	}
	return p
}

// trouble does what the plan says. cut says that nothing gets through behind it.
func (f *flow) trouble() (cut bool) {
	trouble := f.plan.trouble
	f.plan.trouble = None // once
	f.tell(trouble)
	switch trouble {
	case Stall:
		f.mu.Lock()
		f.dark = true
		f.mu.Unlock()
		return true
	case Drip:
		f.drips = f.plan.octets
		return false
	}
	f.close(trouble == Reset)
	return true
}

// drip lets octets through by ones and twos, and gives what need not drip.
func (f *flow) drip(b []byte) (rest []byte, err error) {
	for f.drips > 0 && len(b) > 0 {
		n := min(len(b), f.drips, 1+f.plan.rng.IntN(3))
		if !f.sleep(time.Duration(f.plan.rng.Int64N(int64(f.plan.pause)))) {
			return nil, net.ErrClosed
		}
		if _, err := f.to.Write(b[:n]); err != nil {
			return nil, err
		}
		b = b[n:]
		f.drips -= n
	}
	return b, nil
}
