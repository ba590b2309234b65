package doctor

import (
	"context"
	"errors"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
)

// Examination looks at one subject.
type Examination struct {
	Subject string // as "source optima"
	Look    func(ctx context.Context) []connectors.Finding
}

// Subject is one thing and what was found about it.
type Subject struct {
	Name     string
	Findings []connectors.Finding
}

// Faults counts what is broken.
func (s Subject) Faults() int {
	n := 0
	for _, f := range s.Findings {
		if f.Condition == connectors.Broken {
			n++
		}
	}
	return n
}

// Run makes all examinations at the same time and tells of each subject as soon
// as those before it are told.
func Run(ctx context.Context, examinations []Examination, told func(Subject)) {
	found := make([]chan []connectors.Finding, len(examinations))
	for i, x := range examinations {
		found[i] = make(chan []connectors.Finding, 1)
		go func() { found[i] <- x.Look(ctx) }()
	}
	for i, x := range examinations {
		told(Subject{Name: x.Subject, Findings: <-found[i]})
	}
}

// DefaultLimit is how long one step of an examination may take.
const DefaultLimit = 30 * time.Second

// grace is how long past its limit a step may take to give up.
const grace = 2 * time.Second

// errHung says that a step did not even give up.
var errHung = errors.New("no answer in time")

// errPanic says that a step broke down. It must not take the service with it.
var errPanic = errors.New("loyalsync has failed here: please report it")

// step runs fn within a limit. One that does not come back in time is left
// behind, and whatever it returns then goes to late, which may be nil.
func step[T any](ctx context.Context, limit time.Duration, fn func(context.Context) (T, error), late func(T)) (T, error) {
	type result struct {
		value T
		err   error
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	done := make(chan result, 1)
	go func() {
		r := result{err: errPanic}
		defer func() {
			_ = recover() // what a driver panics with may hold anything, so it is not told
			done <- r
		}()
		r.value, r.err = fn(limited)
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-limited.Done():
	}
	patience := time.NewTimer(grace)
	defer patience.Stop()
	select {
	case r := <-done:
		return r.value, r.err
	case <-patience.C:
	}
	go func() {
		if r := <-done; r.err == nil && late != nil {
			late(r.value)
		}
	}()
	var none T
	return none, errHung
}

// pastLimit says whether a step failed because its time was over.
func pastLimit(ctx context.Context, err error) bool {
	return ctx.Err() == nil && (errors.Is(err, errHung) || errors.Is(err, context.DeadlineExceeded))
}
