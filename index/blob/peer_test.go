package blob_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"restante/fetch/peertest"
	"restante/index/blob"
	"restante/index/blob/blobtest"
)

// reader undoes the quoting and gives the digest of each message both as it is
// and without its last newline, which the archive may have added.
const reader = `
import hashlib, mailbox, re, sys
box = mailbox.mbox(sys.argv[1], create=False)
for key in box.iterkeys():
    b = re.sub(rb'(?m)^>(>*From )', rb'\1', box.get_bytes(key))
    print(hashlib.sha256(b).hexdigest(), hashlib.sha256(b[:-1]).hexdigest())
`

// zstdText is what zstd makes of a file.
func zstdText(t *testing.T, path string) []byte {
	t.Helper()
	if out, err := exec.Command("zstd", "-t", path).CombinedOutput(); err != nil {
		t.Fatalf("zstd -t: %v: %s", err, out)
	}
	text, err := exec.Command("zstd", "-dc", path).Output()
	if err != nil {
		t.Fatalf("zstd -dc: %v", err)
	}
	return text
}

func TestSegment_IsAnMboxThatPythonReads(t *testing.T) {
	peertest.Needs(t, "zstd", "python3")
	dir := t.TempDir()
	l := openLog(t, dir, blob.Options{})
	defer l.Close()
	var recs []blob.Record
	for name, msg := range blobtest.Messages() {
		r := blobtest.Record(msg, name)
		r.Sender = map[bool]string{true: "", false: "ev il\nFrom x@ä"}[len(recs)%2 == 0]
		recs = append(recs, r)
	}
	if _, err := l.Append(context.Background(), recs); err != nil {
		t.Fatal(err)
	}
	text := zstdText(t, filepath.Join(dir, "000001.mbox.zst"))
	pythonReads(t, text, recs)
	if err := l.Retire(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Seal(context.Background()); err != nil {
		t.Fatal(err)
	}
	if sealed := zstdText(t, filepath.Join(dir, "000001-1.mbox.zst")); !bytes.Equal(sealed, text) {
		t.Errorf("sealed, zstd gives %d octets, want the %d from before", len(sealed), len(text))
	}
	var cat bytes.Buffer
	if err := l.Cat(context.Background(), 1, &cat); err != nil || !bytes.Equal(cat.Bytes(), text) {
		t.Errorf("Cat gives %d octets, %v; want the %d of zstd", cat.Len(), err, len(text))
	}
}

func TestSegment_ShowsNothingWhenEncrypted(t *testing.T) {
	peertest.Needs(t, "zstd", "python3")
	dir := t.TempDir()
	l := openLog(t, dir, blob.Options{Key: secret})
	defer l.Close()
	var recs []blob.Record
	for name, msg := range blobtest.Messages() {
		recs = append(recs, blobtest.Record(msg, name))
	}
	if _, err := l.Append(context.Background(), recs); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"000001.mbox.zst", "000001-1.mbox.zst"} {
		if text := zstdText(t, filepath.Join(dir, name)); len(text) > 0 {
			t.Errorf("%s: zstd shows %d octets, want none", name, len(text))
		}
		var cat bytes.Buffer
		if err := l.Cat(context.Background(), 1, &cat); err != nil {
			t.Errorf("%s: Cat: %v", name, err)
		}
		pythonReads(t, cat.Bytes(), recs)
		if err := l.Retire(); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Seal(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}

// pythonReads has Python read the text as an mbox and compares the messages.
func pythonReads(t *testing.T, text []byte, recs []blob.Record) {
	t.Helper()
	box := filepath.Join(t.TempDir(), "box")
	if err := os.WriteFile(box, text, 0o600); err != nil {
		t.Fatal(err)
	}
	var faults bytes.Buffer
	cmd := exec.Command("python3", "-c", reader, box)
	cmd.Stderr = &faults
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("python3: %v: %s", err, &faults)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != len(recs) {
		t.Fatalf("Python reads %d messages, want %d", len(lines), len(recs))
	}
	for i, r := range recs {
		want := hex.EncodeToString(r.Digest[:])
		if !strings.Contains(lines[i], want) {
			t.Errorf("%s: Python reads other bytes", r.Meta)
		}
	}
}
