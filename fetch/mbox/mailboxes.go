package mbox

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Mailboxes that every owner has; filter names them too.
const (
	Inbox = "inbox"
	spam  = "spam"
)

// mailboxMost bounds a mailbox's name, in octets: it is part of a login name,
// which must fit a line of POP3 (RFC 2449, section 4).
const mailboxMost = 120

// Mailboxes say which mailbox a folder or a label means.
//
// What is called inbox, spam, sent, drafts, archive or trash in one of some
// languages is that mailbox, at the top or below INBOX or [Gmail]; trash is
// left out. Another folder is the mailbox of its path, with slashes. Of several
// labels, a mapped one counts first, then trash, spam, and the user's own: the
// one of the most levels, of these the first; then inbox, sent, drafts; and a
// message with none of these hangs in archive, as Gmail calls it.
type Mailboxes struct {
	// Exact takes folders' names as they are, heeds no labels, and takes each .eml
	// file as one message whatever it begins with: for what this program wrote.
	Exact bool
	// Separator is what parts user and mailbox in a login name, and so cannot be
	// part of a mailbox's name.
	Separator string
	// Map gives mailboxes by folder or label, in lower case; an empty one leaves
	// it out.
	Map map[string]string

	met map[string]bool // keys of Map that something had
}

// Unmet gives the folders and labels of Map that nothing had, in order: they are
// misspelt, perhaps.
func (m *Mailboxes) Unmet() []string {
	var unmet []string
	for from := range m.Map {
		if !m.met[from] {
			unmet = append(unmet, from)
		}
	}
	slices.Sort(unmet)
	return unmet
}

// mapped looks a folder or label up in Map.
func (m *Mailboxes) mapped(name string) (to string, ok bool) {
	name = strings.ToLower(name)
	if to, ok = m.Map[name]; ok && !m.met[name] {
		if m.met == nil {
			m.met = map[string]bool{}
		}
		m.met[name] = true
	}
	return to, ok
}

// The words under which programs and providers keep such mail, in lower case.
var wellKnown = byWord(map[string]string{
	Inbox:     "inbox|posteingang|boîte de réception|bandeja de entrada|recibidos|posta in arrivo|caixa de entrada|postvak in|受信トレイ",
	spam:      "spam|junk|junk e-mail|junk email|junk mail|bulk mail|spamverdacht|courrier indésirable|correo no deseado|indesiderata|posta indesiderata|ongewenst|迷惑メール",
	"sent":    "sent|sent mail|sent items|sent messages|gesendet|gesendete elemente|gesendete objekte|messages envoyés|éléments envoyés|enviados|elementos enviados|posta inviata|inviati|verzonden|verzonden items|送信済み|送信済みメール",
	"drafts":  "drafts|draft|entwürfe|brouillons|borradores|bozze|rascunhos|concepten|下書き",
	"archive": "archive|archived|archiviert|archiv|archivé|archivado|archiviati|arquivado|gearchiveerd|アーカイブ",
	"trash":   "trash|bin|deleted items|deleted messages|deleted|papierkorb|gelöschte elemente|gelöschte objekte|corbeille|éléments supprimés|papelera|elementos eliminados|cestino|posta eliminata|lixeira|itens excluídos|prullenbak|ゴミ箱",
})

// marks are Gmail's labels that are not places, in lower case.
var marks = byWord(map[string]string{
	"mark": "unread|opened|starred|important|muted|snoozed|scheduled|chat|chats|all mail|" +
		"ungelesen|geöffnet|markiert|wichtig|non lu|ouvert|suivis|no leídos|abierto|destacados|importante|importantes|" +
		"da leggere|aperti|speciali|não lida|aberto|com estrela|ongelezen|geopend|met ster|belangrijk|未読|開封済み|スター付き|重要",
})

// byWord turns lists of words, with | between, round.
func byWord(lists map[string]string) map[string]string {
	out := map[string]string{}
	for meaning, words := range lists {
		for word := range strings.SplitSeq(words, "|") {
			out[word] = meaning
		}
	}
	return out
}

