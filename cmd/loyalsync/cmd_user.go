package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/web"
)

func (c *cli) userCommand() *cobra.Command {
	group := &cobra.Command{
		Use: "user", Short: "People who sign in to the panel and the console", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var addFile, passwdFile, role string
	add := &cobra.Command{
		Use: "add NAME", Short: "Add a user; the password is asked for, or read from standard input", Args: cobra.ExactArgs(1),
		RunE: c.userAction("added", func(ctx context.Context, users *web.Users, name string) error {
			password, err := c.password(addFile)
			if err == nil {
				_, err = users.Add(ctx, jobs.ActorCLI, name, password, loyalty.Role(role), c.lang)
			}
			return err
		}),
	}
	add.Flags().StringVar(&role, "role", string(loyalty.RoleAdmin), "what the user may do: admin")
	passwd := &cobra.Command{
		Use: "passwd NAME", Short: "Set a new password and end the user's sessions", Args: cobra.ExactArgs(1),
		RunE: c.userAction("has a new password", func(ctx context.Context, users *web.Users, name string) error {
			password, err := c.password(passwdFile)
			if err == nil {
				err = users.SetPassword(ctx, jobs.ActorCLI, name, password)
			}
			return err
		}),
	}
	for cmd, file := range map[*cobra.Command]*string{add: &addFile, passwd: &passwdFile} {
		cmd.Flags().StringVar(file, "password-file", "", "file holding the password and nothing else")
	}
	group.AddCommand(
		add, passwd,
		&cobra.Command{
			Use: "disable NAME", Short: "Stop a user from signing in and end the sessions", Args: cobra.ExactArgs(1),
			RunE: c.userAction("disabled", func(ctx context.Context, users *web.Users, name string) error {
				return users.Disable(ctx, jobs.ActorCLI, name, true)
			}),
		},
		&cobra.Command{
			Use: "enable NAME", Short: "Let a disabled user sign in again", Args: cobra.ExactArgs(1),
			RunE: c.userAction("enabled", func(ctx context.Context, users *web.Users, name string) error {
				return users.Disable(ctx, jobs.ActorCLI, name, false)
			}),
		},
		&cobra.Command{
			Use: "list", Short: "List the users", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return c.looking(cmd.Context(), func(a *app) error { return c.listUsers(cmd.Context(), a) })
			},
		},
	)
	return group
}

// userAction runs do for the user named on the command line and says what was
// done.
func (c *cli) userAction(done string, do func(ctx context.Context, users *web.Users, name string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		return c.with(cmd.Context(), func(a *app) error {
			users, err := a.users()
			if err != nil {
				return err
			}
			if err := do(cmd.Context(), users, args[0]); err != nil {
				return err
			}
			if c.json {
				return c.printJSON(map[string]string{"user": args[0], "done": done})
			}
			c.say("user %s: %s", args[0], done)
			return nil
		})
	}
}

// users are the people who sign in.
func (a *app) users() (*web.Users, error) {
	return web.NewUsers(web.UsersConfig{Store: a.store, Audit: a.store, Now: a.now})
}

// userResult is a user as data; never with the password's hash.
type userResult struct {
	Name       string     `json:"name"`
	Role       string     `json:"role"`
	Disabled   bool       `json:"disabled"`
	CreatedAt  time.Time  `json:"created_at"`
	LastSignIn *time.Time `json:"last_sign_in_at,omitempty"`
}

func (c *cli) listUsers(ctx context.Context, a *app) error {
	users, err := a.users()
	if err != nil {
		return err
	}
	list, err := users.List(ctx)
	if err != nil {
		return err
	}
	out := make([]userResult, len(list))
	t := newTable(c.out)
	if len(list) > 0 && !c.json {
		t.row("NAME", "ROLE", "STATE", "ADDED", "LAST SIGNED IN")
	}
	for i, u := range list {
		out[i] = userResult{Name: u.Name, Role: string(u.Role), Disabled: u.Disabled, CreatedAt: u.CreatedAt.UTC()}
		if !u.LastSignInAt.IsZero() {
			at := u.LastSignInAt.UTC()
			out[i].LastSignIn = &at
		}
		state := "may sign in"
		if u.Disabled {
			state = "disabled"
		}
		t.row(u.Name, string(u.Role), state, c.instant(a, &out[i].CreatedAt), c.instant(a, out[i].LastSignIn))
	}
	if c.json {
		return c.printJSON(out)
	}
	if len(list) == 0 {
		c.say("there are no users; add one: loyalsync user add NAME")
	}
	t.flush()
	return nil
}

// maxPasswordInput is the most that is read for a password, in bytes.
const maxPasswordInput = 4096

// password comes from a file, from a person who types it twice unseen, or from
// standard input when that is no terminal; never from the command line, where
// everybody on the machine could read it.
func (c *cli) password(file string) (string, error) {
	if file != "" {
		f, err := os.Open(file) //nolint:gosec // the administrator names the file
		if err != nil {
			return "", &loyalty.Error{Code: loyalty.CodeInvalid, Message: "the file of --password-file cannot be read", Hint: "check its name and who may read it", Err: err}
		}
		password, err := firstLine(f)
		return password, errors.Join(err, f.Close())
	}
	if in, ok := c.in.(*os.File); ok && terminal(c.in) {
		return c.askPassword(int(in.Fd()))
	}
	return firstLine(c.in)
}

// knownPassword reads a password that somebody has: it is asked for once.
func (c *cli) knownPassword(file string) (string, error) {
	in, ok := c.in.(*os.File)
	if file != "" || !ok || !terminal(c.in) {
		return c.password(file)
	}
	fprintf(c.err, "password: ")
	text, err := term.ReadPassword(int(in.Fd()))
	fprintf(c.err, "\n")
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	return string(text), nil
}

func (c *cli) askPassword(fd int) (string, error) {
	var typed [2]string
	for i, prompt := range []string{"password: ", "once more: "} {
		fprintf(c.err, "%s", prompt)
		text, err := term.ReadPassword(fd)
		fprintf(c.err, "\n")
		if err != nil {
			return "", fmt.Errorf("read the password: %w", err)
		}
		typed[i] = string(text)
	}
	if typed[0] != typed[1] {
		return "", &loyalty.Error{Code: loyalty.CodeInvalid, Message: "the two passwords differ", Hint: "try again"}
	}
	return typed[0], nil
}

// firstLine is what stands before the first line end.
func firstLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, maxPasswordInput)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password: %w", err)
	}
	line = strings.TrimRight(strings.TrimPrefix(line, "\ufeff"), "\r\n")
	if line == "" {
		return "", &loyalty.Error{Code: loyalty.CodeInvalid, Message: "there is no password", Hint: "type it, pipe it in, or name a file with --password-file"}
	}
	return line, nil
}
