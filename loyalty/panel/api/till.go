package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

const (
	tillPrefix  = "/api/v1/pos/"
	lapsesShown = 3
)

// Accounts reads the points that tills spend.
type Accounts interface {
	// ContractorsNamed finds contractors by their whole code, ERP key or card number.
	ContractorsNamed(ctx context.Context, query loyalty.Query, today loyalty.Date) ([]loyalty.ContractorOverview, error)
	// Contractor returns a contractor; CodeNotFound for none.
	Contractor(ctx context.Context, id int64, today loyalty.Date) (loyalty.ContractorDetail, error)
	// Groups returns those of accounts that are merged with others, with all that are held
	// together with them.
	Groups(ctx context.Context, accounts []int64) (loyalty.Groups, error)
	// LapsingOf tells what lapses on the next days, at most so many.
	LapsingOf(ctx context.Context, contractor int64, today loyalty.Date, days int) ([]loyalty.LapsingPoints, error)
	// Operation returns an operation; CodeNotFound for none.
	Operation(ctx context.Context, id int64) (loyalty.Operation, error)
}

// registerTill adds the addresses of tills.
func (a *API) registerTill() {
	redemption := tillPrefix + "redemptions/{id}"
	a.mux.Handle("POST "+tillPrefix+"balance", a.till(a.balance))
	a.mux.Handle("POST "+tillPrefix+"redemptions", a.till(a.reserve))
	a.mux.Handle("GET "+redemption, a.till(a.redemption))
	a.mux.Handle("POST "+redemption+"/post", a.till(post))
	a.mux.Handle("POST "+redemption+"/void", a.till(void))
	a.mux.Handle("POST "+redemption+"/undo", a.till(undo))
}

// tillCall is a call of somebody who may spend points of a program.
type tillCall struct {
	ledger.Redeemer

	actor string
	id    string // of a redemption, as it stands in the address
	body  []byte
}

// problem is why a call was not done, as it is answered.
type problem struct {
	status int
	wire.Problem
}

func (p *problem) Error() string { return p.Message }

func invalid(fault string) error {
	return &problem{http.StatusUnprocessableEntity, wire.Problem{Code: "invalid", Message: fault, Hint: "see /api/openapi.json"}}
}

// till makes a handler of what is done for a till: who calls, then what it asks.
func (a *API) till(do func(context.Context, tillCall) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		agent, body, ok := a.authenticate(w, r, Redeem)
		if !ok {
			return
		}
		redeemer, err := a.cfg.Redeemer(r.Context(), agent.Program)
		if e, found := errors.AsType[*loyalty.Error](err); found && e.Code == loyalty.CodeInvalid {
			err = &problem{http.StatusConflict, wire.Problem{Code: "elsewhere", Message: e.Message, Hint: e.Hint}}
		}
		var result any
		if err == nil {
			result, err = do(r.Context(), tillCall{Redeemer: redeemer, actor: "api:" + agent.Name, id: r.PathValue("id"), body: body})
		}
		if err != nil {
			status, told := tillProblem(err)
			if status >= http.StatusInternalServerError {
				a.cfg.Logger.ErrorContext(r.Context(), "a till was not served", "agent", agent.Name, "path", r.URL.Path, "error", err)
			}
			answerProblem(w, status, told)
			return
		}
		answer(w, http.StatusOK, result)
	}
}

// tillProblem turns what went wrong into an answer. Points that may not be spent are
// an answer, and no failure.
func tillProblem(err error) (int, wire.Problem) {
	if p, ok := errors.AsType[*problem](err); ok {
		return p.status, p.Problem
	}
	if refused, ok := errors.AsType[*loyalty.Refused](err); ok {
		return http.StatusConflict, wire.Problem{Code: string(refused.Reason), Message: refused.Told.Message, Hint: refused.Told.Hint}
	}
	if e, ok := errors.AsType[*loyalty.Error](err); ok && e.Code == loyalty.CodeInvalid {
		return http.StatusUnprocessableEntity, wire.Problem{Code: "invalid", Message: e.Message, Hint: e.Hint}
	} else if ok && e.Code == loyalty.CodeNotFound {
		return http.StatusNotFound, wire.Problem{Code: "not_found", Message: e.Message, Hint: e.Hint}
	}
	return problemOf(err)
}

// read decodes the body of a call. An empty one says nothing.
func (c tillCall) read(into any) error {
	if len(c.body) > 0 && !unmarshal(c.body, into) {
		return &problem{http.StatusBadRequest, malformed()}
	}
	return nil
}

func (c tillCall) today() loyalty.Date {
	zone := c.Zone
	if zone == nil {
		zone = time.UTC
	}
	return loyalty.DateIn(c.Now(), zone)
}

// operation is the number of the redemption that is asked for.
func (c tillCall) operation() (int64, error) {
	id, err := strconv.ParseInt(c.id, 10, 64)
	if err != nil || id <= 0 {
		return 0, noRedemption()
	}
	return id, nil
}

func noRedemption() error {
	return &problem{http.StatusNotFound, wire.Problem{Code: "not_found", Message: "there is no such redemption in the program", Hint: "check its number"}}
}

// told answers with what became of a redemption.
func (c tillCall) told(o loyalty.Operation, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	o.Key = strings.TrimPrefix(o.Key, c.keys())
	return RedemptionOf(o, c.Program), nil
}

// keys is what the keys of a till begin with: two tills may count theirs alike.
func (c tillCall) keys() string { return c.actor + "/" }

