package wire

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

// The headers of a call beside Authorization.
const (
	SignatureHeader   = "X-Loyalsync-Signature"
	IdempotencyHeader = "Idempotency-Key"
)

// SignatureWindow is how far the clocks of sender and receiver may be apart.
const SignatureWindow = 5 * time.Minute

// Sign returns the signature header of a body sent at an instant:
// "t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">".
func Sign(key string, at time.Time, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	return "t=" + t + ",v1=" + hex.EncodeToString(digest(key, t, body))
}

func digest(key, t string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(t + "."))
	mac.Write(body)
	return mac.Sum(nil)
}

// Verify checks a signature header against the body. An error has CodeForbidden
// and says which of missing, malformed, too old and wrong it is.
func Verify(key, header string, body []byte, now time.Time) error {
	t, sum, ok := parseSignature(header)
	if !ok {
		return &loyalty.Error{
			Code: loyalty.CodeForbidden, Message: "the signature is missing or malformed",
			Hint: "sign with the agreed key: signing_key_file of the platform",
		}
	}
	if unix, err := strconv.ParseInt(t, 10, 64); err != nil || now.Sub(time.Unix(unix, 0)).Abs() > SignatureWindow {
		return &loyalty.Error{
			Code: loyalty.CodeForbidden, Message: "the signature is older than 5 minutes or from the future",
			Hint: "set the clocks of both machines by the network",
		}
	}
	if !hmac.Equal(sum, digest(key, t, body)) {
		return &loyalty.Error{
			Code: loyalty.CodeForbidden, Message: "the signature does not fit the body",
			Hint: "both sides need the same signing key",
		}
	}
	return nil
}

func parseSignature(header string) (t string, sum []byte, ok bool) {
	for part := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "t":
			t = value
		case "v1":
			b, err := hex.DecodeString(value)
			if err != nil {
				return "", nil, false
			}
			sum = b
		}
	}
	return t, sum, t != "" && len(sum) == sha256.Size
}
