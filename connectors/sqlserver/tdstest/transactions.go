package tdstest

import (
	"context"
)

// transaction begins and ends transactions, nested ones by counting.
func (s *session) transaction(ctx context.Context, what string, out sink) error {
	switch what {
	case "BEGIN":
		if s.tran == 0 {
			if s.repeatable() {
				if err := s.beginEngine(ctx); err != nil {
					return err
				}
			}
			s.tranID = s.srv.nextTransaction()
			s.tran = 1
			return firstError(out.transaction(8, s.tranID), out.done(cmdBegin, 0, false))
		}
		s.tran++
		return out.done(cmdBegin, 0, false)
	case "COMMIT":
		if s.tran == 0 {
			return failf(3902, "The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION.")
		}
		if s.tran--; s.tran > 0 {
			return out.done(cmdEnd, 0, false)
		}
		if s.begun {
			s.begun = false
			if _, err := s.execEngine(ctx, "COMMIT", nil); err != nil {
				return err
			}
		}
		return firstError(out.transaction(9, s.tranID), out.done(cmdEnd, 0, false))
	default:
		if s.tran == 0 {
			return failf(3903, "The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION.")
		}
		s.rollback(ctx)
		return firstError(out.transaction(10, s.tranID), out.done(cmdEnd, 0, false))
	}
}

func (s *session) rollback(ctx context.Context) {
	if s.tran > 0 {
		if s.begun {
			_, _ = s.execEngine(context.WithoutCancel(ctx), "ROLLBACK", nil)
		}
		s.tran, s.begun = 0, false
	}
}

// repeatable tells whether a transaction sees one state throughout. Under READ
// COMMITTED each statement sees what is committed when it begins, so that the
// engine's transaction begins with the first write only.
func (s *session) repeatable() bool {
	return s.isolation != "" && s.isolation != "READ COMMITTED" && s.isolation != "READ UNCOMMITTED"
}

// beginEngine begins the engine's own transaction, if it has not.
func (s *session) beginEngine(ctx context.Context) error {
	if s.begun {
		return nil
	}
	if _, err := s.execEngine(ctx, "BEGIN", nil); err != nil {
		return err
	}
	s.begun = true
	return nil
}

// beforeWrite is to be called by every statement that changes something.
func (s *session) beforeWrite(ctx context.Context) error {
	if s.tran == 0 {
		return nil
	}
	return s.beginEngine(ctx)
}
