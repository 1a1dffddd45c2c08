package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// Fault is a place of the log that is not as it should be.
type Fault struct {
	Segment uint32 `json:"segment,omitempty"`
	File    string `json:"file,omitempty"`
	Offset  int64  `json:"offset,omitempty"` // of the reference, where a place is known
	Length  int64  `json:"length,omitempty"`
	Problem string `json:"problem"`
}

// Report is the outcome of Verify.
type Report struct {
	// Head is the hash of the chain's last line, Links how many lines it has. Kept
	// elsewhere they prove later that nothing sealed by now was changed or removed.
	Head     string  `json:"head"`
	Links    int     `json:"links"`
	Segments int     `json:"segments"` // files that were looked at
	Sealed   int     `json:"sealed"`   // of them
	Messages int64   `json:"messages"`
	Erased   int64   `json:"erased"`
	Octets   int64   `json:"octets"` // of the files
	Faults   []Fault `json:"faults"`
}

// HeadAt gives the hash of the chain's line of a number, from 1 on, as Report.Head
// was when the chain had so many; empty where it has fewer.
func (l *Log) HeadAt(n int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n < 1 || n > len(l.chain.hashes) {
		return ""
	}
	return l.chain.hashes[n-1].String()
}

// Verify compares the folder with itself: the chain's hashes with its lines,
// the files with the chain (missing, changed, unknown), and every segment's
// frames with their sums. Deep, it also compares each sealed file with the
// SHA-256 that the chain has of it, and every message with its digest; without,
// what is read of a sealed segment is what Scan reads.
//
// What it finds is in the report; the error is for what kept it from looking.
// Progress, if not nil, is called with the segments done and all. Segments
// that are sealed or erased from meanwhile are looked at in one form or the
// other.
func (l *Log) Verify(ctx context.Context, deep bool, progress func(done, all int)) (Report, error) {
	r := Report{Faults: []Fault{}}
	l.mu.Lock()
	r.Head, r.Links = l.chain.head.String(), l.chain.n
	for _, f := range l.chain.faults {
		r.Faults = append(r.Faults, Fault{File: chainName, Problem: f})
	}
	segs := l.read.segments()
	missing := l.missing(segs)
	l.mu.Unlock()
	if err := l.chainOnDisk(&r); err != nil {
		return r, fmt.Errorf("verify: %w", err)
	}
	for _, seg := range missing {
		r.Faults = append(r.Faults, Fault{Segment: seg, Problem: "the segment is missing"})
	}
	for i, seg := range segs {
		if err := l.verifySegment(ctx, seg, deep, &r); err != nil {
			return r, fmt.Errorf("verify segment %d: %w", seg, err)
		}
		if progress != nil {
			progress(i+1, len(segs))
		}
	}
	return r, nil
}

// chainOnDisk compares the file with what the log believes of it.
func (l *Log) chainOnDisk(r *Report) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	f, err := l.disk.open(chainName)
	if errors.Is(err, fs.ErrNotExist) {
		if l.chain.size > 0 {
			r.Faults = append(r.Faults, Fault{File: chainName, Problem: "the chain is missing"})
		}
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	b, err := io.ReadAll(io.NewSectionReader(f, 0, l.chain.size))
	if err != nil {
		return err
	}
	if c, _ := readChain(b); c.size != l.chain.size || c.head != l.chain.head || len(c.faults) != len(l.chain.faults) {
		r.Faults = append(r.Faults, Fault{File: chainName, Problem: "the chain was changed while the log was open"})
	}
	return nil
}

