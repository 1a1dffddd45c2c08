package letter

// Limits bound what opening one message may cost. A message that goes over a
// limit is still opened: what lies beyond is left out and noted as a Defect.
// A field of zero takes its default.
type Limits struct {
	Size   int64 // octets read of the message; 32 MiB
	Header int   // octets of one header block; 1 MiB
	Fields int   // fields of one header block; 2,000
	Depth  int   // levels of nested parts, the message itself being 0; 32
	Parts  int   // parts in all; 1,000
	Text   int   // octets each of Text, HTML, HTMLText and Hidden; 2 MiB
	Links  int   // links; 1,000
}

// Defaults are the limits that Read applies.
func Defaults() Limits {
	return Limits{
		Size:   32 << 20,
		Header: 1 << 20,
		Fields: 2000,
		Depth:  32,
		Parts:  1000,
		Text:   2 << 20,
		Links:  1000,
	}
}

// filled is lim with defaults in place of what is zero or less.
func (lim Limits) filled() Limits {
	d := Defaults()
	if lim.Size <= 0 {
		lim.Size = d.Size
	}
	for _, f := range []struct{ have, want *int }{
		{&lim.Header, &d.Header}, {&lim.Fields, &d.Fields}, {&lim.Depth, &d.Depth},
		{&lim.Parts, &d.Parts}, {&lim.Text, &d.Text}, {&lim.Links, &d.Links},
	} {
		if *f.have <= 0 {
			*f.have = *f.want
		}
	}
	return lim
}

const (
	maxAddresses  = 1000     // addresses of one field
	maxReferences = 100      // References and In-Reply-To together
	maxDefects    = 100      // of one message
	maxDefectKind = 10       // of one message with the same Code
	maxDetail     = 100      // octets of Defect.Detail
	maxURL        = 4 << 10  // octets of Link.URL; longer ones are cut
	maxLinkText   = 1 << 10  // octets of Link.Text; longer ones are cut
	maxBoundary   = 256      // octets; RFC 2046, section 5.1.1 allows 70
	maxParam      = 64 << 10 // octets of a Content-Type or Content-Disposition looked at
	maxName       = 1 << 10  // octets of Part.Name and Part.ID; longer ones are cut
	maxLabel      = 100      // octets of Part.Type, Charset and Encoding; longer ones are cut
	maxAhead      = 4 << 10  // octets looked ahead after a stray header line
	maxGuess      = 4        // levels of multiparts whose boundary is guessed
	maxTries      = 100_000  // lines of one message that are compared with boundaries
	startOctets   = 16       // length of Part.Start
)
