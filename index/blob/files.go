package blob

// File is one file of the log as a backup copies it.
type File struct {
	Name   string // within the folder
	Octets int64  // that are durable: the copy takes these and no more
	Sealed bool   // never grows again; what is under this name and Sum is copied once
	Sum    Digest // SHA-256 of a sealed file's octets; zero where it still grows
}
