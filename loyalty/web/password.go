package web

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
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

// argonHash is a stored hash taken apart.
type argonHash struct {
	memory, passes uint32
	threads        uint8
	salt, key      []byte
}

// verifyPassword compares a password with a hash, under the cost that the hash
// names. A hash that cannot be read is an error.
func verifyPassword(hash, password string) (bool, error) {
	h, err := parseHash(hash)
	if err != nil {
		return false, err
	}
	got := argon2.IDKey([]byte(password), h.salt, h.passes, h.memory, h.threads, uint32(len(h.key))) //nolint:gosec // at most maxKey
	return subtle.ConstantTimeCompare(got, h.key) == 1, nil
}

// Most that a stored hash may ask for; more is damage, not a cost of ours.
const (
	maxMemory = 1 << 20 // KiB
	maxPasses = 20
	maxKey    = 128 // bytes
)

// parseHash reads what hashPassword writes: "", algorithm, version, cost, salt
// and key, parted by "$".
func parseHash(text string) (h argonHash, err error) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return h, errHash()
	}
	if _, err = fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memory, &h.passes, &h.threads); err != nil {
		return h, errHash()
	}
	if h.memory > maxMemory || h.passes == 0 || h.passes > maxPasses || h.threads == 0 {
		return h, errHash()
	}
	b64 := base64.RawStdEncoding
	if h.salt, err = b64.DecodeString(parts[4]); err != nil {
		return h, errHash()
	}
	if h.key, err = b64.DecodeString(parts[5]); err != nil || len(h.salt) == 0 || len(h.key) == 0 || len(h.key) > maxKey {
		return h, errHash()
	}
	return h, nil
}

func errHash() error {
	return &loyalty.Error{
		Code: loyalty.CodeInternal, Message: "the stored password of the user cannot be read",
		Hint: "set a new one: loyalsync user passwd",
	}
}
