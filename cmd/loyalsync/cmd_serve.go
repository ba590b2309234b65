package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/spf13/cobra"

	"github.com/loyalsync/loyalsync/config"
	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/loyalty"
)

func (c *cli) serveCommand() *cobra.Command {
	return &cobra.Command{
		Use: "serve", Short: "Run the jobs when they are due, and serve the panel and the API", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.with(cmd.Context(), func(a *app) error {
				a.log.Info("loyalsync serves", "version", version(), "config", a.file.Path, "store", a.store.Name())
				err := a.serve(cmd.Context(), c)
				a.log.Info("loyalsync has stopped")
				return err
			})
		},
	}
}

const (
	headerTimeout   = 10 * time.Second
	idleTimeout     = 2 * time.Minute
	shutdownTimeout = 2 * time.Second // with the scheduler's 18 s, a stop takes 20 s at most
)

// serve schedules jobs and answers HTTP until ctx ends: then no more ticks are
// claimed, runs finish their page, and the server stops last.
func (a *app) serve(ctx context.Context, c *cli) error {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	runner, err := a.runner(registry)
	if err != nil {
		return err
	}
	scheduler, err := jobs.NewScheduler(jobs.SchedulerConfig{
		Runner: runner, Settings: settings(a.config()), Retention: a.config().Retention.Runs.Std(), SilentFor: a.config().Alerts.SilentFor.Std(),
		FreeHeld: a.freeHeld, Alive: a.watchdog(),
	})
	if err != nil {
		return err
	}
	handler, err := a.handler(registry)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	served := make(chan error, 1)
	server, err := a.listen(ctx, handler, served)
	if err != nil {
		return err
	}
	examined, err := a.examineAtStart(ctx, registry)
	if err != nil {
		return errors.Join(err, server.Close())
	}
	go a.reloadOnHangup(ctx, c, scheduler)
	a.notify(daemon.SdNotifyReady)
	context.AfterFunc(ctx, func() { a.notify(daemon.SdNotifyStopping) })
	scheduled := make(chan error, 1)
	go func() { scheduled <- scheduler.Serve(ctx) }()
	var errs []error
	select {
	case err := <-served:
		errs = append(errs, err)
		cancel()
		errs = append(errs, <-scheduled)
	case err := <-scheduled:
		errs = append(errs, err)
	}
	cancel()
	errs = append(errs, shutdown(context.WithoutCancel(ctx), server))
	<-examined
	return errors.Join(errs...)
}

// notify tells systemd a state; elsewhere it does nothing.
func (a *app) notify(state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		a.log.Warn("systemd could not be told", "state", state, "error", err)
	}
}

// watchdog returns what gives systemd a sign of life, often enough for its
// patience; nil where nobody waits for one. It is called from one goroutine.
func (a *app) watchdog() func() {
	patience, err := daemon.SdWatchdogEnabled(false)
	if err != nil || patience == 0 {
		return nil
	}
	var last time.Time
	return func() {
		if now := a.now(); now.Sub(last) >= patience/4 || now.Before(last) {
			last = now
			a.notify(daemon.SdNotifyWatchdog)
		}
	}
}

// shutdown lets requests end, and cuts off those that take too long: whoever
// pushes tries again, and a reader reads again.
func shutdown(ctx context.Context, server *http.Server) error {
	ctx, cancel := context.WithTimeout(ctx, shutdownTimeout)
	defer cancel()
	err := server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = server.Close()
	}
	return err
}

// listen opens the address before anything else is said to be ready.
func (a *app) listen(ctx context.Context, handler http.Handler, served chan<- error) (*http.Server, error) {
	h := a.config().HTTP
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", h.Addr)
	if err != nil {
		return nil, &loyalty.Error{
			Code: loyalty.CodeInvalid, Message: "cannot listen on " + h.Addr,
			Hint: "another program may use that port: stop it, or change http.addr", Err: err,
		}
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, ReadTimeout: 5 * time.Minute}
	go func() {
		var err error
		if h.TLSCert != "" {
			err = server.ServeTLS(listener, string(h.TLSCert), string(h.TLSKey))
		} else {
			err = server.Serve(listener)
		}
		if !errors.Is(err, http.ErrServerClosed) {
			served <- &loyalty.Error{Code: loyalty.CodeInternal, Message: "the HTTP server stopped", Hint: "check tls_cert and tls_key", Err: err}
		}
	}()
	a.log.Info("listening", "addr", listener.Addr().String())
	return server, nil
}

// reloadOnHangup takes a changed configuration over at SIGHUP: whole and valid,
// or not at all. The store and the addresses need a restart.
func (a *app) reloadOnHangup(ctx context.Context, c *cli, scheduler *jobs.Scheduler) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
			if err := a.reload(c, scheduler); err != nil {
				a.log.Error("configuration not reloaded, the old one stays", "error", err.Error())
				continue
			}
			a.log.Info("configuration reloaded")
		}
	}
}

func (a *app) reload(c *cli, scheduler *jobs.Scheduler) error {
	file, err := c.load()
	if err != nil {
		return err
	}
	old := a.config()
	if !sameStore(file.Config.Store, old.Store) || file.Config.HTTP.Addr != old.HTTP.Addr {
		return &loyalty.Error{Code: loyalty.CodeInvalid, Message: "store and http.addr do not change while the service runs", Hint: "restart the service"}
	}
	if err := scheduler.Reload(settings(file.Config)); err != nil {
		return fmt.Errorf("reload: %w", err)
	}
	a.swap(file)
	return nil
}

func sameStore(a, b config.Store) bool {
	return a.URL.Reveal() == b.URL.Reveal() && a.Password.Reveal() == b.Password.Reveal()
}
