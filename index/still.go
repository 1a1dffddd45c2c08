package index

// Still calls do while nothing expires: a copy of the rows and then of the bytes
// must not have rows of what was erased in between. An expiry waits.
func (a *Archive) Still(do func() error) error {
	a.expiry.Lock()
	defer a.expiry.Unlock()
	return do()
}
