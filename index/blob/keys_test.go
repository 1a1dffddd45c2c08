package blob

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// contents is what a disk holds, to see that nothing was touched.
func contents(d *memDisk) map[string]string {
	m := map[string]string{}
	for name, f := range d.files {
		m[name] = string(f.now)
	}
	return m
}

func TestOpen_WantsTheKeyAndTouchesNothingWithout(t *testing.T) {
	for _, how := range []string{"growing", "sealed", "the file key is lost"} {
		d := newMemDisk()
		l := mustOpen(t, d, Options{Key: testKey})
		k := kept{}
		if err := k.put(l, []byte("hidden"), large); err != nil {
			t.Fatal(err)
		}
		if how == "sealed" {
			seal(t, l)
		}
		if how == "the file key is lost" {
			delete(d.files, keyName)
		}
		d.files[one+tempSuffix] = &memFile{now: []byte("left over")}
		before := contents(d)
		for name, secret := range map[string][]byte{"none": nil, "another": bytes.Repeat([]byte("x"), KeyLen), "short": []byte("x")} {
			_, err := open(d, Options{Key: secret})
			if err == nil || name != "short" && !errors.Is(err, ErrKey) {
				t.Errorf("%s, key %s: open = %v, want ErrKey", how, name, err)
			}
		}
		if !maps.Equal(contents(d), before) {
			t.Errorf("%s: the folder was changed", how)
		}
		k.check(t, mustOpen(t, d, Options{Key: testKey}), false)
		if d.files[keyName] == nil {
			t.Errorf("%s: the file key is not there again", how)
		}
	}
}

// A key that comes later counts for what comes later, and sealing brings the
// rest under it.
func TestSeal_EncryptsWhatWasInClear(t *testing.T) {
	d := newMemDisk()
	l := mustOpen(t, d, Options{})
	k := kept{}
	open1, open2, large2 := noise(3000), noise(3001), slices.Clone(large)
	if err := k.put(l, open1, large2); err != nil {
		t.Fatal(err)
	}
	seal(t, l)
	if err := k.put(l, open2); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = mustOpen(t, d, Options{Key: testKey})
	k.check(t, l, false)
	if err := k.put(l, noise(3002)); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(d.files["000003.mbox.zst"].now, noise(3002)[:64]) {
		t.Error("a new segment is in clear")
	}
	if done, err := l.Seal(ctx); err != nil || done.Segments != 2 {
		t.Errorf("Seal = %+v, %v; want two segments", done, err)
	}
	for name, f := range d.files {
		for _, msg := range [][]byte{open1, open2, large2, []byte("meta")} {
			if bytes.Contains(f.now, msg[:min(64, len(msg))]) && name != chainName {
				t.Errorf("%s holds a message in clear", name)
			}
		}
	}
	if done, err := l.Seal(ctx); err != nil || done.Segments != 0 {
		t.Errorf("Seal again = %+v, %v", done, err)
	}
	k.check(t, l, false)
	sound(t, mustOpen(t, d, Options{Key: testKey}), "encrypted")
}

// What is kept of a block must not be what the next reader writes over.
func TestOpen_StreamsAnEncryptedMessageAgainAndAgain(t *testing.T) {
	d := newMemDisk()
	l := mustOpen(t, d, Options{Key: testKey})
	k := kept{}
	if err := k.put(l, large, noise(5000), noise(wholeMax+7), noise(300_000)); err != nil {
		t.Fatal(err)
	}
	seal(t, l)
	for range 4 {
		k.check(t, l, false)
	}
}

// Nobody without the key can put one record in the place of another, or give a
// part of one for the whole.
func TestOpen_SeesEncryptedRecordsMoved(t *testing.T) {
	d := newMemDisk()
	l := mustOpen(t, d, Options{Key: testKey})
	k := kept{}
	if err := k.put(l, noise(200_000), noise(200_000), noise(2_000)); err != nil {
		t.Fatal(err)
	}
	refs, err := scanned(l)
	if err != nil || refs[0].Length != refs[1].Length {
		t.Fatalf("Scan = %v, %v; want two of one length", refs, err)
	}
	b := d.files[one].now
	first, second := slices.Clone(b[refs[0].Offset:refs[0].End().Offset]), slices.Clone(b[refs[1].Offset:refs[1].End().Offset])
	copy(b[refs[0].Offset:], second)
	copy(b[refs[1].Offset:], first)
	for _, ref := range refs[:2] {
		if _, err := l.Open(ctx, ref, k[ref]); !errors.Is(err, ErrDamaged) {
			t.Errorf("Open = %v, want ErrDamaged", err)
		}
	}
	if got, err := scanned(l); !errors.Is(err, ErrDamaged) || !slices.Equal(got, refs[2:]) {
		t.Errorf("Scan = %v, %v; want the third only", got, err)
	}
}

