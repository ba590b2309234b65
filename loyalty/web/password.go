package web

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/loyalsync/loyalsync/loyalty"
)

// Lengths of a password in characters.
const (
	MinPassword     = 8
	AdvisedPassword = 15
	maxPassword     = 1024 // bytes; longer ones only cost time
)

// The cost of a password, after OWASP's advice for argon2id.
const (
	argonMemory  = 19 * 1024 // KiB
	argonPasses  = 2
	argonThreads = 1
	saltBytes    = 16
	keyBytes     = 32
)

// checkPassword says what is wrong with a new password, nil when nothing is.
func checkPassword(name, password string) error {
	switch {
	case utf8.RuneCountInString(password) < MinPassword:
		return &loyalty.Error{
			Code: loyalty.CodeInvalid, Message: fmt.Sprintf("the password has fewer than %d characters", MinPassword),
			Hint: fmt.Sprintf("take %d or more, for example four words", AdvisedPassword),
		}
	case len(password) > maxPassword:
		return &loyalty.Error{
			Code: loyalty.CodeInvalid, Message: fmt.Sprintf("the password has more than %d bytes", maxPassword),
			Hint: fmt.Sprintf("%d characters are plenty", AdvisedPassword),
		}
	case sameFold(name, password):
		return &loyalty.Error{Code: loyalty.CodeInvalid, Message: "the password is the name of the user", Hint: "choose another password"}
	}
	return nil
}

// hashPassword returns a new hash in PHC text form: algorithm, cost, salt, key.
func hashPassword(password string) (string, error) {
	salt := make([]byte, saltBytes)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("read random bytes: %w", err)
	}
	key := argon2.IDKey([]byte(password), salt, argonPasses, argonMemory, argonThreads, keyBytes)
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonPasses, argonThreads, b64(salt), b64(key)), nil
}

// verifyPassword compares a password with a hash, under the cost that the hash
// names. A hash that cannot be read is an error.
func verifyPassword(hash, password string) (bool, error) {
	var version int
	var memory, passes uint32
	var threads uint8
	var rest string
	if _, err := fmt.Sscanf(hash, "$argon2id$v=%d$m=%d,t=%d,p=%d$%s", &version, &memory, &passes, &threads, &rest); err != nil {
		return false, errHash()
	}
	salt, key, err := splitHash(rest)
	if err != nil || version != argon2.Version || passes == 0 || threads == 0 || memory > maxMemory || passes > maxPasses {
		return false, errHash()
	}
	got := argon2.IDKey([]byte(password), salt, passes, memory, threads, uint32(len(key))) //nolint:gosec // a key of a few bytes
	return subtle.ConstantTimeCompare(got, key) == 1, nil
}

// Most that a stored hash may ask for; more is damage, not a cost of ours.
const (
	maxMemory = 1 << 20 // KiB
	maxPasses = 20
	maxKey    = 128
)

func splitHash(text string) (salt, key []byte, err error) {
	b64 := base64.RawStdEncoding
	for i := range len(text) {
		if text[i] != '$' {
			continue
		}
		if salt, err = b64.DecodeString(text[:i]); err != nil {
			return nil, nil, errHash()
		}
		if key, err = b64.DecodeString(text[i+1:]); err != nil {
			return nil, nil, errHash()
		}
	}
	if len(salt) == 0 || len(key) == 0 || len(key) > maxKey {
		return nil, nil, errHash()
	}
	return salt, key, nil
}

func errHash() error {
	return &loyalty.Error{
		Code: loyalty.CodeInternal, Message: "the stored password of the user cannot be read",
		Hint: "set a new one: loyalsync user passwd",
	}
}
