package doctor

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

// Platform is how a platform is looked at.
type Platform struct {
	Name     string
	Embedded bool // the panel of this program: the ledger itself
	Signed   bool // calls are signed
	// Feeds are what the jobs send there.
	Feeds []loyalty.Feed
	// Ping makes a call that changes nothing, without retries.
	Ping func(ctx context.Context, feed loyalty.Feed) (platform.Answer, error)
	// Explain tells why nobody answers, from the transport's error. May be nil.
	Explain func(ctx context.Context, err error) []connectors.Finding
	Limit   time.Duration // of one step. Defaults to DefaultLimit.
	Now     func() time.Time
}

// Look examines the platform.
func (p Platform) Look(ctx context.Context) []connectors.Finding {
	if p.Embedded {
		return []connectors.Finding{tell("reach", connectors.Fine, "embedded")}
	}
	if p.Limit == 0 {
		p.Limit = DefaultLimit
	}
	var found []connectors.Finding
	feeds := p.Feeds
	if len(feeds) == 0 {
		found = append(found, tell("jobs", connectors.Remark, "platform-unused"))
		feeds = []loyalty.Feed{{}}
	}
	for i, feed := range feeds {
		asked := p.Now()
		answer, err := step(ctx, p.Limit, func(ctx context.Context) (platform.Answer, error) { return p.Ping(ctx, feed) }, nil)
		if err != nil {
			return append(found, p.silent(ctx, err)...)
		}
		if i == 0 {
			found = append(found, tell("reach", connectors.Fine, "platform-answers"))
			found = append(found, p.clock(answer, asked.Add(p.Now().Sub(asked)/2))...)
		}
		if feed.ProgramName == "" && answer.Status != http.StatusUnauthorized {
			continue // nobody's program: only the token was tried
		}
		f := p.accepts(answer, feed)
		found = append(found, f)
		if f.Condition == connectors.Broken && answer.Status != http.StatusForbidden && answer.Status != http.StatusConflict {
			break // the same for every feed
		}
	}
	return found
}

// silent tells why there is no answer.
func (p Platform) silent(ctx context.Context, err error) []connectors.Finding {
	if pastLimit(ctx, err) {
		return []connectors.Finding{tell("reach", connectors.Broken, "platform-hung")}
	}
	cause := platform.Cause(err)
	if p.Explain != nil {
		if found := p.Explain(ctx, cause); len(found) > 0 {
			return found
		}
	}
	return []connectors.Finding{tell("reach", connectors.Broken, "platform-silent", "cause", cause.Error())}
}

// clock compares the platform's clock with ours. Signatures are good for five
// minutes; the header tells whole seconds.
func (p Platform) clock(a platform.Answer, asked time.Time) []connectors.Finding {
	if a.Date.IsZero() {
		return nil
	}
	ahead := a.Date.Sub(asked)
	data := []string{"difference", span(ahead.Abs())}
	switch {
	case ahead.Abs() <= clockRemark:
		return []connectors.Finding{tell("clock", connectors.Fine, "platform-clock", data...)}
	case p.Signed && ahead.Abs() > wire.SignatureWindow-time.Second:
		return []connectors.Finding{tell("clock", connectors.Broken, "platform-clock-window", data...)}
	}
	return []connectors.Finding{tell("clock", connectors.Remark, "platform-clock-off", data...)}
}

// accepts judges the answer to a call for a feed.
func (p Platform) accepts(a platform.Answer, feed loyalty.Feed) connectors.Finding {
	data := []string{"program", feed.ProgramName, "source", feed.SourceName, "status", strconv.Itoa(a.Status), "code", a.Code}
	fault := func(check, code string) connectors.Finding { return tell(check, connectors.Broken, code, data...) }
	switch {
	case a.Results && p.Signed:
		return tell("token", connectors.Fine, "platform-accepts-signed", data...)
	case a.Results:
		return tell("token", connectors.Fine, "platform-accepts", data...)
	case a.Status == http.StatusOK:
		return fault("address", "platform-other")
	case a.Status == http.StatusUnauthorized && a.Code == "signature" && !p.Signed:
		return fault("signature", "platform-unsigned")
	case a.Status == http.StatusUnauthorized && a.Code == "signature":
		return fault("signature", "platform-signature")
	case a.Status == http.StatusUnauthorized:
		return fault("token", "platform-token")
	case a.Status == http.StatusForbidden:
		return fault("token", "platform-forbidden")
	case a.Status == http.StatusNotFound || a.Status == http.StatusMethodNotAllowed || a.Status == http.StatusGone:
		return fault("address", "platform-address")
	case a.Status >= 300 && a.Status < 400:
		return fault("address", "platform-redirect")
	case a.Status == http.StatusConflict:
		return fault("token", "platform-conflict")
	case a.Status == http.StatusBadRequest || a.Status == http.StatusRequestEntityTooLarge || a.Status == http.StatusUnprocessableEntity:
		return tell("token", connectors.Fine, "platform-empty", data...) // who may not push is told so before
	}
	return tell("reach", connectors.Remark, "platform-busy", data...)
}

// Unusable is how a platform is told that cannot even be called, as by its
// address.
func Unusable(err error) []connectors.Finding {
	f := tell("settings", connectors.Broken, "platform-settings", "cause", err.Error())
	if e, ok := errors.AsType[*loyalty.Error](err); ok {
		f.Hint = e.Hint
	}
	return []connectors.Finding{f}
}
