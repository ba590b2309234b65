package platform

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

const (
	// maxAnswer is room for 500 results with long IDs and messages.
	maxAnswer     = 4 << 20
	maxRetryAfter = 10 * time.Minute
)

var errHuge = fmt.Errorf("the answer is larger than %d MiB", maxAnswer>>20)

// checkRetry decides after every attempt. It reads the whole answer, so that an
// answer that breaks off counts as none.
func checkRetry(ctx context.Context, resp *http.Response, err error) (bool, error) {
	if stopped(ctx) {
		return false, ctx.Err()
	}
	if err != nil {
		return !certificate(err), nil
	}
	body, err := readAnswer(resp)
	if errors.Is(err, errHuge) {
		return false, errHuge
	}
	if err != nil {
		return true, trim(err)
	}
	switch verdictOf(resp.StatusCode, body) {
	case again:
		return true, nil
	case done, halve, block:
		return false, nil
	}
	return false, nil
}

// readAnswer replaces the body with what was read of it.
func readAnswer(resp *http.Response) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if closed := resp.Body.Close(); err == nil && closed != nil {
		err = closed
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	if err == nil && len(body) > maxAnswer {
		return nil, errHuge
	}
	return body, err
}

// verdict is what an answer asks for.
type verdict int

const (
	done  verdict = iota // has results
	halve                // an item of the batch is bad
	block                // a person must act
	again                // later
)

func verdictOf(status int, body []byte) verdict {
	switch status {
	case http.StatusOK:
		return done
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return halve
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone:
		return block
	case http.StatusConflict:
		if problemCode(body) == wire.InProgress {
			return again
		}
		return block
	}
	if status >= 300 && status < 400 {
		return block
	}
	return again
}

// problemCode reads the code of a Problem, "" when there is none.
func problemCode(body []byte) string {
	var p wire.Problem
	if json.Unmarshal(body, &p) != nil {
		return ""
	}
	return safeCode(p.Code)
}

// certificate says whether TLS itself failed: no retry mends that.
func certificate(err error) bool {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	_, ok := errors.AsType[tls.RecordHeaderError](err)
	return ok
}

// backoff doubles the pause from the least to the most, with jitter in its upper
// half so that agents do not come back together; Retry-After goes first.
func (c *Client) backoff(least, most time.Duration, attempt int, resp *http.Response) time.Duration {
	if resp != nil && (resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable) {
		if wait, ok := retryAfter(resp.Header.Get("Retry-After"), c.cfg.Now()); ok {
			return wait
		}
	}
	wait := most
	if attempt < 30 && least<<attempt > 0 {
		wait = min(least<<attempt, most)
	}
	return wait/2 + rand.N(wait/2+1) //nolint:gosec // jitter needs no secrecy
}

// retryAfter reads seconds or an HTTP date, cut at ten minutes.
func retryAfter(header string, now time.Time) (time.Duration, bool) {
	header = strings.TrimSpace(header)
	if seconds, err := strconv.ParseUint(header, 10, 63); err == nil {
		if seconds > uint64(maxRetryAfter/time.Second) {
			return maxRetryAfter, true
		}
		return time.Duration(seconds) * time.Second, true
	}
	at, err := http.ParseTime(header)
	if err != nil {
		return 0, false
	}
	return min(max(at.Sub(now), 0), maxRetryAfter), true
}

// trim takes the address out of a transport's error and keeps its cause.
func trim(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return errors.New("no answer in time")
	}
	return err
}
