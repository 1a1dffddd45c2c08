package pop3d_test

import (
	"strings"
	"testing"
)

// b64 of NUL ada NUL "engine one", of ada and of "engine one".
const (
	adaPlain = "AGFkYQBlbmdpbmUgb25l"
	adaName  = "YWRh"
	adaPass  = "ZW5naW5lIG9uZQ=="
)

const capaClear = "TOP|UIDL|RESP-CODES|AUTH-RESP-CODE|PIPELINING|EXPIRE NEVER|LOGIN-DELAY 0|UTF8|LANG|IMPLEMENTATION restante|USER|SASL PLAIN LOGIN"

func TestRFC2449(t *testing.T) {
	keep(t, []rule{
		{"5: CAPA before the login", do("> CAPA", "< +OK", ". "+capaClear+"|STLS", "> capa", "< +OK", ". TOP*")},
		{"5: CAPA after the login, without what is of no more use", do("in", "> CAPA", "< +OK", ". "+capaClear, "> STAT", "< +OK")},
		{"5: CAPA has no argument", do("> CAPA x", "< -ERR", "in", "> CAPA x", "< -ERR")},
		{"4: a command of 255 octets is heard", do("> "+long("USER", 255), "< +OK", "> PASS x", "< -ERR [AUTH]")},
		{"4: one of 256 is answered once and the next one heard", do("> "+long("USER", 256), "> USER ada", "< -ERR", "< +OK", "> PASS engine one", "< +OK")},
		{"4: long lines are answered once, whatever they are", do("in", "> "+long("NOOP", 512), "< -ERR", "> "+long("RETR", 5000), "< -ERR", "> "+long("X", 60000), "< -ERR", "> "+strings.Repeat(" ", 300), "< -ERR", "> STAT", "< +OK 4")},
		{"4: a long line takes USER back", do("> USER ada", "< +OK", "> "+long("PASS", 300), "< -ERR", "> PASS engine one", "< -ERR", "> STAT", "< -ERR")},
		{"6.5: a batch is answered in order", do("> USER ada", "> PASS engine one", "> STAT", "> RETR 3", "> LIST 9", "> DELE 4", "> QUIT",
			"< +OK", "< +OK", "< +OK 4 123", "< +OK 18", ". Subject: no body", "< -ERR", "< +OK", "< +OK", "end", "left 1 2 3")},
		{"6.5: a batch in pieces", do("> US\\", "> ER ada\r\nPA\\", "< +OK", "> SS engine one", "< +OK", "> STA\\", "> T", "< +OK 4")},
		{"6.5: a batch across a failed login", do("> USER ada", "> PASS wrong", "> STAT", "> USER ada", "> PASS engine one", "> STAT", "< +OK", "< -ERR [AUTH]", "< -ERR", "< +OK", "< +OK", "< +OK 4")},
		{"6.5: a batch across AUTH", do("> AUTH PLAIN", "> "+adaPlain, "> STAT", "> QUIT", "< + ", "< +OK", "< +OK 4", "< +OK", "end")},
		{"6.5: a batch across AUTH with an initial response", do("> AUTH PLAIN "+adaPlain, "> STAT", "> UIDL 1", "> QUIT", "< +OK", "< +OK 4", "< +OK 1 m", "< +OK", "end")},
		{"6.9: IMPLEMENTATION tells no version", do("> CAPA", "< +OK", ". "+capaClear+"*")},
		{"8: a code comes first, in capitals and brackets", do("> USER ada", "< +OK", "> PASS x", "< -ERR [AUTH] wrong name or password$")},
	})
}

func TestRFC3206(t *testing.T) {
	keep(t, []rule{
		{"4: [AUTH] for a wrong password, in every way to log in", do("> USER ada", "< +OK", "> PASS x", "< -ERR [AUTH]", "> AUTH PLAIN AGFkYQB4", "< -ERR [AUTH]", "> AUTH LOGIN "+adaName, "< + ", "> eA==", "< -ERR [AUTH]")},
		{"4: [AUTH] for an unknown name too", do("> USER eve", "< +OK", "> PASS x", "< -ERR [AUTH]", "> AUTH PLAIN AGV2ZQB4", "< -ERR [AUTH]")},
		{"4: [AUTH] for nothing else", do("> PASS x", "< -ERR the name", "> AUTH XXX", "< -ERR unknown", "> AUTH PLAIN !", "< -ERR bad", "> AUTH PLAIN", "< + ", "> *", "< -ERR cancelled", "> STAT", "< -ERR log")},
	})
}

