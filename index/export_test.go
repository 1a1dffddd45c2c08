package index

// Waiting tells how many messages wait for the next commit.
func (a *Archive) Waiting() int {
	a.queue.mu.Lock()
	defer a.queue.mu.Unlock()
	return len(a.queue.waiting)
}
