package letter

// The codes of Defect. Each stands for one thing that had to be worked around.
const (
	DefectBadAddress  = "bad-address"  // no From, or one whose first address has no domain
	DefectBadBase64   = "bad-base64"   // base64 with foreign octets or a wrong length
	DefectBadCharset  = "bad-charset"  // label unknown, or the text does not fit its label
	DefectBadDate     = "bad-date"     // a Date that no rule could read
	DefectBadEncoding = "bad-encoding" // Content-Transfer-Encoding unknown, or a broken quoted-printable
	DefectBareCR      = "bare-cr"      // a CR without LF in a header, or as the line ending of the message
	DefectBareLF      = "bare-lf"      // lines of one header end partly in CRLF and partly in LF
	DefectCRCRLF      = "crcrlf"       // lines ending in CR CR LF
	DefectDepth       = "depth"        // parts nested deeper than Limits.Depth: scanned as plain text
	DefectFields      = "fields"       // more header fields than Limits.Fields
	DefectFromLine    = "from-line"    // an mbox "From " line in the header
	DefectLinks       = "links"        // more links than Limits.Links
	DefectLongHeader  = "long-header"  // a header longer than Limits.Header: its end was left out
	DefectMissingEnd  = "missing-end"  // a multipart whose closing boundary never came
	DefectNUL         = "nul"          // NUL octets: left out, as mail readers do
	DefectNoBlank     = "no-blank"     // no empty line between header and body
	DefectNoBoundary  = "no-boundary"  // a multipart whose boundary is not given or never came
	DefectNoColon     = "no-colon"     // a header line that is neither field nor continuation
	DefectNoHeader    = "no-header"    // a message that begins with its body
	DefectPart        = "part"         // a malformed Content-Type or Content-Disposition
	DefectParts       = "parts"        // more parts than Limits.Parts: the rest was scanned as plain text
	DefectRead        = "read"         // the reader failed: only what came before was looked at
	DefectSize        = "size"         // a message larger than Limits.Size: only its beginning was looked at
	DefectText        = "text"         // text longer than Limits.Text: its end was left out
	DefectRawHeader   = "raw-header"   // octets above 127 in a header that are not UTF-8 (RFC 6532)
)

// note records a defect, within bounds.
func (o *opener) note(code, detail string) {
	if len(o.l.Defects) >= maxDefects {
		return
	}
	same := 0
	for i := range o.l.Defects {
		if d := &o.l.Defects[i]; d.Code == code {
			if d.Detail == detail {
				return
			}
			same++
		}
	}
	if same >= maxDefectKind {
		return
	}
	o.l.Defects = append(o.l.Defects, Defect{Code: code, Detail: Clip(tidy(detail), maxDetail)})
}
