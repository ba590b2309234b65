package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/loyalsync/loyalsync/config"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

func (c *cli) deliveriesCommand() *cobra.Command {
	var dead, all bool
	cmd := &cobra.Command{
		Use: "deliveries", Short: "What waits for platforms, and what they refused", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.looking(cmd.Context(), func(a *app) error {
				if dead {
					return c.deadLetters(cmd.Context(), a)
				}
				return c.queues(cmd.Context(), a)
			})
		},
	}
	cmd.Flags().BoolVar(&dead, "dead", false, "list the items that platforms refused")
	requeue := &cobra.Command{
		Use: "requeue ID|--all", Short: "Send refused items again at the next run", Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if all == (len(args) == 1) {
				return &usageError{errors.New("deliveries requeue takes the number of one item, or --all")}
			}
			return c.with(cmd.Context(), func(a *app) error { return c.requeue(cmd.Context(), a, args) })
		},
	}
	requeue.Flags().BoolVar(&all, "all", false, "all of them")
	cmd.AddCommand(requeue, &cobra.Command{
		Use: "accept PLATFORM", Short: "Take what a platform has as it is, after a backup was put back", Args: cobra.ExactArgs(1),
		Long: `After restore a platform is asked which points it has, and made to agree, before
anything is sent to it. One that cannot tell gets nothing until this is said: take
back there, by hand, what was given since the backup, and then accept the rest.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.with(cmd.Context(), func(a *app) error { return c.acceptHeld(cmd.Context(), a, args[0]) })
		},
	}, &cobra.Command{
		Use: "resend PLATFORM", Short: "Send everything again, to a platform that went back to a backup of its own", Args: cobra.ExactArgs(1),
		Long: `A platform whose own store was put back lacks what was sent to it since the backup.
This sends everything again from the beginning; what it has counts once.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.with(cmd.Context(), func(a *app) error { return c.resend(cmd.Context(), a, args[0]) })
		},
	})
	return cmd
}

// knownPlatform refuses a name that the configuration does not know.
func knownPlatform(a *app, name string) error {
	if !slices.ContainsFunc(a.config().Platforms, func(p config.Platform) bool { return p.Name == name }) {
		return &loyalty.Error{Code: loyalty.CodeInvalid, Message: "there is no platform " + name, Hint: "loyalsync config show lists the platforms"}
	}
	return nil
}

func (c *cli) resend(ctx context.Context, a *app, name string) error {
	if err := knownPlatform(a, name); err != nil {
		return err
	}
	if err := a.store.Resend(ctx, name); err != nil {
		return err
	}
	c.say(c.tr("the next runs send everything to platform %s again", "następne wykonania wyślą wszystko do platformy %s jeszcze raz"), name)
	return nil
}

func (c *cli) acceptHeld(ctx context.Context, a *app, name string) error {
	if err := knownPlatform(a, name); err != nil {
		return err
	}
	if err := a.store.AcceptHeld(ctx, name); err != nil {
		return err
	}
	c.say(c.tr("what platform %s has is taken as it is; the next run sends everything to it", "to, co ma platforma %s, przyjęto bez zmian; następne wykonanie wyśle do niej wszystko"), name)
	return nil
}

// deliveriesResult is what deliveries prints as data.
type deliveriesResult struct {
	Queues  []store.DeliveryQueue   `json:"queues"`
	Blocked []store.BlockedPlatform `json:"blocked"`
}

func (c *cli) queues(ctx context.Context, a *app) error {
	queues, err := a.store.Deliveries(ctx)
	if err != nil {
		return err
	}
	blocked, err := a.store.BlockedPlatforms(ctx)
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(deliveriesResult{orEmpty(queues), orEmpty(blocked)})
	}
	if len(queues) == 0 {
		c.say("nothing was delivered yet")
	} else {
		t := newTable(c.out, "PLATFORM", "PROGRAM", "SOURCE", "KIND", "WAITING", "REFUSED", "OLDEST")
		for _, q := range queues {
			t.row(q.Platform, q.Program, q.Source, string(q.Kind), c.number(q.Waiting), c.number(q.Dead), c.instant(a, q.Oldest))
		}
		t.flush()
	}
	for _, b := range blocked {
		c.say("platform %s is blocked since %s: %s", plain(b.Platform), c.instant(a, &b.Since), plain(b.Reason))
	}
	return nil
}

func (c *cli) deadLetters(ctx context.Context, a *app) error {
	letters, err := a.store.DeadLetters(ctx, "")
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(orEmpty(letters))
	}
	if len(letters) == 0 {
		c.say("no platform refused anything")
		return nil
	}
	t := newTable(c.out, "ID", "PLATFORM", "KIND", "ITEM", "CODE", "MESSAGE", "TRIES", "LAST", "STATE")
	for _, l := range letters {
		state := "refused"
		if l.Requeued {
			state = "goes again"
		}
		t.row(strconv.FormatInt(l.ID, 10), l.Platform, string(l.Kind), l.Item, l.Code, l.Message, strconv.Itoa(l.Attempts), c.instant(a, &l.LastAt), state)
	}
	t.flush()
	return nil
}

// requeue asks for one item, or without arguments for all, to be sent again.
func (c *cli) requeue(ctx context.Context, a *app, args []string) (err error) {
	n := int64(1)
	if len(args) == 0 {
		n, err = a.store.RequeueAll(ctx)
	} else {
		var id int64
		if id, err = strconv.ParseInt(args[0], 10, 64); err != nil {
			return &usageError{fmt.Errorf("%q is not the number of an item: see loyalsync deliveries --dead", args[0])}
		}
		err = a.store.Requeue(ctx, id)
	}
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(map[string]int64{"requeued": n})
	}
	c.say("%s will be sent again at the next run of a job with that platform", c.number(n))
	return nil
}

// orEmpty makes an absent list print as [] and not as null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