func TestRFC5034(t *testing.T) {
	keep(t, []rule{
		{"4: PLAIN with an initial response", do("> AUTH PLAIN "+adaPlain, "< +OK", "> STAT", "< +OK 4")},
		{"4: PLAIN without, asked by an empty challenge", do("> AUTH PLAIN", "< + $", "> "+adaPlain, "< +OK", "> STAT", "< +OK 4")},
		{"4: names of mechanisms are of either case", do("> auth plain "+adaPlain, "< +OK")},
		{"4: = is the empty initial response", do("> AUTH PLAIN =", "< -ERR", "> AUTH LOGIN =", "< -ERR", "in")},
		{"4: * cancels", do("> AUTH PLAIN", "< + ", "> *", "< -ERR", "> AUTH LOGIN", "< + ", "> "+adaName, "< + ", "> *", "< -ERR", "> STAT", "< -ERR", "in")},
		{"4: bad base64 is refused and logs nobody in", do("> AUTH PLAIN @@@@", "< -ERR", "> AUTH PLAIN", "< + ", "> @@@@", "< -ERR", "> AUTH PLAIN", "< + ", "> AGFkYQBlbmdpbmUgb25", "< -ERR",
			"> AUTH PLAIN", "< + ", "> AGFkYQBl=bmdp", "< -ERR", "> STAT", "< -ERR", "in")},
		{"4: an empty response is one", do("> AUTH PLAIN", "< + ", "> ", "< -ERR", "> STAT", "< -ERR", "in")},
		{"4: a response may be longer than a command", do("> AUTH PLAIN", "< + ", "> "+strings.Repeat("QUFB", 2500), "< -ERR", "> STAT", "< -ERR log", "in")},
		{"4: one of more than 12,288 octets ends the exchange", do("> AUTH PLAIN", "< + ", "> "+strings.Repeat("QUFB", 3500), "< -ERR", "> STAT", "< -ERR log", "in")},
		{"4: an unknown mechanism", do("> AUTH KERBEROS_V4", "< -ERR", "> AUTH GSSAPI =", "< -ERR", "> AUTH "+strings.Repeat("A", 21), "< -ERR", "in")},
		{"4: arguments too many", do("> AUTH PLAIN "+adaPlain+" x", "< -ERR", "> STAT", "< -ERR")},
		{"4: AUTH after the login", do("> AUTH PLAIN "+adaPlain, "< +OK", "> AUTH PLAIN "+adaPlain, "< -ERR", "> AUTH", "< -ERR", "> STAT", "< +OK")},
		{"4: a failed AUTH leaves the way open", do("> AUTH PLAIN AGFkYQB4", "< -ERR [AUTH]", "> AUTH PLAIN "+adaPlain, "< +OK")},
		{"4: AUTH takes USER back", do("> USER ada", "< +OK", "> AUTH PLAIN", "< + ", "> *", "< -ERR", "> PASS engine one", "< -ERR")},
		{"4: AUTH alone lists", do("> AUTH", "< +OK", ". PLAIN|LOGIN", "in")},
		{"LOGIN in three steps", do("> AUTH LOGIN", "< + VXNlcm5hbWU6$", "> "+adaName, "< + UGFzc3dvcmQ6$", "> "+adaPass, "< +OK", "> STAT", "< +OK 4")},
		{"LOGIN with the name at once", do("> AUTH LOGIN "+adaName, "< + UGFzc3dvcmQ6$", "> "+adaPass, "< +OK")},
		{"LOGIN without a name", do("> AUTH LOGIN", "< + ", "> ", "< -ERR", "> STAT", "< -ERR")},
		{"RFC 4616: an identity that is the name", do("> AUTH PLAIN YWRhAGFkYQBlbmdpbmUgb25l", "< +OK")},
		{"RFC 4616: an identity that is another's", do("> AUTH PLAIN ZXZlAGFkYQBlbmdpbmUgb25l", "< -ERR [AUTH]", "> STAT", "< -ERR")},
		{"RFC 4616: one refused for its identity hears no more of the password", do("> AUTH PLAIN ZXZlAGFkYQBlbmdpbmUgb25l", "< -ERR [AUTH] wrong name or password$", "> AUTH PLAIN ZXZlAGFkYQB4", "< -ERR [AUTH] wrong name or password$")},
		{"RFC 4616: no name, no password, too few and too many parts", do("> AUTH PLAIN AABlbmdpbmUgb25l", "< -ERR", "> AUTH PLAIN AGFkYQA=", "< -ERR", "> AUTH PLAIN YWRh", "< -ERR", "> AUTH PLAIN AGFkYQBhAGI=", "< -ERR", "> STAT", "< -ERR", "in")},
	})
}

