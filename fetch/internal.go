package fetch

import (
	"bytes"
	"io"
	"strings"
)

// maxInternal bounds the servers' own data that is known as such, in octets.
const maxInternal = 16 << 10

const whyInternal = "it is the server's own data, and no mail"

// isInternal tells whether a header is of the "folder internal data" that UW
// IMAP and its kin keep as the first message of an mbox, and that their POP3
// servers may show. To delete it would take the folder's state from the server.
func isInternal(header []byte) bool {
	own, daemon := false, false
	for line := range bytes.Lines(header) {
		text := strings.TrimRight(string(line[:min(len(line), 200)]), "\r\n")
		if text == "" {
			break
		}
		name, value, _ := strings.Cut(text, ":")
		switch strings.ToLower(name) {
		case "x-imap":
			own = true
		case "from":
			daemon = strings.Contains(strings.ToUpper(value), "MAILER-DAEMON")
		}
	}
	return own && daemon
}

// internal tells whether a message is the server's own data, by its header. An
// import is of all there is.
func (r *round) internal(it Item, header []byte) bool {
	return it.Num == 1 && !r.a.Import && isInternal(header)
}

func (r *round) internalParcel(it Item, p *Parcel) bool {
	if it.Num != 1 || p.Size > maxInternal {
		return false
	}
	b, err := io.ReadAll(p.Open())
	return err == nil && r.internal(it, b)
}
