package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	_ "embed"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

const (
	// MaxBody is the most bytes of a call.
	MaxBody = 8 << 20
	prefix  = "/api/v1/sync/"
)

// OpenAPI describes the addresses of this package, as OpenAPI 3.1 in JSON.
//
//go:embed openapi.json
var OpenAPI []byte

// People keeps contractors and representatives. A version that is not newer than
// the one known is a duplicate.
type People interface {
	// OpenFeed returns the feed of a source and a program, made when it is new;
	// CodeAction when the program is kept with another currency or decimals.
	OpenFeed(ctx context.Context, f loyalty.Feed) (loyalty.Feed, error)
	ReceiveContractors(ctx context.Context, feed loyalty.Feed, items []wire.Contractor) ([]wire.Result, error)
	ReceiveRepresentatives(ctx context.Context, feed loyalty.Feed, items []wire.Representative) ([]wire.Result, error)
}

// Points posts movements, each once. It judges every item itself.
type Points interface {
	ReceivePoints(ctx context.Context, feed loyalty.Feed, items []wire.Movement) ([]wire.Result, error)
}

// Right is something that an agent may do.
type Right string

// The rights.
const (
	Push   Right = "push"   // contractors, representatives, points and tiers
	Redeem Right = "redeem" // hold and spend points, read what there is to spend
)

// Agent is somebody who may work with one program: a ledger beside an ERP, or a till.
type Agent struct {
	Name       string
	Program    string
	May        []Right
	Currency   string // of the program
	Decimals   int    // of the program's points
	Token      string
	SigningKey string // "" asks for no signature
}

// Config is what the API works with. All but Agents and LocalSources is
// required.
type Config struct {
	Agents []Agent
	// LocalSources are read by this store itself; nobody may push them.
	LocalSources []string
	People       People
	Points       Points
	Held         Held
	Tiers        Tiers
	Accounts     Accounts
	// Redeemer spends points of a program: CodeInvalid where they are not held here,
	// CodeNotFound where there are none yet.
	Redeemer func(ctx context.Context, program string) (ledger.Redeemer, error)
	Now      func() time.Time
	Logger   *slog.Logger
}

func (c Config) validate() error {
	fault := func(message, hint string) error {
		return &loyalty.Error{Code: loyalty.CodeInvalid, Message: "api: " + message, Hint: hint}
	}
	if c.People == nil || c.Points == nil || c.Held == nil || c.Tiers == nil || c.Accounts == nil || c.Redeemer == nil || c.Now == nil || c.Logger == nil {
		return fault("a store, a ledger, a clock and a logger are needed", "")
	}
	for i, a := range c.Agents {
		if a.Name == "" || a.Program == "" || a.Token == "" {
			return fault("an agent needs a name, a program and a token", "complete http.accept")
		}
		if slices.ContainsFunc(c.Agents[:i], func(o Agent) bool { return o.Token == a.Token }) {
			return fault("agent "+a.Name+" has the token of another", "give every agent a token of its own")
		}
	}
	return nil
}

// API answers the calls of agents.
type API struct {
	cfg Config
	mux *http.ServeMux
}

// New returns the API as a handler for everything below /api/v1/sync/ and /api/v1/pos/,
// for /api/v1/tiers and for /api/openapi.json. Agents without a token, or with another's,
// are CodeInvalid.
func New(cfg Config) (*API, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	a := &API{cfg: cfg, mux: http.NewServeMux()}
	a.mux.HandleFunc("GET /api/openapi.json", describe)
	a.mux.Handle("POST "+prefix+string(wire.Contractors), receive(a, a.contractors))
	a.mux.Handle("POST "+prefix+string(wire.Representatives), receive(a, a.representatives))
	a.mux.Handle("POST "+prefix+string(wire.Points), receive(a, a.points))
	a.mux.Handle("POST "+prefix+string(wire.Accounts), receive(a, accounts))
	a.mux.HandleFunc("GET "+prefix+string(wire.Points), a.held)
	a.mux.HandleFunc("PUT /api/v1/tiers", a.putTiers)
	a.registerTill()
	return a, nil
}

// ServeHTTP answers one call.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	a.mux.ServeHTTP(w, r)
}

func describe(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(OpenAPI) // the reader has gone: nobody to tell
}

// agent finds who calls by the token, in the same time whoever it is.
func (a *API) agent(token string) (Agent, bool) {
	sum := sha256.Sum256([]byte(token))
	found := -1
	for i := range a.cfg.Agents {
		other := sha256.Sum256([]byte(a.cfg.Agents[i].Token))
		if subtle.ConstantTimeCompare(sum[:], other[:]) == 1 {
			found = i
		}
	}
	if found < 0 {
		return Agent{}, false
	}
	return a.cfg.Agents[found], true
}

func (a *API) contractors(ctx context.Context, feed loyalty.Feed, items []wire.Contractor) ([]wire.Result, error) {
	good, bad := sift(items, wire.Contractor.Fault, func(c wire.Contractor) string { return c.ID })
	if len(good) == 0 {
		return bad, nil
	}
	results, err := a.cfg.People.ReceiveContractors(ctx, feed, good)
	return append(results, bad...), err
}

func (a *API) representatives(ctx context.Context, feed loyalty.Feed, items []wire.Representative) ([]wire.Result, error) {
	good, bad := sift(items, wire.Representative.Fault, func(r wire.Representative) string { return r.ID })
	if len(good) == 0 {
		return bad, nil
	}
	results, err := a.cfg.People.ReceiveRepresentatives(ctx, feed, good)
	return append(results, bad...), err
}

func (a *API) points(ctx context.Context, feed loyalty.Feed, items []wire.Movement) ([]wire.Result, error) {
	return a.cfg.Points.ReceivePoints(ctx, feed, items)
}

// accounts are information for mirrors; this is a home.
func accounts(_ context.Context, _ loyalty.Feed, items []wire.Account) ([]wire.Result, error) {
	results := make([]wire.Result, len(items))
	for i, it := range items {
		results[i] = wire.Result{ID: it.Contractor, Status: wire.Accepted}
	}
	return results, nil
}

// sift keeps the items without a fault and answers for the others.
func sift[T any](items []T, fault, id func(T) string) (good []T, bad []wire.Result) {
	for _, it := range items {
		if f := fault(it); f != "" {
			bad = append(bad, wire.Result{ID: id(it), Status: wire.Rejected, Code: "invalid", Message: f})
			continue
		}
		good = append(good, it)
	}
	return good, bad
}

// problemOf turns a failure into an answer. What is inside stays inside.
func problemOf(err error) (int, wire.Problem) {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return http.StatusServiceUnavailable, wire.Problem{Code: "busy", Message: "the call was stopped", Hint: "send it again"}
	}
	switch loyalty.CodeOf(err) {
	case loyalty.CodeBusy:
		return http.StatusServiceUnavailable, wire.Problem{Code: "busy", Message: "the store is busy", Hint: "send it again"}
	case loyalty.CodeAction, loyalty.CodeConflict:
		return http.StatusConflict, wire.Problem{
			Code: "settings", Message: "the program is kept here with other settings, or a person must decide first",
			Hint: "compare currency and points.decimals on both sides",
		}
	default:
	}
	return http.StatusInternalServerError, wire.Problem{Code: "internal", Message: "something went wrong here", Hint: "the receiver's log says what"}
}
