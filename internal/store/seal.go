package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// sealSize is how long the key that seals is, in bytes: AES-256.
const sealSize = 32

// seal encrypts what the database keeps of a secret (AES-256 in GCM, RFC 5116), so
// that a copy of the database alone gives nothing away. about is bound to it: what
// was sealed about one thing cannot be opened as another's.
func (r *Records) seal(secret, about string) ([]byte, error) {
	sealer, err := r.sealer()
	if err != nil {
		return nil, err
	}
	return sealer.Seal(nil, nil, []byte(secret), []byte(about)), nil
}

// unseal is the opposite of seal.
func (r *Records) unseal(sealed []byte, about string) (string, error) {
	sealer, err := r.sealer()
	if err != nil {
		return "", err
	}
	secret, err := sealer.Open(nil, nil, sealed, []byte(about))
	if err != nil {
		return "", fmt.Errorf("what was sealed cannot be opened with %s: was it exchanged, or left out of a backup?", filepath.Join(r.dir, sealFile))
	}
	return string(secret), nil
}

// sealer reads the key file of the data directory, making one if there is none.
func (r *Records) sealer() (cipher.AEAD, error) {
	path := filepath.Join(r.dir, sealFile)
	key, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		fresh := make([]byte, sealSize)
		rand.Read(fresh) // never fails
		if err := makeSecret(path, fresh); err != nil {
			return nil, fmt.Errorf("make %s: %w", path, err)
		}
		key, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, err
	}
	if err := r.hide(path); err != nil {
		return nil, err
	}
	if len(key) != sealSize {
		return nil, fmt.Errorf("%s has %d bytes, not %d", path, len(key), sealSize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
