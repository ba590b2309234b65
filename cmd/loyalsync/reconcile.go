package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"github.com/loyalsync/loyalsync/config"
	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

// reconcile is the task of a job of the kind reconcile; what it finds and comes to is
// told to found and done, which may be nil.
func (a *app) reconcile(d jobs.Definition, found func(loyalty.Difference), done func(loyalty.Reconciliation)) (jobs.Task, error) {
	feed, err := a.feed(d.Source, d.Program)
	if err != nil {
		return nil, err
	}
	return jobs.NewReconcile(jobs.ReconcileConfig{
		Feed: feed, Copy: a.copied, Balances: a.store, Platforms: a, Found: found, Done: done,
	}), nil
}

// copied makes a throw-away copy of the store, which discard removes.
func (a *app) copied(ctx context.Context) (scored jobs.CopiedStore, discard func() error, err error) {
	folder, err := copyFolder()
	if err != nil {
		return nil, nil, err
	}
	remove := func() error { return os.RemoveAll(folder) }
	path := filepath.Join(folder, "copy.db")
	if err := a.store.CopyTo(ctx, path); err != nil {
		return nil, nil, errors.Join(err, remove())
	}
	s, err := store.Open(ctx, store.Config{Path: path, Now: a.now})
	if err != nil {
		return nil, nil, errors.Join(err, remove())
	}
	discard = func() error { return errors.Join(s.Close(), remove()) }
	if err := s.Detach(ctx); err != nil {
		return nil, nil, errors.Join(err, discard())
	}
	return s, discard, nil
}

// ComparedPlatforms are the platforms of the kind http that a feed was sent to.
func (a *app) ComparedPlatforms(ctx context.Context, feed loyalty.Feed) ([]string, error) {
	names, err := a.store.FeedPlatforms(ctx, feed)
	return slices.DeleteFunc(names, func(name string) bool {
		_, err := a.remote(name)
		return err != nil
	}), err
}

// remote is a configured platform that can be asked what it has.
func (a *app) remote(name string) (config.Platform, error) {
	for _, p := range a.config().Platforms {
		if p.Name == name && p.Kind == config.HTTPPlatform {
			return p, nil
		}
	}
	return config.Platform{}, &loyalty.Error{
		Code: loyalty.CodeInvalid, Message: "there is no platform " + name + " of kind http",
		Hint: "the embedded panel reads the ledger itself, so there is nothing to compare; others are under platforms",
	}
}

// ComparePlatform asks a platform what it has of a feed. The embedded panel reads the
// ledger itself.
func (a *app) ComparePlatform(ctx context.Context, feed loyalty.Feed, name string, mend bool, found func(loyalty.Difference), allow func(loyalty.Points) error) (loyalty.PlatformAgreement, int64, error) {
	p, err := a.remote(name)
	if err != nil {
		return loyalty.PlatformAgreement{Platform: name}, 0, err
	}
	client, err := a.client(p)
	if err != nil {
		return loyalty.PlatformAgreement{Platform: name}, 0, err
	}
	return platform.NewComparer(a.store).Compare(ctx, platform.Comparison{
		Feed: feed, Target: platform.Target{Name: p.Name, Batch: p.Batch, Sender: client}, Caller: client, Found: found, Mend: mend, Allow: allow,
	})
}
