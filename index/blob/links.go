package blob

import (
	"context"
	"errors"
	"fmt"
)

// openChain compares the segments that are there with the chain: names those
// that are gone, and gives those that a crash kept from it their line, if their
// bytes prove that they are whole. Segments are in order; older are files of a
// segment that are there besides.
func (l *Log) openChain(ctx context.Context, segs []uint32, older map[uint32][]uint32) error {
	if err := l.loadChain(); err != nil {
		return fmt.Errorf("chain: %w", err)
	}
	for _, fault := range l.chain.faults {
		l.log.Error("the chain over the sealed segments is broken", "fault", fault)
	}
	for _, seg := range l.missing(segs) {
		l.log.Error("a segment is missing; restante verify names the messages that were in it", "segment", seg)
	}
	for _, seg := range segs {
		if err := l.link(ctx, seg, older[seg]); err != nil {
			// A full disk perhaps. Mail can come in all the same, and Seal tries again.
			l.log.Error("a sealed segment is not in the chain yet", "segment", seg, "err", err)
		}
	}
	return nil
}

// link compares one segment with the chain, and gives it its line if that is
// missing. Older are generations that are still there besides.
func (l *Log) link(ctx context.Context, seg uint32, older []uint32) error {
	gen, _ := l.read.gen(seg)
	said := l.chain.links[seg].gen
	if gen < said {
		l.log.Error("a sealed segment is missing; an older file of it is there", "segment", seg, "file", segmentName(seg, said))
	}
	if gen <= said {
		return nil
	}
	k, err := l.proof(ctx, seg, gen)
	if errors.Is(err, ErrDamaged) {
		l.log.Error("a sealed segment is not in the chain, and damaged", "segment", seg, "err", err)
		if len(older) > 0 {
			l.read.turn(seg, older[len(older)-1])
		}
		return nil
	}
	if err == nil {
		err = l.extend(k)
	}
	if err == nil {
		l.log.Warn("a sealed segment was not in the chain yet; it is now", "segment", seg)
	}
	return err
}

// missing gives the segments that should be there, in order: those the chain
// names, and those between others. No number is ever left out.
func (l *Log) missing(segs []uint32) (gone []uint32) {
	there := make(map[uint32]bool, len(segs))
	last := uint32(0)
	for _, seg := range segs {
		there[seg] = true
		last = max(last, seg)
	}
	for seg := range l.chain.links {
		last = max(last, seg)
	}
	for seg := uint32(1); seg <= last && len(gone) < maxMissing; seg++ {
		if !there[seg] {
			gone = append(gone, seg)
		}
	}
	return gone
}

// maxMissing bounds how many missing segments are named.
const maxMissing = 1000

// proof reads a sealed file whose line is missing: what it holds must be what
// its end frame says.
func (l *Log) proof(ctx context.Context, seg, gen uint32) (k link, err error) {
	f, err := l.disk.open(segmentName(seg, gen))
	if err != nil {
		return k, err
	}
	defer f.Close()
	t, err := readIndex(f)
	if err != nil {
		return k, err
	}
	sum, err := hashFile(ctx, f, t.endAt)
	if err != nil {
		return k, err
	}
	if sum != t.sum {
		return k, fmt.Errorf("%s has other bytes than its end frame says: %w", segmentName(seg, gen), ErrDamaged)
	}
	k = link{seg: seg, gen: gen, octets: t.endAt + endLen, messages: t.messages, why: whyFound, at: l.now()}
	k.sum, err = hashFile(ctx, f, k.octets)
	return k, err
}
