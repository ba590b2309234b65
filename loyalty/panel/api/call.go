package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

// receive makes a handler of what is done with one kind of items: who calls,
// what they send, where it belongs, then the items.
func receive[T any](a *API, do func(context.Context, loyalty.Feed, []T) ([]wire.Result, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		agent, body, ok := a.authenticate(w, r, Push)
		if !ok {
			return
		}
		request, ok := decode[T](w, body)
		if !ok || !a.admit(w, r, agent, request.Program, request.Source, len(request.Items)) {
			return
		}
		if len(request.Items) == 0 { // somebody tries whether he may push: nothing is kept
			answer(w, http.StatusOK, wire.Response{Results: []wire.Result{}})
			return
		}
		feed, err := a.cfg.People.OpenFeed(r.Context(), loyalty.Feed{
			ProgramName: agent.Program, SourceName: request.Source, Currency: agent.Currency, Decimals: agent.Decimals,
		})
		var results []wire.Result
		if err == nil {
			results, err = do(r.Context(), feed, request.Items)
		}
		if err != nil {
			a.failed(w, r, agent, request.Source, err)
			return
		}
		if results == nil {
			results = []wire.Result{}
		}
		answer(w, http.StatusOK, wire.Response{Results: results})
	}
}

// failed logs why a push was not kept, and answers.
func (a *API) failed(w http.ResponseWriter, r *http.Request, agent Agent, source string, err error) {
	status, problem := problemOf(err)
	a.cfg.Logger.ErrorContext(r.Context(), "a push was not kept", "agent", agent.Name, "source", source, "path", r.URL.Path, "error", err)
	answerProblem(w, status, problem)
}

func answerProblem(w http.ResponseWriter, status int, problem wire.Problem) {
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	answer(w, status, problem)
}

// authenticate tells who calls and whether he may, and reads the body, or answers.
func (a *API) authenticate(w http.ResponseWriter, r *http.Request, right Right) (Agent, []byte, bool) {
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	agent, known := a.agent(token)
	if !bearer || !known {
		w.Header().Set("WWW-Authenticate", "Bearer")
		refuse(w, http.StatusUnauthorized, "unauthorized", "the token is missing or not known", "send it as Authorization: Bearer")
		return Agent{}, nil, false
	}
	if !slices.Contains(agent.May, right) {
		refuse(w, http.StatusForbidden, "forbidden", "the token is not for this", "http.accept[].may says what it is for: "+string(right)+" is asked for")
		return Agent{}, nil, false
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		refuse(w, http.StatusRequestEntityTooLarge, "too_large", "the call is larger than 8 MiB", "send fewer items at once")
		return Agent{}, nil, false
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, "incomplete", "the body broke off", "send it again")
		return Agent{}, nil, false
	}
	if agent.SigningKey != "" {
		if err := wire.Verify(agent.SigningKey, r.Header.Get(wire.SignatureHeader), body, a.cfg.Now()); err != nil {
			p := wire.Problem{Code: "signature", Message: err.Error()}
			if e, ok := errors.AsType[*loyalty.Error](err); ok {
				p.Hint = e.Hint
			}
			answer(w, http.StatusUnauthorized, p)
			return Agent{}, nil, false
		}
	}
	return agent, body, true
}

// decode reads a call. Unknown fields are ignored.
func decode[T any](w http.ResponseWriter, body []byte) (wire.Request[T], bool) {
	var request wire.Request[T]
	if !unmarshal(body, &request) {
		answer(w, http.StatusBadRequest, malformed())
		return request, false
	}
	return request, true
}

func unmarshal(body []byte, into any) bool {
	return utf8.Valid(body) && json.Unmarshal(body, into) == nil
}

func malformed() wire.Problem {
	return wire.Problem{Code: "malformed", Message: "the body is not a call in JSON", Hint: "see /api/openapi.json"}
}

func otherProgram() wire.Problem {
	return wire.Problem{Code: "program", Message: "the token is not for this program", Hint: "ask the administrator of the program"}
}

// admit checks what stands around the items, or answers.
func (a *API) admit(w http.ResponseWriter, r *http.Request, agent Agent, program, source string, items int) bool {
	switch {
	case !wellFormedKey(r.Header.Get(wire.IdempotencyHeader)):
		refuse(w, http.StatusBadRequest, "idempotency_key", "the Idempotency-Key has blanks or is too long", "send the SHA-256 in hexadecimal")
	case program != agent.Program:
		answer(w, http.StatusForbidden, otherProgram())
	case !wellFormedName(source):
		refuse(w, http.StatusBadRequest, "source", "source is missing, too long or has control characters", "name the source as in the sender's configuration")
	case slices.Contains(a.cfg.LocalSources, source):
		refuse(w, http.StatusConflict, "source_taken", "a source of this name is read here", "give the sender's source another name")
	case items > wire.MaxItems:
		refuse(w, http.StatusRequestEntityTooLarge, "too_many", "the call has more than 500 items", "send fewer items at once")
	default:
		return true
	}
	return false
}

const maxName = 100 // characters of a key or a source's name

func wellFormedKey(key string) bool {
	return len(key) <= maxName && !strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' })
}

func wellFormedName(name string) bool {
	return name != "" && utf8.RuneCountInString(name) <= maxName && !strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f })
}

func refuse(w http.ResponseWriter, status int, code, message, hint string) {
	answer(w, status, wire.Problem{Code: code, Message: message, Hint: hint})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the sender has gone: it will ask again
}
