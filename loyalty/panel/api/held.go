package api

import (
	"context"
	"net/http"
	"slices"
	"unicode/utf8"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

// Held tells senders what came from them.
type Held interface {
	// ReceivedPoints returns at most limit items of a feed, named by its program and
	// source, after an ID and in the order of IDs.
	ReceivedPoints(ctx context.Context, feed loyalty.Feed, after string, limit int) (wire.Held, error)
}

// maxID is how long an ID may be that is asked for, in characters.
const maxID = 1000

// held answers an agent whose ledger was put back from a backup: it compares, and
// sends what it takes back.
func (a *API) held(w http.ResponseWriter, r *http.Request) {
	agent, _, ok := a.authenticate(w, r, Push)
	if !ok {
		return
	}
	q := r.URL.Query()
	source, after := q.Get("source"), q.Get("after")
	switch {
	case q.Get("program") != agent.Program:
		refuse(w, http.StatusForbidden, "program", "the token is not for this program", "ask the administrator of the program")
		return
	case !wellFormedName(source):
		refuse(w, http.StatusBadRequest, "source", "source is missing, too long or has control characters", "name the source as in the sender's configuration")
		return
	case slices.Contains(a.cfg.LocalSources, source):
		refuse(w, http.StatusConflict, "source_taken", "a source of this name is read here", "give the sender's source another name")
		return
	case !utf8.ValidString(after) || utf8.RuneCountInString(after) > maxID:
		refuse(w, http.StatusBadRequest, "after", "after is too long, or no text", "send what next was")
		return
	}
	held, err := a.cfg.Held.ReceivedPoints(r.Context(), loyalty.Feed{ProgramName: agent.Program, SourceName: source, Decimals: agent.Decimals}, after, wire.MaxItems)
	if err != nil {
		a.failed(w, r, agent, source, err)
		return
	}
	if held.Items == nil {
		held.Items = []wire.Movement{}
	}
	answer(w, http.StatusOK, held)
}
