package search

// EaseAbove sets how many octets of files may be in the memory of the process.
func (c *Catalogue) EaseAbove(octets int64) { c.easing.above = octets }

// Eased is how often questions were followed by letting go of files.
func (c *Catalogue) Eased() int {
	c.easing.mu.Lock()
	defer c.easing.mu.Unlock()
	return c.easing.times
}
