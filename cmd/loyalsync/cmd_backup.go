package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

func (c *cli) backupCommand() *cobra.Command {
	return &cobra.Command{
		Use: "backup FILE", Short: "Copy the store to a file while it works, and prove the copy", Args: cobra.ExactArgs(1),
		Long: `Copy the store, of one instant, to a new SQLite file while a service and runs go on; a
store in PostgreSQL too. The copy is opened, and its ledger is computed anew, before
it gets its name. restore puts it back.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.looking(cmd.Context(), func(a *app) error { return c.backup(cmd.Context(), a, args[0]) })
		},
	}
}

// kept is what backup and restore print as data.
type kept struct {
	File     string         `json:"file"`
	Bytes    int64          `json:"bytes,omitempty"`
	Store    string         `json:"store"`
	Kept     string         `json:"kept,omitempty"`  // where the store is that was there
	Epoch    int64          `json:"epoch,omitempty"` // that the store is in now
	Programs []programProof `json:"programs"`
}

func (c *cli) backup(ctx context.Context, a *app, file string) error {
	if _, err := os.Stat(file); err == nil {
		return &loyalty.Error{Code: loyalty.CodeInvalid, Message: file + " exists already", Hint: "name a file that does not exist"}
	}
	part := file + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove an unfinished copy: %w", err)
	}
	proof, err := copyProved(ctx, a, part)
	if err == nil {
		err = os.Rename(part, file)
	}
	if err != nil {
		if left := os.Remove(part); left != nil && !errors.Is(left, fs.ErrNotExist) {
			err = errors.Join(err, left)
		}
		return err
	}
	info, err := os.Stat(file)
	if err != nil {
		return fmt.Errorf("look at the copy: %w", err)
	}
	if c.json {
		return c.printJSON(kept{File: file, Bytes: info.Size(), Store: a.store.Name(), Programs: proofData(proof).Programs})
	}
	c.say(c.tr("%s: copy of %s, %s bytes", "%s: kopia %s, bajtów: %s"), file, a.store.Name(), c.number(info.Size()))
	c.showProof(proof)
	return nil
}

func copyProved(ctx context.Context, a *app, path string) (loyalty.Proof, error) {
	if err := a.store.CopyTo(ctx, path); err != nil {
		return loyalty.Proof{}, err
	}
	return store.Prove(ctx, path)
}

// proveCopy is for jobs of the kind backup.
func proveCopy(ctx context.Context, path string) error {
	_, err := store.Prove(ctx, path)
	return err
}

func (c *cli) restoreCommand() *cobra.Command {
	return &cobra.Command{
		Use: "restore FILE", Short: "Put a copy in place of the store, which is kept beside", Args: cobra.ExactArgs(1),
		Long: `Put a copy that backup, or a job of the kind backup, has made in place of the store.
Stop the service before. The copy is proved first, and one with an older schema is
brought up to date; FILE itself is not changed. The store that was there is kept
beside. In PostgreSQL the database must be empty: make a new one and put it into
store.url, so the one before stays as it is.

The store starts a new epoch. The next runs read again what changed since the copy,
and before anything is sent each platform is asked which points it has: those that
are no longer in the ledger are taken back there. What was given or redeemed in this
store by hand since the copy is lost. Ledgers that push to this store send again what
it lacks when each is told: loyalsync deliveries resend PLATFORM, there.`,
		RunE: func(cmd *cobra.Command, args []string) error { return c.restore(cmd.Context(), args[0]) },
	}
}

func (c *cli) restore(ctx context.Context, file string) error {
	loaded, err := c.load()
	if err != nil {
		return err
	}
	place := storeConfig(loaded.Config.Store)
	place.Now = time.Now
	done, err := store.Restore(ctx, place, file)
	if err != nil {
		if place.URL != "" && loyalty.CodeOf(err) == loyalty.CodeConflict {
			return &loyalty.Error{
				Code: loyalty.CodeAction, Message: "the store is not empty", Err: err,
				Hint: "CREATE DATABASE a new one, put it into store.url, and restore again; the one before stays as it is",
			}
		}
		return fmt.Errorf("restore %s: %w", file, err)
	}
	name := place.Path
	if place.URL != "" {
		name = "PostgreSQL"
	}
	if c.json {
		return c.printJSON(kept{File: file, Store: name, Kept: done.Kept, Epoch: done.Epoch, Programs: proofData(done.Proof).Programs})
	}
	c.say(c.tr("%s is in place of %s (epoch %d)", "%s jest na miejscu %s (epoka %d)"), file, name, done.Epoch)
	if done.Kept != "" {
		c.say(c.tr("the store that was there: %s", "poprzedni magazyn: %s"), done.Kept)
	}
	c.showProof(done.Proof)
	c.say(c.tr("start the service, or run the jobs: platforms are compared before anything is sent to them",
		"uruchom usługę albo zadania: zanim cokolwiek zostanie wysłane, platformy zostaną porównane"))
	if len(loaded.Config.HTTP.Accept) > 0 {
		c.say(c.tr("whoever pushes to this store has to send again what it lacks now, there: loyalsync deliveries resend PLATFORM",
			"kto wysyła do tego magazynu, musi ponowić to, czego w nim teraz brak, u siebie: loyalsync deliveries resend PLATFORMA"))
	}
	return nil
}
