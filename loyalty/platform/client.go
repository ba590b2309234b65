package platform

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

// Client sends calls to one platform over HTTP. Its methods may be called at the
// same time.
type Client struct {
	cfg  Config
	http *retryablehttp.Client
}

// NewClient returns a client. A bad address, or plain http to another machine,
// is an error with CodeInvalid; it never quotes the address.
func NewClient(cfg Config) (*Client, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	transport := cfg.Transport
	if transport == nil {
		transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	if cfg.SigningKey != "" {
		transport = signer{next: transport, key: cfg.SigningKey, now: cfg.Now}
	}
	c := &Client{cfg: cfg}
	c.http = &retryablehttp.Client{
		HTTPClient: &http.Client{
			Transport: transport,
			Timeout:   cfg.Timeout,
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return http.ErrUseLastResponse // a token must not follow a redirect
			},
		},
		RetryMax: cfg.Retries, RetryWaitMin: cfg.MinWait, RetryWaitMax: cfg.MaxWait,
		CheckRetry: checkRetry, Backoff: c.backoff, RequestLogHook: c.logRetry,
		ErrorHandler: retryablehttp.PassthroughErrorHandler, // the last answer is ours to judge
	}
	return c, nil
}

// logRetry tells of every attempt but the first.
func (c *Client) logRetry(_ retryablehttp.Logger, req *http.Request, attempt int) {
	if attempt > 0 {
		c.cfg.Logger.DebugContext(req.Context(), "call to the platform repeated", "platform", c.cfg.Name, "attempt", attempt+1)
	}
}

// Close gives the idle connections back.
func (c *Client) Close() { c.http.HTTPClient.CloseIdleConnections() }

// Send makes one call with at most wire.MaxItems items, all of one kind, and
// returns the results as they came: perhaps not one for every item. An error
// matches ErrBlocked, ErrUnavailable, ErrBadBatch, or is the context's.
func (c *Client) Send(ctx context.Context, q wire.Queue, items []wire.Outgoing) ([]wire.Result, error) {
	body, err := wire.RequestBody(q, items)
	if err != nil {
		return nil, err
	}
	req, err := c.request(ctx, q.Kind, wire.IdempotencyKey(q.Kind, items), body)
	if err != nil {
		return nil, err
	}
	answer, err := call[wire.Response](ctx, c, req)
	return answer.Results, err
}

// Held asks for a page of the points that the platform has of a feed, after an ID.
// Errors are those of Send.
func (c *Client) Held(ctx context.Context, feed loyalty.Feed, after string) (wire.Held, error) {
	q := url.Values{"program": {feed.ProgramName}, "source": {feed.SourceName}, "after": {after}}
	req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodGet, c.cfg.address(wire.Points)+"?"+q.Encode(), nil)
	if err != nil {
		return wire.Held{}, fmt.Errorf("prepare a call to platform %s: %w", c.cfg.Name, trim(err))
	}
	c.introduce(req)
	return call[wire.Held](ctx, c, req)
}

// call makes a call and reads the answer.
func call[T any](ctx context.Context, c *Client, req *retryablehttp.Request) (answer T, err error) {
	resp, err := c.http.Do(req)
	if resp != nil {
		defer resp.Body.Close() //nolint:errcheck // read to the end, or given up
	}
	if stopped(ctx) {
		return answer, fmt.Errorf("platform %s: %w", c.cfg.Name, ctx.Err())
	}
	if err != nil {
		if certificate(err) {
			return answer, failure(c.cfg.Name, ErrBlocked, trim(err))
		}
		return answer, failure(c.cfg.Name, ErrUnavailable, trim(err))
	}
	return answer, c.answer(resp, &answer)
}

// request prepares a call; all but the signature is the same on every attempt.
func (c *Client) request(ctx context.Context, kind wire.Kind, key string, body []byte) (*retryablehttp.Request, error) {
	req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodPost, c.cfg.address(kind), body)
	if err != nil {
		return nil, fmt.Errorf("prepare a call to platform %s: %w", c.cfg.Name, trim(err))
	}
	c.introduce(req)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(wire.IdempotencyHeader, key)
	return req, nil
}

// introduce says who calls.
func (c *Client) introduce(req *retryablehttp.Request) {
	req.Header.Set("Authorization", "Bearer "+c.cfg.Token)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "loyalsync/"+c.cfg.Version)
}

// signer signs every attempt afresh: its time must be near the receiver's clock.
type signer struct {
	next http.RoundTripper
	key  string
	now  func() time.Time
}

// RoundTrip signs a copy of the request and sends it.
func (s signer) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body == nil { // a question
		req.Body = http.NoBody
	}
	buffer := bytes.NewBuffer(make([]byte, 0, max(req.ContentLength, 0)+bytes.MinRead))
	_, err := buffer.ReadFrom(req.Body)
	if closed := req.Body.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return nil, fmt.Errorf("read the body to sign: %w", err)
	}
	body := buffer.Bytes()
	signed := req.Clone(req.Context())
	signed.Body = io.NopCloser(bytes.NewReader(body))
	signed.Header.Set(wire.SignatureHeader, wire.Sign(s.key, s.now(), body))
	return s.next.RoundTrip(signed)
}

// CloseIdleConnections lets http.Client reach the transport below.
func (s signer) CloseIdleConnections() {
	if t, ok := s.next.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// answer judges the last answer of a call.
func (c *Client) answer(resp *http.Response, to any) error {
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return failure(c.cfg.Name, ErrUnavailable, trim(err))
	}
	var kind error
	switch verdictOf(resp.StatusCode, body) {
	case halve:
		kind = ErrBadBatch
	case block:
		kind = ErrBlocked
	case again:
		kind = ErrUnavailable
	case done:
	}
	if kind != nil {
		return failure(c.cfg.Name, kind, &StatusError{Status: resp.StatusCode, Code: problemCode(body)})
	}
	if err := json.Unmarshal(body, to); err != nil {
		return failure(c.cfg.Name, ErrUnavailable, errors.New("answered 200 with something that is not what was asked for"))
	}
	return nil
}
