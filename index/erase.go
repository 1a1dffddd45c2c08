package index

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"restante/index/blob"
)

// An Eraser takes bytes out of what Blobs keeps.
type Eraser interface {
	// Erase makes what lies at refs unreadable, for good, and tells how many octets
	// that freed. A place that was erased before is no error; one that holds no
	// message is fs.ErrNotExist. On an error each of them may be erased or not.
	Erase(ctx context.Context, refs []blob.Ref) (int64, error)
}

// erasePage is how many places are erased at a time. Those of one segment belong
// together: each erasure writes a segment anew.
const erasePage = 20_000

// EraseExpired erases the bytes of what has expired, and what an expiry that was
// broken off left, and tells how many octets that freed. What lies in a segment
// that cannot be written anew stays for the next time; the others go.
func (a *Archive) EraseExpired(ctx context.Context) (freed int64, err error) {
	a.expiry.Lock()
	defer a.expiry.Unlock()
	for {
		places, err := a.store.Unerased(ctx, erasePage)
		if err != nil || len(places) == 0 {
			return freed, err
		}
		if a.eraser == nil {
			return freed, fmt.Errorf("erase %d messages: %w", len(places), errors.ErrUnsupported)
		}
		var errs []error
		for len(places) > 0 {
			n := 1
			for n < len(places) && places[n].Ref.Segment == places[0].Ref.Segment {
				n++
			}
			octets, err := a.erase(ctx, places[:n])
			if err != nil {
				errs = append(errs, err)
			}
			freed, places = freed+octets, places[n:]
		}
		if err := errors.Join(errs...); err != nil {
			return freed, err
		}
	}
}

// erase erases places of one segment and notes it. A crash in between has them
// erased again. A place that holds no message, because what is left there is
// damaged perhaps, must not keep the others.
func (a *Archive) erase(ctx context.Context, places []Place) (int64, error) {
	refs := make([]blob.Ref, len(places))
	for i, p := range places {
		refs[i] = p.Ref
	}
	octets, err := a.eraser.Erase(ctx, slices.Compact(refs))
	if errors.Is(err, fs.ErrNotExist) && len(places) > 1 {
		half := len(places) / 2
		some, err := a.erase(ctx, places[:half])
		rest, more := a.erase(ctx, places[half:])
		return octets + some + rest, errors.Join(err, more)
	}
	if err == nil {
		err = a.store.Erased(ctx, places, a.now().UTC())
	}
	if err != nil {
		return octets, fmt.Errorf("erase %d messages of segment %d: %w", len(places), places[0].Ref.Segment, err)
	}
	return octets, nil
}
