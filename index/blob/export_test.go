package blob

// Retire ends the growing segment, so that Seal takes it.
func (l *Log) Retire() error { return l.retire(true) }