func (l *Log) verifySegment(ctx context.Context, seg uint32, deep bool, r *Report) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	h, gen, k, linked, err := l.getLinked(seg)
	if err != nil {
		if errors.Is(err, fs.ErrClosed) {
			return err
		}
		r.Faults = append(r.Faults, Fault{Segment: seg, File: segmentName(seg, gen), Problem: err.Error()})
		return nil
	}
	defer l.read.put(h)
	end := l.durableEnd(seg)
	size, err := h.Size()
	if err != nil {
		return err
	}
	r.Segments++
	r.Octets += min(size, end)
	v := verifier{l: l, r: r, h: h}
	if h.sealed == nil {
		if linked {
			v.fault(0, 0, fmt.Sprintf("the chain has it sealed as %s", segmentName(seg, k.gen)))
		}
		return v.growing(ctx, end, deep)
	}
	r.Sealed++
	r.Erased += h.sealed.erased
	switch {
	case !linked || k.gen < h.gen:
		v.fault(0, 0, "the chain does not know the file")
	case k.gen > h.gen:
		v.fault(0, 0, fmt.Sprintf("the chain has a later one, %s", segmentName(seg, k.gen)))
	case k.octets != size || k.messages != h.sealed.messages:
		v.fault(0, 0, fmt.Sprintf("it has %d octets and %d messages, the chain says %d and %d", size, h.sealed.messages, k.octets, k.messages))
	case deep:
		if sum, err := hashFile(ctx, h, size); err != nil {
			return err
		} else if sum != k.sum {
			v.fault(0, 0, "its SHA-256 is not the one in the chain: it was changed")
		}
	}
	return v.sealed(ctx, deep)
}

// getLinked opens a segment and gives the chain's link of the same moment: it
// may be replaced at any time.
func (l *Log) getLinked(seg uint32) (h *handle, gen uint32, k link, linked bool, err error) {
	for {
		l.mu.Lock()
		k, linked = l.chain.links[seg]
		gen, _ = l.read.gen(seg)
		l.mu.Unlock()
		h, err = l.read.get(seg)
		if err != nil || h.gen == gen {
			return h, gen, k, linked, err
		}
		l.read.put(h)
	}
}

// verifier looks at one file.
type verifier struct {
	l *Log
	r *Report
	h *handle
}

func (v *verifier) fault(off, length int64, problem string) {
	v.r.Faults = append(v.r.Faults, Fault{Segment: v.h.seg, File: segmentName(v.h.seg, v.h.gen), Offset: off, Length: length, Problem: problem})
}

func (v *verifier) holes(g *gaps) {
	for _, r := range g.places {
		v.fault(r.Offset, r.Length, "no whole record")
	}
	if more := g.n - len(g.places); more > 0 {
		v.fault(0, 0, fmt.Sprintf("%d more places with no whole record", more))
	}
}

func (v *verifier) growing(ctx context.Context, end int64, deep bool) error {
	w, err := v.l.walker(v.h, v.h.seg, end)
	if err != nil {
		return err
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		h, ref, err := w.next()
		if err == io.EOF {
			v.holes(w.gaps)
			return nil
		}
		if err != nil {
			return err
		}
		if h.kind != kindMessage {
			continue
		}
		v.r.Messages++
		if h.metaErr != nil {
			v.fault(ref.Offset, ref.Length, h.metaErr.Error())
		}
		if deep {
			if err := v.read(ref, h.digest); err != nil {
				return err
			}
		}
	}
}

// read reads a message to its end.
func (v *verifier) read(ref Ref, want Digest) error {
	rc, err := v.l.openGrowing(&handle{file: v.h.file, seg: v.h.seg, users: 1}, ref, want)
	if err == nil {
		_, err = io.Copy(io.Discard, rc)
		err = errors.Join(err, rc.Close())
	}
	if errors.Is(err, ErrDamaged) {
		v.fault(ref.Offset, ref.Length, err.Error())
		return nil
	}
	return err
}

func (v *verifier) sealed(ctx context.Context, deep bool) error {
	t := v.h.sealed
	if t.endAt == 0 {
		v.fault(0, 0, "its index is damaged; it was made anew from the blocks")
	}
	var damage gaps
	sums := newAccount()
	err := v.l.blocks(ctx, v.h, 0, &damage, func(at blockRef, u *unpacked) error {
		if u.b == nil {
			damage.add(Ref{v.h.seg, at.start, int64(len(u.remains))})
			return nil
		}
		for i := range u.b.entries {
			if u.b.entries[i].kind == entryMessage {
				v.r.Messages++
			}
		}
		if !deep {
			return nil
		}
		if err := v.l.readBlock(v.h, at, u, &sums); errors.Is(err, ErrDamaged) {
			v.fault(at.start, u.b.end-at.start, err.Error())
		} else if err != nil {
			return err
		}
		return nil
	})
	v.holes(&damage)
	return err
}