// account finds the one contractor that a till means. Nobody, or more than one, is told
// without saying who that may have been.
func (a *API) account(ctx context.Context, c tillCall, named ContractorCall) (loyalty.ContractorOverview, error) {
	if named.Program != c.Program.Name {
		return loyalty.ContractorOverview{}, &problem{http.StatusForbidden, otherProgram()}
	}
	if fault := named.fault(); fault != "" {
		return loyalty.ContractorOverview{}, invalid(fault)
	}
	list, err := a.cfg.Accounts.ContractorsNamed(ctx, loyalty.Query{Text: named.Contractor, Source: named.Source, Program: named.Program}, c.today())
	if err != nil {
		return loyalty.ContractorOverview{}, err
	}
	list = slices.DeleteFunc(list, func(o loyalty.ContractorOverview) bool { return !named.names(o) })
	if list, err = a.holders(ctx, list, c.today()); err != nil {
		return loyalty.ContractorOverview{}, err
	}
	switch len(list) {
	case 0:
		return loyalty.ContractorOverview{}, &problem{http.StatusNotFound, wire.Problem{
			Code: "unknown", Message: "no contractor of the program has this code, key or card", Hint: "send the whole of it, as in the ERP",
		}}
	case 1:
		return list[0], nil
	}
	return loyalty.ContractorOverview{}, &problem{http.StatusConflict, wire.Problem{
		Code: "ambiguous", Message: "several contractors have this code, key or card", Hint: "send source, or say with contractor_by which of them it is",
	}}
}

// holders are the contractors that have the points of those that were found: a card of one
// that was merged into another finds that.
func (a *API) holders(ctx context.Context, found []loyalty.ContractorOverview, today loyalty.Date) ([]loyalty.ContractorOverview, error) {
	ids := make([]int64, len(found))
	for i, o := range found {
		ids[i] = o.ID
	}
	groups, err := a.cfg.Accounts.Groups(ctx, ids)
	if err != nil || len(groups) == 0 {
		return found, err
	}
	var out []loyalty.ContractorOverview
	for _, o := range found {
		holder := groups.Holder(o.ID)
		if slices.ContainsFunc(out, func(other loyalty.ContractorOverview) bool { return other.ID == holder }) {
			continue
		}
		if holder != o.ID {
			detail, err := a.cfg.Accounts.Contractor(ctx, holder, today)
			if err != nil {
				return nil, err
			}
			o = detail.ContractorOverview
		}
		out = append(out, o)
	}
	return out, nil
}

// balance tells what a contractor may spend.
func (a *API) balance(ctx context.Context, c tillCall) (any, error) {
	var call ContractorCall
	if err := c.read(&call); err != nil {
		return nil, err
	}
	who, err := a.account(ctx, c, call)
	if err != nil {
		return nil, err
	}
	lapses, err := a.cfg.Accounts.LapsingOf(ctx, who.ID, c.today(), lapsesShown)
	if err != nil {
		return nil, err
	}
	p, rate := c.Program, c.Policy.RateOf(who.Group, who.Card)
	out := Balance{
		Program: p.Name, Available: who.Available.Format(p.Decimals), Pending: who.Balance.Pending.Format(p.Decimals), Held: who.Balance.Held.Format(p.Decimals),
		Debt: who.Balance.Debt.Format(p.Decimals), PointWorth: rate.String(), Worth: who.Available.Worth(rate, p.Decimals).StringFixed(loyalty.MoneyDecimals),
		Currency: p.Currency, Lapses: []Lapse{},
	}
	for _, l := range lapses {
		out.Lapses = append(out.Lapses, Lapse{LapsesOn: l.On, Points: l.Points.Format(p.Decimals)})
	}
	return out, nil
}

// reserve holds or spends points, once for every key.
func (a *API) reserve(ctx context.Context, c tillCall) (any, error) {
	var call RedemptionCall
	if err := c.read(&call); err != nil {
		return nil, err
	}
	if len(call.Lines) > maxLines {
		return nil, &problem{http.StatusRequestEntityTooLarge, wire.Problem{Code: "too_many", Message: "the bill has more than 1000 lines", Hint: "add lines of one item up"}}
	}
	who, err := a.account(ctx, c, call.ContractorCall)
	if err != nil {
		return nil, err
	}
	request, fault := call.request(who.ID, c.Program.Decimals, c.actor)
	if fault != "" {
		return nil, invalid(fault)
	}
	request.Key = c.keys() + request.Key
	return c.told(c.Reserve(ctx, request))
}

// redemption tells of one as it is now.
func (a *API) redemption(ctx context.Context, c tillCall) (any, error) {
	id, err := c.operation()
	if err != nil {
		return nil, err
	}
	o, err := a.cfg.Accounts.Operation(ctx, id)
	if loyalty.CodeOf(err) == loyalty.CodeNotFound && err != nil || err == nil && (o.Program != c.Program.ID || o.Kind != loyalty.Redemption) {
		return nil, noRedemption() // another program's is not there, rather than forbidden
	}
	return c.told(o, err)
}

// post spends what is held, or a part of it.
func post(ctx context.Context, c tillCall) (any, error) {
	var call PostCall
	id, err := c.operation()
	if err == nil {
		err = c.read(&call)
	}
	if err != nil {
		return nil, err
	}
	var points loyalty.Points // 0 is all
	if call.Points != "" {
		if points, err = loyalty.ParsePoints(call.Points, c.Program.Decimals); err != nil || points <= 0 {
			return nil, invalid("points is not a positive amount with the program's decimals")
		}
	}
	return c.told(c.Post(ctx, id, points, c.actor))
}

// void lets what is held go.
func void(ctx context.Context, c tillCall) (any, error) {
	id, err := c.operation()
	if err != nil {
		return nil, err
	}
	return c.told(c.Void(ctx, id, c.actor))
}

// undo gives back what was spent.
func undo(ctx context.Context, c tillCall) (any, error) {
	id, err := c.operation()
	if err != nil {
		return nil, err
	}
	return c.told(c.Undo(ctx, id, c.actor))
}
