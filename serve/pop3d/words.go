package pop3d

import "strings"

// words is a text for people in the languages of tongues, in their order. What
// a program reads, +OK and response codes, is never in it. It holds nothing that
// a client sent, so that a status line stays within 512 octets (RFC 2449, 4).
type words [3]string

// tongues are what LANG offers (RFC 6856, 4), the default first.
var tongues = [...]struct{ tag, name string }{
	{"en", "English"},
	{"de", "Deutsch"},
	{"ja", "日本語"},
}

// defaultTag stands for the default in a listing (RFC 2277, 4.5).
const defaultTag = "i-default"

var (
	sayNothing     = words{}
	sayWelcome     = words{"welcome", "willkommen", "ようこそ"}
	sayBye         = words{"bye", "auf Wiedersehen", "さようなら"}
	sayPassword    = words{"now the password", "jetzt das Passwort", "パスワードをどうぞ"}
	sayCapa        = words{"what this server can", "was dieser Server kann", "このサーバーの機能"}
	sayStartTLS    = words{"start TLS now", "jetzt TLS beginnen", "TLS を開始してください"}
	sayMechanisms  = words{"mechanisms follow", "es folgen die Verfahren", "認証方式の一覧"}
	sayTongues     = words{"languages follow", "es folgen die Sprachen", "言語の一覧"}
	sayLang        = words{"texts are in English now", "Texte sind jetzt deutsch", "以後の表示は日本語です"}
	sayUTF8        = words{"UTF-8 it is", "also UTF-8", "UTF-8 を使います"}
	sayReset       = words{"nothing is marked", "nichts ist markiert", "削除の印を消しました"}
	sayMarked      = words{"marked; QUIT deletes it", "markiert; QUIT löscht es", "印を付けました。QUIT で削除します"}
	sayMessages    = words{" messages", " Nachrichten", " 通"}
	sayOctets      = words{" octets", " Oktette", " オクテット"}
	sayNUL         = words{"NUL in a command", "NUL in einem Befehl", "コマンドに NUL があります"}
	sayUnknown     = words{"unknown command", "unbekannter Befehl", "未知のコマンドです"}
	sayNoArgument  = words{"this command has no argument", "dieser Befehl hat kein Argument", "このコマンドに引数はありません"}
	sayLogInFirst  = words{"log in first", "erst anmelden", "先にログインしてください"}
	sayLoggedIn    = words{"already logged in", "schon angemeldet", "すでにログインしています"}
	sayNoClear     = words{"no logins without TLS here", "ohne TLS keine Anmeldung", "TLS なしではログインできません"}
	saySTLS        = words{"no logins without TLS here; send STLS first", "ohne TLS keine Anmeldung; erst STLS", "TLS なしではログインできません。先に STLS を"}
	sayNoName      = words{"no name", "kein Name", "名前がありません"}
	sayNameFirst   = words{"the name comes first: USER", "erst der Name: USER", "先に USER で名前を"}
	sayNoPassword  = words{"no password", "kein Passwort", "パスワードがありません"}
	sayWrong       = words{"wrong name or password", "Name oder Passwort falsch", "名前かパスワードが違います"}
	sayThrottled   = words{"too many wrong passwords, try again later", "zu viele falsche Passwörter, später wieder", "誤ったパスワードが多すぎます。後でもう一度"}
	sayInUse       = words{"another session holds this mailbox", "eine andere Sitzung hält dieses Postfach", "別のセッションが使用中です"}
	sayManyUser    = words{"too many sessions of this user", "zu viele Sitzungen dieses Benutzers", "このユーザーのセッションが多すぎます"}
	sayDisabled    = words{"this account is closed; ask the administrator", "dieses Konto ist gesperrt; die Verwaltung weiß mehr", "このアカウントは停止中です。管理者へ"}
	sayFault       = words{"something went wrong here; reference ", "hier ging etwas schief; Kennzeichen ", "内部エラーです。参照番号 "}
	sayTLSOn       = words{"TLS is on already", "TLS läuft schon", "すでに TLS です"}
	sayNoTLS       = words{"no TLS here", "hier gibt es kein TLS", "TLS は使えません"}
	sayMechanism   = words{"unknown mechanism", "unbekanntes Verfahren", "未知の認証方式です"}
	sayArguments   = words{"too many arguments", "zu viele Argumente", "引数が多すぎます"}
	sayBase64      = words{"bad base64", "kein gültiges Base64", "base64 が不正です"}
	sayResponse    = words{"bad response", "unbrauchbare Antwort", "応答が不正です"}
	sayLong        = words{"line too long", "Zeile zu lang", "行が長すぎます"}
	sayCancelled   = words{"cancelled", "abgebrochen", "中止しました"}
	sayNoNumber    = words{"no message number", "keine Nachrichtennummer", "メッセージ番号がありません"}
	sayNoMessage   = words{"no such message", "keine solche Nachricht", "そのメッセージはありません"}
	sayDeleted     = words{"that message is deleted", "diese Nachricht ist gelöscht", "そのメッセージは削除済みです"}
	sayTOP         = words{"TOP wants a message number and a number of lines", "TOP braucht Nummer und Zeilenzahl", "TOP には番号と行数が必要です"}
	sayNoLines     = words{"no number of lines", "keine Zeilenzahl", "行数がありません"}
	sayNoTongue    = words{"no such language here", "diese Sprache gibt es hier nicht", "その言語はありません"}
	sayReadOnly    = words{"nothing is deleted through this door", "durch diese Tür wird nichts gelöscht", "この接続では削除できません"}
	sayClosing     = words{"the server is shutting down", "der Server fährt herunter", "サーバーを停止します"}
	sayFull        = words{"too many connections, try again later", "zu viele Verbindungen, später wieder", "接続が多すぎます。後でもう一度"}
	sayNotFromHere = words{"not from your address", "nicht von dieser Adresse", "このアドレスからは接続できません"}
	sayManyBad     = words{"too many bad commands", "zu viele falsche Befehle", "不正なコマンドが多すぎます"}
)

// say gives a text in the session's language.
func (x *session) say(w words) string { return w[x.tongue] }

// lang answers LANG: alone it lists, * is the default, and a range matches the
// language that it begins with, so that de-AT is de (RFC 4647, 3.4). It fails
// without a change.
func (x *session) lang(arg string) {
	switch {
	case arg == "":
		x.ok(sayTongues)
		w := x.out()
		for _, t := range tongues {
			w.WriteString(t.tag + " " + t.name + "\r\n")
		}
		w.WriteString(defaultTag + " " + tongues[0].name + "\r\n.\r\n")
		return
	case arg == "*":
		x.speak(0, tongues[0].tag)
		return
	case strings.EqualFold(arg, defaultTag):
		x.speak(0, defaultTag)
		return
	}
	for i, t := range tongues {
		if n := len(t.tag); len(arg) >= n && strings.EqualFold(arg[:n], t.tag) && (len(arg) == n || arg[n] == '-') {
			x.speak(i, t.tag)
			return
		}
	}
	x.fail(sayNoTongue)
}

func (x *session) speak(tongue int, tag string) {
	x.tongue = tongue
	x.status("+OK ", tag+" "+x.say(sayLang))
}
