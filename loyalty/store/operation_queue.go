package store

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/loyalsync/loyalsync/loyalty"
)

// operationQueue lets operations that are asked for at the same time share transactions:
// one of the callers runs those of all who wait, in the order they came, and each is told
// of its own only after the commit. A disk that takes its time to keep a transaction
// does so once for all of them.
type operationQueue struct {
	mu      sync.Mutex
	led     bool // a caller runs a group
	waiting []*pendingOperation
}

// mostTogether bounds how long the first of a group waits for the last.
const mostTogether = 64

// pendingOperation is an operation that waits for its group.
type pendingOperation struct {
	call   loyalty.OperationCall
	decide decide
	done   loyalty.Operation
	err    error
	ready  chan bool // gets true for the one that is to lead, false when it is decided
}

// join waits until an operation is decided, or its caller leads the next group. The error
// is that of the context; then it was not begun.
func (q *operationQueue) join(ctx context.Context, p *pendingOperation) (leads bool, err error) {
	q.mu.Lock()
	if !q.led {
		q.led = true
		q.mu.Unlock()
		return true, nil
	}
	q.waiting = append(q.waiting, p)
	q.mu.Unlock()
	select {
	case leads := <-p.ready:
		return leads, nil
	case <-ctx.Done():
	}
	q.mu.Lock()
	at := slices.Index(q.waiting, p)
	if at >= 0 {
		q.waiting = slices.Delete(q.waiting, at, at+1)
	}
	q.mu.Unlock()
	if at >= 0 {
		return false, ctx.Err()
	}
	return <-p.ready, nil // it is in a group already, or leads
}

// group are the operations that run with one, which comes first.
func (q *operationQueue) group(first *pendingOperation) []*pendingOperation {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(len(q.waiting), mostTogether-1)
	group := append([]*pendingOperation{first}, q.waiting[:n]...)
	q.waiting = slices.Delete(q.waiting, 0, n)
	return group
}

// leave tells those of a group, and lets the next one lead.
func (q *operationQueue) leave(group []*pendingOperation) {
	for _, p := range group[1:] {
		p.ready <- false
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.led = false
		return
	}
	next := q.waiting[0]
	q.waiting = slices.Delete(q.waiting, 0, 1)
	next.ready <- true
}

// operateTogether runs a group in one transaction, and says whether that was begun. If one
// of them cannot be written, each gets a transaction of its own, until one cannot be begun;
// but not if the commit failed: whether all of them are kept is not known then, and those
// who asked find out by their keys.
func (s *Store) operateTogether(ctx context.Context, group []*pendingOperation) (begun bool) {
	alone, committing := len(group) == 1, false
	if !alone {
		ctx = context.WithoutCancel(ctx) // it is that of one of them
	}
	errs := make([]error, len(group))
	err := s.inShortTx(ctx, func(tx *txn) error {
		defer func() { begun = tx.begun }()
		ahead, err := readAhead(ctx, tx, group)
		if err != nil {
			return err
		}
		for i, p := range group {
			if tx.touched[p.call.New.Account] {
				ahead[i] = nil // by another of the group
			}
			var refused bool
			p.done, refused, errs[i] = operate(ctx, tx, p.call, ahead[i], p.decide)
			if errs[i] != nil && (alone || !refused) {
				return errs[i]
			}
		}
		if !alone {
			if err := tx.flush(ctx); err != nil {
				return err
			}
		}
		committing = true
		return nil
	})
	if err != nil && begun && !alone && !committing {
		for i, p := range group {
			if !s.operateTogether(ctx, []*pendingOperation{p}) {
				for _, later := range group[i:] {
					later.err = p.err
				}
				break
			}
		}
		return begun
	}
	for i, p := range group {
		p.err = cmp.Or(err, errs[i])
	}
	return begun
}

// notRun is the error of those in a group whose caller panicked.
func notRun() error {
	return &loyalty.Error{Code: loyalty.CodeInternal, Message: "the operation was not run", Hint: "send it again with its key"}
}
