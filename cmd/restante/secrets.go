package main

import (
	"errors"
	"fmt"
	"os"

	"restante/configs"
	"restante/index/backup"
	"restante/index/blob"
)

// secrets are what the archive is encrypted with, if it is: the messages, and what
// only the database knows.
type secrets struct {
	key  []byte
	seal backup.Recipients
	open backup.Identities
}

// archiveSecrets reads them, and looks whether they are those of the archive that
// is there.
func archiveSecrets(cfg *configs.Settings) (s secrets, err error) {
	if s.key, err = archiveKey(cfg); err != nil {
		return s, explainKey(err)
	}
	if err := os.MkdirAll(cfg.Segments(), 0o700); err != nil {
		return s, fmt.Errorf("archive: %w", err)
	}
	if err := blob.CheckKey(cfg.Segments(), s.key); err != nil {
		return s, explainKey(fmt.Errorf("open the archive %s: %w", cfg.Segments(), err))
	}
	s.seal, s.open, err = backup.Shared(s.key)
	return s, err
}

// archiveKey gives what encrypts the messages; nil: nothing does.
func archiveKey(cfg *configs.Settings) ([]byte, error) {
	st := cfg.Storage
	if st.KeyFile != "" {
		return blob.ReadKey(st.KeyFile)
	}
	if st.PassphraseFile == "" {
		return nil, nil
	}
	phrase, err := st.ReadPassphrase()
	if err != nil {
		return nil, err
	}
	dir := cfg.Segments()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	key, err := blob.PassphraseKey(dir, []byte(phrase))
	if err != nil {
		return nil, fmt.Errorf("storage.passphrase_file: %w", err)
	}
	return key, nil
}

// explainKey says what to do about a key that does not fit.
func explainKey(err error) error {
	if !errors.Is(err, blob.ErrKey) {
		return err
	}
	return fmt.Errorf("%w; set storage.key_file or storage.passphrase_file to what it was encrypted with", err)
}
