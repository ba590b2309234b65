package store

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/loyalsync/loyalsync/loyalty"
)

// Prove checks a finished copy of a store: that it opens, its structure, and its
// ledger, see VerifyLedger. A file that is damaged, no store or newer than this program
// is CodeInvalid; so is one whose ledger does not agree with itself. Nothing in it is
// changed.
func Prove(ctx context.Context, path string) (loyalty.Proof, error) {
	if err := sound(ctx, path); err != nil {
		return loyalty.Proof{}, err
	}
	s := &Store{cfg: Config{Path: path}, name: path, dialect: onSQLite, readers: pool{openAside(path), onSQLite}}
	proof, err := s.VerifyLedger(ctx)
	if err == nil {
		err = agrees(path, proof)
	}
	return proof, errors.Join(err, s.readers.Close())
}

// sound refuses a file that is not a whole store of a schema this program knows.
func sound(ctx context.Context, path string) error {
	if _, err := os.Stat(path); err != nil {
		return &loyalty.Error{Code: loyalty.CodeInvalid, Message: path + " cannot be read", Hint: "name a file that backup, or a job of the kind backup, has made", Err: err}
	}
	in, err := Inspect(ctx, Config{Path: path})
	switch {
	case err != nil:
		return err
	case in.Schema == 0:
		return foreignDatabase(path)
	case in.Schema > in.Known:
		return newerSchema(in.Schema, in.Known)
	}
	faults, err := Verify(ctx, path, 1)
	if err == nil && len(faults) > 0 {
		err = &loyalty.Error{Code: loyalty.CodeInvalid, Message: path + " is damaged: " + faults[0], Hint: "take another copy; nothing was changed"}
	}
	return err
}

// agrees refuses a ledger that does not agree with itself.
func agrees(name string, p loyalty.Proof) error {
	if len(p.Breaches) == 0 {
		return nil
	}
	b := p.Breaches[0]
	return &loyalty.Error{
		Code:    loyalty.CodeInvalid,
		Message: fmt.Sprintf("the ledger of %s does not agree with itself: %s (program %s, block %d, entry %d, account %d)", name, b.Kind, b.Program, b.Block, b.Entry, b.Account),
		Hint:    "loyalsync ledger verify lists all places of a store; take another copy",
	}
}
