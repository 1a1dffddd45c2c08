package index

import "sync"

// watchers are those who wait for the next change, whosever it is.
type watchers struct {
	mu   sync.Mutex    // guards next
	next chan struct{} // closed by the next change; nil: nobody waits
}

func (w *watchers) tell() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.next != nil {
		close(w.next)
		w.next = nil
	}
}

// Next gives a channel that is closed once something has changed after the call.
// Ask for it before looking at what there is, so that nothing falls between. Any
// number may wait.
func (a *Archive) Next() <-chan struct{} {
	w := &a.watchers
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.next == nil {
		w.next = make(chan struct{})
	}
	return w.next
}
