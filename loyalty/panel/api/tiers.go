package api

import (
	"context"
	"net/http"
	"unicode/utf8"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

// Tiers keeps the tiers of contractors.
type Tiers interface {
	// SetTiers says, in the order of the changes, what became of each.
	SetTiers(ctx context.Context, by loyalty.TierSetting, changes []loyalty.TierChange) ([]loyalty.TierOutcome, error)
}

// tier is a contractor's tier from a day on, as it is sent: dates as 2006-01-02, to ""
// until another tier begins.
type tier struct {
	Contractor string `json:"contractor"` // code or ERP key
	Tier       string `json:"tier"`
	From       string `json:"from"`
	To         string `json:"to"`
}

// change reads an item, or says what is wrong with it.
func (t tier) change() (c loyalty.TierChange, fault string) {
	from, err := loyalty.ParseDate(t.From)
	if err != nil || from == loyalty.NoDate {
		return c, "from is not a date like 2026-01-31"
	}
	to, err := loyalty.ParseDate(t.To)
	switch {
	case err != nil:
		return c, "to is not a date like 2026-01-31"
	case to != loyalty.NoDate && to < from:
		return c, "the last day is before the first; both count"
	case !wellFormedName(t.Contractor):
		return c, "contractor is missing, too long or has control characters"
	case !wellFormedName(t.Tier):
		return c, "tier is missing, too long or has control characters"
	}
	return loyalty.TierChange{Contractor: t.Contractor, TierSpan: loyalty.TierSpan{Tier: t.Tier, From: from, To: to}}, ""
}

// putTiers sets tiers. Sending them again changes nothing.
func (a *API) putTiers(w http.ResponseWriter, r *http.Request) {
	agent, body, ok := a.authenticate(w, r, Push)
	if !ok {
		return
	}
	request, ok := decode[tier](w, body)
	if !ok {
		return
	}
	switch {
	case request.Program != agent.Program:
		answer(w, http.StatusForbidden, otherProgram())
		return
	case utf8.RuneCountInString(request.Source) > maxName:
		refuse(w, http.StatusBadRequest, "source", "the name of the source is too long", "leave it out where codes are of one source only")
		return
	case len(request.Items) > wire.MaxItems:
		refuse(w, http.StatusRequestEntityTooLarge, "too_many", "the call has more than 500 items", "send fewer items at once")
		return
	}
	by := loyalty.TierSetting{Program: request.Program, Source: request.Source, Actor: "api:" + agent.Name, At: a.cfg.Now()}
	results, err := a.setTiers(r.Context(), by, request.Items)
	if err != nil {
		a.failed(w, r, agent, request.Source, err)
		return
	}
	answer(w, http.StatusOK, wire.Response{Results: results})
}

func (a *API) setTiers(ctx context.Context, by loyalty.TierSetting, items []tier) ([]wire.Result, error) {
	results := make([]wire.Result, 0, len(items))
	var changes []loyalty.TierChange
	for _, it := range items {
		c, fault := it.change()
		if fault != "" {
			results = append(results, wire.Result{ID: it.Contractor, Status: wire.Rejected, Code: "invalid", Message: fault})
			continue
		}
		changes = append(changes, c)
	}
	if len(changes) == 0 {
		return results, nil
	}
	outcomes, err := a.cfg.Tiers.SetTiers(ctx, by, changes)
	for i, o := range outcomes {
		result := wire.Result{ID: changes[i].Contractor, Status: wire.Accepted}
		switch o {
		case loyalty.TierSet:
		case loyalty.TierSame:
			result.Status = wire.Duplicate
		case loyalty.TierUnknown:
			result.Status, result.Code, result.Message = wire.Rejected, string(o), "no contractor of the program has this code or key"
		case loyalty.TierAmbiguous:
			result.Status, result.Code, result.Message = wire.Rejected, string(o), "several contractors have this code or key: name the source, or send the key"
		}
		results = append(results, result)
	}
	return results, err
}
