package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/loyalsync/loyalsync/config"
	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

func (c *cli) storeCommand() *cobra.Command {
	group := &cobra.Command{
		Use: "store", Short: "Move the ledger to another store", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	group.AddCommand(&cobra.Command{
		Use: "copy FROM TO", Short: "Copy everything into an empty store and compare", Args: cobra.ExactArgs(2),
		Long: `Copy everything that FROM holds into TO, which must be empty, and compare rows,
sums and entries before anything is kept. FROM and TO are written as in store.url:
sqlite:FILE or postgres://user@host/database. A password is taken from the URL, from
PGPASSWORD or PGPASSFILE, or for the store of the configuration from there.

It is one transaction: when it does not end, TO is still empty. Stop the service
before, and put TO into store.url after.`,
		RunE: func(cmd *cobra.Command, args []string) error { return c.copyStore(cmd.Context(), args[0], args[1]) },
	})
	return group
}

// copied is what store copy prints as data.
type copied struct {
	From string `json:"from"`
	To   string `json:"to"`
	store.Transferred
}

func (c *cli) copyStore(ctx context.Context, from, to string) error {
	source, err := c.openPlace(ctx, from, true)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()
	holder, err := source.LeaseHolder(ctx, jobs.ServeLease)
	if err != nil {
		return err
	}
	if holder != "" {
		return &loyalty.Error{
			Code: loyalty.CodeAction, Message: "a service works on " + source.Name(),
			Hint: "stop it before: what it does during the copy would not be in the copy",
		}
	}
	target, err := c.openPlace(ctx, to, false)
	if err != nil {
		return err
	}
	done, err := source.TransferTo(ctx, target)
	if err = errors.Join(err, target.Close()); err != nil {
		return notCopied(err, target.Name())
	}
	if c.json {
		return c.printJSON(copied{source.Name(), target.Name(), done})
	}
	c.say("%d rows of %d tables copied from %s to %s; %d entries compared, SHA-256 %s",
		done.Rows, done.Tables, source.Name(), target.Name(), done.Entries, done.Hash)
	c.say("put the new address into store.url, and start the service")
	return nil
}

// notCopied says what an unfinished copy leaves.
func notCopied(err error, target string) error {
	if loyalty.CodeOf(err) == loyalty.CodeConflict { // it was not empty
		return err
	}
	return &loyalty.Error{
		Code: loyalty.CodeOf(err), Message: "nothing was copied, and " + target + " holds no ledger", Err: err,
		Hint: "mend the cause and copy again; until then leave store.url as it is",
	}
}

// openPlace opens a store named on the command line.
func (c *cli) openPlace(ctx context.Context, address string, readOnly bool) (*store.Store, error) {
	u := config.NewURL(address)
	place := storeConfig(config.Store{URL: u})
	switch u.Scheme() {
	case "sqlite":
	case "postgres", "postgresql":
		if file, err := c.load(); err == nil && file.Config.Store.URL.Reveal() == address {
			place = storeConfig(file.Config.Store)
		}
	default:
		return nil, &loyalty.Error{
			Code: loyalty.CodeInvalid, Message: "a store is written as in store.url",
			Hint: "write sqlite:FILE or postgres://user@host/database",
		}
	}
	place.ReadOnly, place.Now = readOnly, time.Now
	return store.Open(ctx, place)
}
