package main

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
)

// newSecret makes a value for a secret setting: keys have an id before them.
func newSecret(setting string) string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // crypto/rand never fails
	secret := base64.StdEncoding.EncodeToString(b[:])
	if setting == "SORI_JWT_SECRET" {
		return secret
	}
	return "k1:" + secret
}

// writePrivate replaces a file so that only its owner reads it, and a crash leaves the old or the new one.
func writePrivate(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".secrets-*")
	if err != nil {
		return fmt.Errorf("keep secrets: %w", err)
	}
	defer os.Remove(f.Name())
	if _, err := f.Write(content); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
