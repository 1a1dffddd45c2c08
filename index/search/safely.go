package search

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime/debug"
	"sync"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
)

// Bleve takes its files for sound: it panics over others, and memory that is
// mapped to a file faults where the disk cannot give it. Both end here as errors.

// errBroke says that Bleve panicked.
var errBroke = errors.New("the catalogue broke under this: it is looked through, and filled anew if it is damaged; restante index rebuild makes it anew at once")

// safely calls f, and makes an error of a panic or of a fault of mapped memory.
func safely(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w (%v)", errBroke, r)
		}
	}()
	return f()
}

// reader gives a reader of an index as it is now. What an index snapshot does in
// goroutines of its own, where nobody can catch a panic, is not asked of it: its
// segments are read one by one.
func reader(at bleve.Index) (*scorch.IndexSnapshot, error) {
	inner, err := at.Advanced()
	if err != nil {
		return nil, err
	}
	r, err := inner.Reader()
	if err != nil {
		return nil, err
	}
	if r, ok := r.(*scorch.IndexSnapshot); ok && r != nil {
		return r, nil
	}
	return nil, errDown // closed meanwhile
}

// Names under which Bleve finds what it calls.
const (
	onEvent = "restante/event"
	onLoss  = "restante/loss"
)

// losses tells of indexes one of whose goroutines has ended in a panic, by folder:
// a chan error with room for one.
var losses sync.Map

// Bleve wants these told before any index is opened.
func init() {
	// The merger reads mapped memory.
	scorch.RegistryEventCallbacks[onEvent] = func(e scorch.Event) bool {
		if e.Kind == scorch.EventKindPreMergeCheck {
			debug.SetPanicOnFault(true)
		}
		return true
	}
	scorch.RegistryAsyncErrorCallbacks[onLoss] = func(err error, store string) {
		if errors.Is(err, scorch.ErrAsyncPanic) {
			select {
			case lossOf(filepath.Dir(store)) <- err:
			default:
			}
		}
	}
}

func lossOf(dir string) chan error {
	ch, _ := losses.LoadOrStore(dir, make(chan error, 1))
	return ch.(chan error)
}