func TestChunks_CannotBeCutOrMoved(t *testing.T) {
	l := mustOpen(t, newMemDisk(), Options{Key: testKey})
	v := l.codec.vault
	h := header{kind: kindMessage, nonce: newNonce(), flags: flagSecret}
	at := place{3, 4}
	plain := noise(3*chunkLen + 100)
	sealed := v.chunks(nil, &h, at, plain)
	var streamed bytes.Buffer
	w := v.writer(&streamed, &h, at)
	for rest := plain; len(rest) > 0; {
		n := min(len(rest), 1000)
		if _, err := w.Write(rest[:n]); err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
	}
	if err := w.Close(); err != nil || !bytes.Equal(streamed.Bytes(), sealed) {
		t.Errorf("streamed %d octets, %v; want the %d of one piece", streamed.Len(), err, len(sealed))
	}
	read := func(b []byte, at place) ([]byte, error) {
		h := h
		h.data = int64(len(b))
		r, err := v.reader(bytes.NewReader(b), &h, at)
		if err != nil {
			return nil, err
		}
		return io.ReadAll(r)
	}
	if got, err := read(sealed, at); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("read %d octets, %v; want %d", len(got), err, len(plain))
	}
	const one = chunkHead + chunkLen + tagLen
	for name, b := range map[string][]byte{
		"the last left out":  sealed[:3*one],
		"two left out":       sealed[:2*one],
		"one left out":       slices.Concat(sealed[:one], sealed[2*one:]),
		"two exchanged":      slices.Concat(sealed[one:2*one], sealed[:one], sealed[2*one:]),
		"one twice":          slices.Concat(sealed[:one], sealed),
		"cut in the middle":  sealed[:one+1000],
		"an octet of it all": append(slices.Clone(sealed[:50]), append([]byte{sealed[50] ^ 1}, sealed[51:]...)...),
	} {
		if _, err := read(b, at); err == nil {
			t.Errorf("%s: read to its end", name)
		}
	}
	if _, err := read(sealed, place{3, 5}); !errors.Is(err, ErrDamaged) {
		t.Errorf("at another place: %v, want ErrDamaged", err)
	}
}

func TestPassphraseKey_IsTheSameEachTimeAndTellsAWrongOne(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	secret, err := PassphraseKey(dir, []byte("correct horse"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := Open(dir, Options{Key: secret})
	if err != nil {
		t.Fatal(err)
	}
	k := kept{}
	if err := k.put(l, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	// Every encrypted segment says the salt, too.
	if err := os.Remove(filepath.Join(dir, keyName)); err != nil {
		t.Fatal(err)
	}
	if _, err := PassphraseKey(dir, []byte("wrong horse")); !errors.Is(err, ErrKey) {
		t.Errorf("another passphrase: %v, want ErrKey", err)
	}
	again, err := PassphraseKey(dir, []byte("correct horse"))
	if err != nil || !bytes.Equal(again, secret) {
		t.Errorf("the passphrase again: %v, or another key", err)
	}
	if _, err := PassphraseKey(dir, nil); err == nil {
		t.Error("an empty passphrase was taken")
	}
}

func TestReadKey_TakesOctetsAndDigits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	for name, c := range map[string]struct {
		b  []byte
		ok bool
	}{
		"octets": {testKey, true},
		"digits": {[]byte(" " + hex.EncodeToString(testKey) + "\n"), true},
		"short":  {testKey[1:], false},
		"words":  {bytes.Repeat([]byte("zz"), KeyLen), false},
		"empty":  {nil, false},
	} {
		if err := os.WriteFile(path, c.b, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := ReadKey(path)
		if (err == nil) != c.ok || c.ok && !bytes.Equal(got, testKey) {
			t.Errorf("%s: ReadKey = %x, %v", name, got, err)
		}
	}
}

func FuzzAbout(f *testing.F) {
	f.Add([]byte("restante-key-1 raw 00112233445566778899aabbccddeeff\n"))
	f.Add([]byte("restante-key-1 argon2id 3 65536 4 00112233445566778899aabbccddeeff 00112233445566778899aabbccddeeff\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := parseAbout(b)
		if err != nil {
			return
		}
		if again, err := parseAbout(a.bytes()); err != nil || again.phrase != a.phrase || !bytes.Equal(again.check, a.check) || !bytes.Equal(again.salt, a.salt) {
			t.Errorf("%q came back as %q, %v", b, a.bytes(), err)
		}
	})
}
