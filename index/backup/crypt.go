package backup

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
)

// ageHead begins every file that age makes (age-encryption.org/v1).
const ageHead = "age-encryption.org/v1\n"

// Recipients are who may read an encrypted backup. The zero value is nobody: it
// is in clear.
type Recipients struct {
	all []age.Recipient
	sum string // of their names, 8 hexadecimal digits
}

// ParseRecipients reads public keys as age-keygen prints them (age1…).
func ParseRecipients(names []string) (r Recipients, err error) {
	for _, name := range names {
		some, err := age.ParseRecipients(strings.NewReader(name))
		if err != nil || len(some) != 1 {
			return r, fmt.Errorf("recipient %.80q: it is no public key of age, which begins with age1", name)
		}
		r.all = append(r.all, some...)
	}
	if len(names) > 0 {
		sum := sha256.Sum256([]byte(strings.Join(slices.Compact(slices.Sorted(slices.Values(names))), "\n")))
		r.sum = hex.EncodeToString(sum[:4])
	}
	return r, nil
}

// Shared makes one secret both: what seals, and what opens. The secret is as long as
// a key, or empty, which is nobody. It is not to be found out from what it seals
// here, nor from what else it encrypts.
func Shared(secret []byte) (Recipients, Identities, error) {
	if len(secret) == 0 {
		return Recipients{}, nil, nil
	}
	m := hmac.New(sha256.New, secret)
	io.WriteString(m, "restante knowledge")
	phrase := hex.EncodeToString(m.Sum(nil))
	to, err := age.NewScryptRecipient(phrase)
	if err != nil {
		return Recipients{}, nil, err
	}
	to.SetWorkFactor(sharedWork)
	id, err := age.NewScryptIdentity(phrase)
	if err != nil {
		return Recipients{}, nil, err
	}
	return Recipients{all: []age.Recipient{to}}, Identities{id}, nil
}

// sharedWork is the logarithm of what scrypt does: little, for nobody guesses a
// phrase of 256 bits.
const sharedWork = 10

// Any tells whether there is one, and so whether the backup is encrypted.
func (r Recipients) Any() bool { return len(r.all) > 0 }

// seal encrypts what is written to it, where there are recipients. It is to be
// closed; w is not.
func (r Recipients) seal(w io.Writer) (io.WriteCloser, error) {
	if !r.Any() {
		return nothingToClose{w}, nil
	}
	return age.Encrypt(w, r.all...)
}

type nothingToClose struct{ io.Writer }

func (nothingToClose) Close() error { return nil }

// Identities are the secret keys that open encrypted backups.
type Identities []age.Identity

// ParseIdentities reads secret keys as age-keygen writes them.
func ParseIdentities(r io.Reader) (Identities, error) {
	ids, err := age.ParseIdentities(r)
	if err != nil {
		return nil, fmt.Errorf("identities: %w", err)
	}
	return ids, nil
}

// ErrSealed says that a backup is encrypted and no identity opens it.
var ErrSealed = errors.New("it is encrypted, and none of the keys given opens it")

// unseal decrypts where the content is encrypted.
func (ids Identities) unseal(r io.Reader) (io.Reader, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	head, err := b.Peek(len(ageHead))
	if err != nil && err != io.EOF {
		return nil, err
	}
	if string(head) != ageHead {
		return b, nil
	}
	if len(ids) == 0 {
		return nil, ErrSealed
	}
	clear, err := age.Decrypt(b, ids...)
	var none *age.NoIdentityMatchError
	if errors.As(err, &none) {
		return nil, ErrSealed
	}
	return clear, err
}

// Pack gives a writer of zstd, which is to be closed.
func Pack(w io.Writer) (io.WriteCloser, error) {
	return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
}

// unpackMemory bounds what reading a packed file may take, in octets.
const unpackMemory = 128 << 20

// Unpack reads zstd.
func Unpack(r io.Reader) (io.ReadCloser, error) {
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(1<<40), zstd.WithDecoderMaxWindow(unpackMemory))
	if err != nil {
		return nil, err
	}
	return z.IOReadCloser(), nil
}
