package clients

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"
)

// birdTime is how long Thunderbird may take to start, get mail and end.
const birdTime = 4 * time.Minute

// birdSettings keep Thunderbird from asking anybody and from calling home.
const birdSettings = `
user_pref("marionette.port", 0);
user_pref("app.update.enabled", false);
user_pref("app.donation.eoy.version.viewed", 999);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.enabled", false);
user_pref("mail.provider.suppress_dialog_on_startup", true);
user_pref("mail.spotlight.firstRunDone", true);
user_pref("mail.shell.checkDefaultClient", false);
user_pref("mailnews.start_page.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
`

// birdScript makes the account where there is none, with mail left on the server,
// and does what the button for new mail does.
const birdScript = `
const [port, socketType, user, password, cert] = arguments;
const done = arguments[arguments.length - 1];
(async () => {
  const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
  let server = MailServices.accounts.allServers.find(s => s.type == "pop3");
  if (!server) {
    server = MailServices.accounts.createIncomingServer(user, "localhost", "pop3");
    server.QueryInterface(Ci.nsIPop3IncomingServer).leaveMessagesOnServer = true;
    const account = MailServices.accounts.createAccount();
    const identity = MailServices.accounts.createIdentity();
    identity.email = "test@example.net";
    account.addIdentity(identity);
    account.incomingServer = server;
    server.valid = true;
  }
  server.port = port;
  server.socketType = socketType;
  server.authMethod = Ci.nsMsgAuthMethod.passwordCleartext;
  server.password = password;
  const x509 = Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB).constructX509FromBase64(cert);
  Cc["@mozilla.org/security/certoverride;1"].getService(Ci.nsICertOverrideService)
    .rememberValidityOverride("localhost", port, {}, x509, true);
  server.QueryInterface(Ci.nsIPop3IncomingServer);
  const inbox = server.rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
  const status = await new Promise(ended => MailServices.pop3.GetNewMail(null, {
    OnStartRunningUrl() {}, OnStopRunningUrl(url, code) { ended(code); }, QueryInterface: ChromeUtils.generateQI(["nsIUrlListener"]),
  }, inbox, server));
  done({ file: inbox.filePath.path, fault: status ? "status " + status.toString(16) : "" });
})().catch(e => done({ fault: String(e) + e.stack }));
`

// Thunderbird starts, gets new mail into a profile, and ends; the profile may be an
// empty folder. It gives what lies in the inbox then. It skips as Download does.
func Thunderbird(t testing.TB, m Maildrop, mode Mode, profile string) []Message {
	t.Helper()
	Client{Name: "Thunderbird", program: "thunderbird"}.installed(t)
	ctx, cancel := context.WithTimeout(t.Context(), birdTime)
	defer cancel()
	write(t, filepath.Join(profile, "user.js"), birdSettings)
	if err := os.RemoveAll(filepath.Join(profile, "MarionetteActivePort")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, "thunderbird", "--headless", "--no-remote", "--profile", profile, "-marionette", "-remote-allow-system-access")
	cmd.Env = append(os.Environ(), "HOME="+profile, "TMPDIR="+profile, "LC_ALL=C.UTF-8")
	cmd.WaitDelay = 5 * time.Second
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	file, err := getMail(ctx, m, mode, profile)
	if err != nil {
		cancel()
	}
	ended := cmd.Wait()
	if err != nil {
		t.Fatalf("Thunderbird: %v, %v\n%s", err, ended, said.Bytes()[max(0, said.Len()-2000):])
	}
	return birdInbox(t, file)
}

// getMail drives a Thunderbird that has been started, to its end.
func getMail(ctx context.Context, m Maildrop, mode Mode, profile string) (file string, err error) {
	bird, err := connect(ctx, profile)
	if err != nil {
		return "", err
	}
	defer bird.conn.Close()
	address, kind := m.Clear, map[Mode]int{Plain: 0, STLS: 2, TLS: 3}[mode] // of nsMsgSocketType
	if mode == TLS {
		address = m.TLS
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return "", err
	}
	block, _ := pem.Decode(m.CA)
	answer, err := bird.call("WebDriver:ExecuteAsyncScript", map[string]any{
		"script": birdScript, "newSandbox": true, "sandbox": "system",
		"args": []any{number, kind, m.User, m.Password, base64.StdEncoding.EncodeToString(block.Bytes)},
	})
	if err != nil {
		return "", err
	}
	var out struct{ Value struct{ File, Fault string } }
	if err := json.Unmarshal(answer, &out); err != nil {
		return "", err
	}
	if out.Value.Fault != "" {
		return "", errors.New(out.Value.Fault)
	}
	_, err = bird.call("Marionette:Quit", map[string]any{"flags": []string{"eForceQuit"}})
	return out.Value.File, err
}

// What Thunderbird puts between messages of a folder, and above each.
var (
	birdFrom   = regexp.MustCompile(`(?m)^From - [^\r\n]*\r?\n`)
	birdFields = regexp.MustCompile(`^(?:X-(?:Mozilla-Status2?|Mozilla-Keys|Account-Key|UIDL): [^\r\n]*\r?\n)+`)
)

// birdInbox reads a folder's file (mbox).
func birdInbox(t testing.TB, file string) (all []Message) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	starts := birdFrom.FindAllIndex(b, -1)
	for i, s := range starts {
		end := len(b)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		all = append(all, Message{Body: InFolder(birdFields.ReplaceAll(b[s[1]:end], nil))})
	}
	return all
}

// InFolder is a message as it can be told from a folder of Thunderbird's: CRLF line
// ends, none at the end, and what is quoted for looking like a message's beginning
// without its mark.
func InFolder(message []byte) []byte {
	return bytes.ReplaceAll(bytes.TrimRight(CRLF(message), "\r\n"), []byte("\r\n>From "), []byte("\r\nFrom "))
}
