package pop3test

import "time"

// Faults is what a Server does wrong. The zero value does all right. Commands are
// named by their verb in capitals; GREETING is the first line, LOGIN the verdict at
// the end of any way in.
type Faults struct {
	Hang   map[string]bool   // never answers these commands
	Drop   map[string]bool   // hangs up on these commands
	Refuse map[string]string // answers these with -ERR and this text
	Say    map[string]string // answers these with this line, whatever it is, and does nothing

	Greeting string // replaces the greeting's text behind +OK

	// Capa replaces the capabilities, CapaAfter those after login. Nil leaves
	// them.
	Capa, CapaAfter []string

	Challenge           string // what asks for a SASL response, instead of "+ " and the challenge
	PlusOK              bool   // asks for SASL responses with "+OK" instead of "+"
	SCRAMFirst          string // what answers a SCRAM client's first message, instead of the challenge
	SCRAMLast           string // what answers its second, instead of the proof of the server
	StripPlus           bool   // lists no PLUS though it has it, as if somebody on the way took it out
	Iterations          int    // what SCRAM asks for; 4,096 where 0
	TokenFault          string // the challenge about a token that is no good, instead of a usual one
	HangUpOnBadPassword bool   // instead of -ERR
	BadLogin            string // answers a wrong password with this line, whatever it is
	Echo                bool   // answers every login with -ERR and the line that held the secret
	InjectAfterSTLS     string // sent in one piece with STLS's answer, before the handshake

	ListLine func(num int, size int) string            // a line of LIST
	UIDLLine func(session, num int, uid string) string // a line of UIDL; sessions count from 1
	HideUIDL func(num int) bool                        // leaves a message out of UIDL
	HideList func(num int) bool                        // leaves a message out of LIST
	BadRetr  map[int]string                            // RETR of these numbers is -ERR with this text
	CutRetr  map[int]int                               // hangs up after so many octets of these messages
	DropRetr map[int]bool                              // hangs up at RETR of these numbers
	GlueDot  bool                                      // ends a message without CRLF, so that the dot is no line of its own
	DropTop  map[int]bool                              // hangs up at TOP of these numbers
	TopTwice bool                                      // answers TOP with two +OK lines
	TopWhole bool                                      // answers TOP with the whole message

	DeleteOnRetr bool // deletes what was retrieved, at the end of any session

	LosePipelined bool          // forgets what came behind the command it works at
	Drip          time.Duration // pause before each octet of a message
}
