package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/kardianos/service"
	"github.com/spf13/cobra"

	"github.com/loyalsync/loyalsync/loyalty"
)

// serviceFlags are those of service install.
type serviceFlags struct {
	user, passwordFile string
	print              bool
}

func (c *cli) serviceCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "service", Short: "Install, start and stop loyalsync as a service of Windows or systemd", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var f serviceFlags
	install := &cobra.Command{
		Use: "install", Short: "Install the service and give its account the rights it needs", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return c.serviceInstall(f) },
	}
	install.Flags().StringVar(&f.user, "user", defaultAccount, "account the service runs under")
	install.Flags().StringVar(&f.passwordFile, "password-file", "", "file with the account's password (Windows, accounts that have one)")
	install.Flags().BoolVar(&f.print, "print", false, "change nothing, show what would be installed")
	for _, sub := range []struct {
		name, short string
		do          func() error
	}{
		{"uninstall", "Remove the service; configuration, store and logs stay", c.serviceUninstall},
		{"start", "Start the service", c.serviceStart},
		{"stop", "Stop the service; it takes at most 20 s, and loses nothing", c.serviceStop},
		{"status", "Say whether it runs, since when, and with which configuration", c.serviceStatus},
	} {
		cmd.AddCommand(&cobra.Command{Use: sub.name, Short: sub.short, Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error { return sub.do() }})
	}
	cmd.AddCommand(install)
	return cmd
}

// idle stands where the library wants a program: ours runs by serve.
type idle struct{}

func (idle) Start(service.Service) error { return nil }
func (idle) Stop(service.Service) error  { return nil }

// manager is the machine's service manager, as far as our service goes.
func manager(p servicePlan) (service.Service, error) {
	s, err := service.New(idle{}, managed(p))
	if err != nil || service.Platform() != wantedPlatform {
		return nil, &loyalty.Error{
			Code: loyalty.CodeInvalid, Message: "this machine has no " + wantedManager,
			Hint: "let your own supervisor run: loyalsync serve --config FILE; it stops at SIGTERM within 20 s", Err: err,
		}
	}
	return s, nil
}

func (c *cli) serviceInstall(f serviceFlags) error {
	file, err := c.load()
	if err != nil {
		return err
	}
	p, err := newServicePlan(file, f.user)
	if err != nil {
		return err
	}
	if f.passwordFile != "" {
		text, err := os.ReadFile(f.passwordFile)
		if err != nil {
			return &loyalty.Error{Code: loyalty.CodeInvalid, Message: "the password's file cannot be read", Hint: "check --password-file", Err: err}
		}
		p.password = strings.TrimRight(string(text), "\r\n")
	}
	if err := p.check(); err != nil {
		return err
	}
	if f.print {
		c.say("%s", strings.TrimRight(p.describe(), "\n"))
		return nil
	}
	if err := elevated(); err != nil {
		return err
	}
	if err := c.install(p); err != nil {
		return err
	}
	for _, path := range p.foreign {
		c.say("let the account read: %s", path)
	}
	if file.Config.Log.File == "" && logNeeded {
		c.say("log.file is not set: only errors are kept, in the event log")
	}
	c.say("installed; start it: loyalsync service start")
	return nil
}

// install does what the plan says.
func (c *cli) install(p servicePlan) error {
	s, err := manager(p)
	if err != nil {
		return err
	}
	if _, err := s.Status(); !errors.Is(err, service.ErrNotInstalled) {
		return &loyalty.Error{
			Code: loyalty.CodeConflict, Message: "the service is installed already",
			Hint: "to install it anew: loyalsync service stop, loyalsync service uninstall; data stays",
		}
	}
	if err := p.makeFolders(); err != nil {
		return err
	}
	c.say("service %s, account %s, configuration %s", serviceName, p.account, p.config)
	if err := c.carryOut(p.before()); err != nil {
		return err
	}
	if err = s.Install(); err != nil {
		err = serviceError("install", err)
	} else if err = c.carryOut(p.after()); err == nil {
		err = finishInstall(p)
	}
	if err != nil { // nothing half done stays
		if _, there := s.Status(); !errors.Is(there, service.ErrNotInstalled) {
			err = errors.Join(err, s.Uninstall())
		}
	}
	return err
}

// controlled runs fn on the installed service, as administrator.
func controlled(what string, fn func(service.Service) error) error {
	if err := elevated(); err != nil {
		return err
	}
	s, err := manager(servicePlan{})
	if err != nil {
		return err
	}
	if _, err := s.Status(); errors.Is(err, service.ErrNotInstalled) {
		return notInstalled()
	}
	if err := fn(s); err != nil {
		return serviceError(what, err)
	}
	return nil
}

func notInstalled() error {
	return &loyalty.Error{Code: loyalty.CodeNotFound, Message: "the service is not installed", Hint: "loyalsync service install --config FILE"}
}

func serviceError(what string, err error) error {
	return &loyalty.Error{Code: loyalty.CodeInternal, Message: "the service manager could not " + what + " the service", Hint: managerHint, Err: err}
}

func (c *cli) serviceUninstall() error {
	err := controlled("uninstall", func(s service.Service) error {
		if st, err := s.Status(); err == nil && st == service.StatusRunning {
			if err := s.Stop(); err != nil {
				return err
			}
		}
		return s.Uninstall()
	})
	if err == nil {
		c.say("uninstalled; configuration, store and logs are left as they are")
	}
	return err
}

// startWatch is how long a start is watched: a service that cannot work ends
// soon.
const (
	startWatch = 3 * time.Second
	startLook  = 250 * time.Millisecond
)

func (c *cli) serviceStart() error {
	err := controlled("start", func(s service.Service) error {
		if st, err := s.Status(); err == nil && st == service.StatusRunning {
			return nil
		}
		if err := s.Start(); err != nil {
			return err
		}
		for range startWatch / startLook {
			time.Sleep(startLook)
			if st, err := s.Status(); err != nil || st != service.StatusRunning {
				return errors.Join(errors.New("it ended at once"), err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.serviceStatus()
}

func (c *cli) serviceStop() error {
	err := controlled("stop", func(s service.Service) error {
		if st, err := s.Status(); err == nil && st == service.StatusStopped {
			return nil
		}
		return s.Stop()
	})
	if err == nil {
		c.say("stopped")
	}
	return err
}

// serviceState is what status tells.
type serviceState struct {
	State  string     `json:"state"` // running, starting, stopping, stopped, failed
	PID    int        `json:"pid,omitempty"`
	Since  *time.Time `json:"since,omitempty"`
	Config string     `json:"config,omitempty"`
}

// serviceStatus prints the state; a service that does not run is the answer no.
func (c *cli) serviceStatus() error {
	if _, err := manager(servicePlan{}); err != nil {
		return err
	}
	st, err := queryService()
	if err != nil {
		return err
	}
	if c.json {
		if err := c.printJSON(st); err != nil {
			return err
		}
	} else {
		line := st.State
		if st.PID != 0 {
			line += fmt.Sprintf(", process %d", st.PID)
		}
		if st.Since != nil {
			line += ", since " + st.Since.Local().Format(time.DateTime)
		}
		c.say("%s", line)
		c.say("configuration: %s", st.Config)
	}
	if st.State != "running" {
		return errors.Join(errNo, errSilent)
	}
	return nil
}