func TestRFC6856(t *testing.T) {
	keep(t, []rule{
		{"2.1: UTF8", do("> UTF8", "< +OK", "> UTF8", "< +OK", "> UTF8 x", "< -ERR", "in", "> UTF8", "< +OK", "> STAT", "< +OK 4 123$")},
		{"2.1: a name in UTF-8 is a name", do("> UTF8", "< +OK", "> USER jürgen", "< +OK", "> PASS straße", "< -ERR [AUTH]")},
		{"4: LANG alone lists tags and names", do("> LANG", "< +OK", ". en English|de Deutsch|ja 日本語|i-default English")},
		{"4: LANG takes and tells a tag", do("> LANG de", "< +OK de ", "> LANG EN-us", "< +OK en ", "> LANG ja-JP", "< +OK ja ", "> LANG *", "< +OK en ", "> LANG i-default", "< +OK i-default ")},
		{"4: an unknown language changes nothing", do("> LANG de", "< +OK de", "> LANG tlh", "< -ERR", "> STAT", "< -ERR erst anmelden$", "> LANG *", "< +OK en")},
		{"4: codes are in no language", do("> LANG ja", "< +OK ja", "> USER ada", "< +OK", "> PASS x", "< -ERR [AUTH] ", "> CAPA", "< +OK", ". "+capaClear+"*", "in", "> LIST 1", "< +OK 1 55$", "> STAT", "< +OK 4 123$")},
		{"4: LANG after the login", do("in", "> LANG", "< +OK", ".", "> LANG de", "< +OK de", "> QUIT", "< +OK auf Wiedersehen$", "end")},
	})
}

func TestHardening(t *testing.T) {
	keep(t, []rule{
		{"NUL in a command", do("> USER ada\x00x", "< -ERR", "> USER ada", "< +OK", "> PASS engine\x00 one", "< -ERR", "> STAT", "< -ERR", "in", "> DELE 1\x00", "< -ERR", "> \x00", "< -ERR", "> ST\x00AT", "< -ERR", "> STAT", "< +OK 4")},
		{"8-bit in a command", do("> \xff\xfe\xfd", "< -ERR", "> USER \xff\xfe", "< +OK", "> PASS \xe9", "< -ERR [AUTH]", "in", "> LIST \xb2", "< -ERR", "> RETR ١", "< -ERR", "> STAT", "< +OK")},
		{"controls in a command are not given back", do("> \x1b[2J\x07", "< -ERR unknown command$", "> USER a\x1b[2Jb", "< +OK now the password$")},
		{"nothing that a client sends is given back", do("> <script>", "< -ERR unknown command$", "in", "> LIST <b>", "< -ERR no message number$", "> LANG <b>", "< -ERR no such language here$")},
		{"formats are text", do("> %s%s%n%x", "< -ERR", "in", "> LIST %d", "< -ERR", "> TOP %n 1", "< -ERR")},
		{"HTTP is hung up on in the end", also(rep(19, "> GET / HTTP/1.1", "< -ERR"), do("> Host: x", "< -ERR too many bad commands$", "end"))},
		{"nineteen mistakes and a command are a person", also(rep(19, "> HELP", "< -ERR"), do("> CAPA", "< +OK", "."), rep(19, "> HELP", "< -ERR"), do("in", "> STAT", "< +OK"))},
		{"mistakes count after the login too, and delete nothing", also(do("in", "> DELE 1", "< +OK"), rep(20, "> XXXX", "< -ERR"), do("end", "left 1 2 3 4"))},
		{"wrong numbers in a row are no mistakes of that kind", also(do("in"), rep(30, "> RETR 99", "< -ERR"), do("> STAT", "< +OK"))},
		{"ten wrong passwords end the session", also(rep(10, "> USER ada", "< +OK", "> PASS x", "< -ERR [AUTH]"), do("end"))},
		{"cancelled logins end it too", also(rep(20, "> AUTH PLAIN", "< + ", "> *", "< -ERR"), do("end"))},
		{"a login is needed for everything", do("> USER ada", "< +OK", "> RETR 1", "< -ERR", "> USER ada", "< +OK", "> DELE 1", "< -ERR", "> QUIT", "< +OK", "left 1 2 3 4")},
		{"line ends within a name make two commands", do("> USER ada\nPASS x", "< +OK", "< -ERR [AUTH]")},
		{"a thousand commands in one write", also(do("in"), rep(1000, "> NOOP"), rep(1000, "< +OK"), do("> QUIT", "< +OK", "end"))},
	})
}