// isMark knows labels that are not places: Gmail's own, its tabs, and the
// keywords of IMAP programs.
func isMark(label string) bool {
	l := strings.ToLower(label)
	for _, prefix := range []string{"category ", "categories/", "kategorie ", "kategorie:", "catégorie ", "catégorie:", "categoría", "categoria", "categorie", "カテゴリ", "imap_", "$", "\\"} {
		if strings.HasPrefix(l, prefix) {
			return true
		}
	}
	return marks[l] != ""
}

// place gives the mailbox of a message by its folder and labels; empty where
// they say nothing. Out is the folder or label because of which it is left out.
func (m *Mailboxes) place(folder, labels []string) (mailbox, out string) {
	if m.Exact {
		return strings.ReplaceAll(strings.ToValidUTF8(strings.Join(folder, "/"), "\ufffd"), "\x00", "\ufffd"), ""
	}
	if len(labels) > 0 {
		return m.byLabels(labels)
	}
	if len(folder) == 0 {
		return "", ""
	}
	name := strings.Join(folder, "/")
	if to, ok := m.mapped(name); ok {
		return to, leftOut(to, name)
	}
	known, sub := knownFolder(folder)
	switch {
	case known == "trash":
		return "", name
	case known == spam, known != "" && len(sub) == 0:
		return known, ""
	case known != "":
		return m.clean(append([]string{known}, sub...)), ""
	}
	return m.clean(folder), ""
}

func leftOut(to, name string) string {
	if to == "" {
		return name
	}
	return ""
}

// allMail is what Gmail's folder of all mail is called over IMAP, in lower case.
var allMail = byWord(map[string]string{
	"archive": "all mail|alle nachrichten|tous les messages|todos|tutti i messaggi|todos os e-mails|alle berichten|すべてのメール",
})

// isGmail knows the folder in which Gmail keeps its own over IMAP.
func isGmail(name string) bool {
	return strings.EqualFold(name, "[Gmail]") || strings.EqualFold(name, "[Google Mail]")
}

// knownFolder tells which well-known mailbox a folder is, or is in.
func knownFolder(folder []string) (known string, sub []string) {
	top := strings.ToLower(norm.NFC.String(folder[0]))
	if len(folder) > 1 && (top == "inbox" || isGmail(top)) {
		below := strings.ToLower(norm.NFC.String(folder[1]))
		if known := wellKnown[below]; known != "" {
			return known, folder[2:]
		}
		if isGmail(top) && allMail[below] != "" {
			return "archive", folder[2:]
		}
	}
	return wellKnown[top], folder[1:]
}

func (m *Mailboxes) byLabels(labels []string) (mailbox, out string) {
	own, levels := "", 0
	has := map[string]string{} // well-known mailboxes, and the label for each
	for _, l := range labels {
		if to, ok := m.mapped(l); ok {
			return to, leftOut(to, l)
		}
		if isMark(l) {
			continue
		}
		path := strings.Split(l, "/")
		if known, sub := knownFolder(path); known != "" && len(sub) == 0 {
			has[known] = l
		} else if len(path) > levels {
			own, levels = l, len(path)
		}
	}
	switch {
	case has["trash"] != "":
		return "", has["trash"]
	case has[spam] != "":
		return spam, ""
	case own != "":
		return m.clean(strings.Split(own, "/")), ""
	}
	for _, known := range []string{Inbox, "sent", "drafts"} {
		if has[known] != "" {
			return known, ""
		}
	}
	return "archive", ""
}

// clean makes a mailbox's name that a login name can hold: no blanks, no
// separator, nothing that cannot be seen, and not too long.
func (m *Mailboxes) clean(folder []string) string {
	var parts []string
	for _, part := range folder {
		part = strings.Map(func(r rune) rune {
			switch {
			case unicode.IsSpace(r):
				return '-'
			case r == utf8.RuneError, !unicode.IsPrint(r):
				return -1
			}
			return r
		}, norm.NFC.String(strings.TrimSpace(strings.ToValidUTF8(part, ""))))
		if m.Separator != "" {
			part = strings.ReplaceAll(part, m.Separator, "-")
		}
		if part != "" {
			parts = append(parts, part)
		}
	}
	name := strings.Join(parts, "/")
	for len(name) > mailboxMost {
		_, n := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-n]
	}
	if name == "" && len(folder) > 0 {
		return "unnamed"
	}
	return name
}
