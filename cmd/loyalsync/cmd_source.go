package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/loyalty"
)

func (c *cli) sourceCommand() *cobra.Command {
	group := &cobra.Command{
		Use: "source", Short: "Say that a source is now another database", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	group.AddCommand(&cobra.Command{
		Use: "accept NAME", Short: "Accept whatever database the source is at its next run", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.with(cmd.Context(), func(a *app) error { return c.acceptSource(cmd.Context(), a, args[0]) })
		},
	})
	return group
}

func (c *cli) acceptSource(ctx context.Context, a *app, name string) error {
	if err := a.store.AcceptIdentity(ctx, name); err != nil {
		return err
	}
	row := loyalty.AuditRow{At: time.Now(), Actor: jobs.ActorCLI, Action: "source.accept", Subject: name}
	if err := a.store.AppendAudit(ctx, row); err != nil {
		return errors.Join(errors.New("it is accepted, but not written into the audit"), err)
	}
	if c.json {
		return c.printJSON(map[string]string{"source": name, "accepted": "next"})
	}
	c.say("the next run of source %s takes whatever database it then is for the right one", name)
	return nil
}
