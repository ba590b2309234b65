package platform

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

// Answer is what a platform said to a Ping.
type Answer struct {
	Status int
	Code   string    // the platform's, "" when it gave none
	Date   time.Time // its clock, to the second; zero when it does not tell
	// Results says that the answer is one to a push, and not some page.
	Results bool
}

// Ping makes a push without items: with token and signature, and nothing for the
// platform to keep. Whatever the platform answers is no error; one that does not
// answer is, as from Send, or the context's.
func (c *Client) Ping(ctx context.Context, feed loyalty.Feed) (Answer, error) {
	body, err := wire.RequestBody(wire.Queue{Feed: feed, Kind: wire.Points}, nil)
	if err != nil {
		return Answer{}, err
	}
	req, err := c.request(ctx, wire.Points, wire.IdempotencyKey(wire.Points, nil), body)
	if err != nil {
		return Answer{}, err
	}
	resp, err := c.http.Do(req)
	if resp != nil {
		defer resp.Body.Close() //nolint:errcheck // read to the end, or given up
	}
	if stopped(ctx) {
		return Answer{}, fmt.Errorf("platform %s: %w", c.cfg.Name, ctx.Err())
	}
	if err != nil {
		kind := ErrUnavailable
		if certificate(err) {
			kind = ErrBlocked
		}
		return Answer{}, failure(c.cfg.Name, kind, trim(err))
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return Answer{}, failure(c.cfg.Name, ErrUnavailable, trim(err))
	}
	a := Answer{Status: resp.StatusCode, Code: problemCode(text)}
	if a.Date, err = http.ParseTime(resp.Header.Get("Date")); err != nil {
		a.Date = time.Time{}
	}
	a.Results = resp.StatusCode == http.StatusOK && hasResults(text)
	return a, nil
}

// hasResults says whether an answer has a list of results; null is an empty one.
func hasResults(body []byte) bool {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil || fields["results"] == nil {
		return false
	}
	var results []wire.Result
	return json.Unmarshal(fields["results"], &results) == nil
}

// Cause is what stands behind an error of Send or Ping: the transport's own,
// without any address.
func Cause(err error) error {
	if e, ok := errors.AsType[*classed](err); ok {
		return e.cause
	}
	return err
}
