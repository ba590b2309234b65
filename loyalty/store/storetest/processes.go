package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

// processes is how many work on one store at once here: each has pools of its own,
// as processes have, and shares nothing with the others but the database.
const processes = 4

// opened opens a store from several processes at the same moment. A new one on a
// server is made by one of them, and all can use it; a file is there before.
func (on Checks) opened(t *testing.T, now func() time.Time) []*store.Store {
	t.Helper()
	place := on.Fresh(t)
	out := make([]*store.Store, processes)
	if place.Path != "" {
		place.OpenAt(t, now)
	}
	together(t, func(i int) (err error) {
		out[i], err = store.Open(t.Context(), place.Config(now))
		return err
	})
	t.Cleanup(func() {
		for _, s := range out {
			if s != nil {
				_ = s.Close()
			}
		}
	})
	if t.Failed() {
		t.FailNow()
	}
	return out
}

// together lets every process do something at once.
func together(t *testing.T, do func(process int) error) {
	t.Helper()
	var all sync.WaitGroup
	for i := range processes {
		all.Go(func() {
			if err := do(i); err != nil {
				t.Errorf("process %d: %v", i, err)
			}
		})
	}
	all.Wait()
}

// testLaw9_OneProcessWins: of processes that want the same at the same moment, one
// has it: a lease, a tick, a queued run, a name.
func (on Checks) testLaw9_OneProcessWins(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	stores := on.opened(t, func() time.Time { return now })
	ctx := t.Context()
	if _, err := stores[0].SeenJob(ctx, "points", "x", now.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	var won [4]atomic.Int32
	last := int64(0)
	for round := range 10 {
		name, until := fmt.Sprintf("lease/%d", round%2), now.Add(time.Minute)
		claim := store.TickClaim{Run: loyalty.Run{Job: "points", Kind: "points", Actor: "schedule", Tick: until}, From: now, To: until, QueueOne: true}
		token, run := atomic.Int64{}, atomic.Int64{}
		together(t, func(i int) error {
			lease, free, err := stores[i].TakeLease(ctx, name, fmt.Sprint(i), 30*time.Second)
			if free {
				won[0].Add(1)
				token.Store(lease.Token)
			}
			id, claimed, errClaim := stores[i].ClaimTicks(ctx, claim)
			if claimed {
				won[1].Add(1)
				run.Store(id)
			}
			return errors.Join(err, errClaim)
		})
		together(t, func(i int) error {
			started, err := stores[i].StartRun(ctx, run.Load(), fmt.Sprint(i), loyalty.Lease{Name: name, Token: token.Load()})
			if started {
				won[2].Add(1)
			}
			err = errors.Join(err, stores[i].CancelRun(ctx, run.Load(), "somebody"))
			if code := loyalty.CodeOf(stores[i].AddJob(ctx, fmt.Sprint("job", round), []byte("{}"), "anna")); code != loyalty.CodeConflict {
				won[3].Add(1)
			}
			return err
		})
		if round%2 == 0 {
			if token.Load() <= last {
				t.Errorf("round %d: token %d after %d", round, token.Load(), last)
			}
			last = token.Load()
		}
		r, err := stores[0].Run(ctx, run.Load())
		if err != nil || r.State != loyalty.RunRunning || !r.Stop {
			t.Fatalf("round %d: run %+v, %v", round, r, err)
		}
		if err := stores[1].FinishRun(ctx, withState(r, loyalty.RunSucceeded), func(*loyalty.JobState) {}); err != nil {
			t.Fatal(err)
		}
		now = until
	}
	for what, n := range map[string]*atomic.Int32{"a lease": &won[0], "a tick": &won[1], "a run": &won[2], "a name": &won[3]} {
		if n.Load() != 10 {
			t.Errorf("%s was won %d times in 10 rounds", what, n.Load())
		}
	}
}

func withState(r loyalty.Run, state loyalty.RunState) loyalty.Run {
	r.State = state
	return r
}

// testLaw1_ProcessesPostAtOnce: processes post pages over the same accounts while
// another delivers and another changes contractors. Every entry has a number of its
// own and is delivered once, in their order; balances are the sums of entries.
func (on Checks) testLaw1_ProcessesPostAtOnce(t *testing.T) {
	const pages, accounts = 12, 2
	stores := on.opened(t, func() time.Time { return time.Unix(1, 0) })
	feed, err := stores[0].OpenFeed(t.Context(), loyalty.Feed{ProgramName: "main", SourceName: "erp", Currency: "PLN"})
	if err != nil {
		t.Fatal(err)
	}
	if err := stores[0].SaveRuleSets(t.Context(), feed.Program, []loyalty.RuleSet{{Rules: []loyalty.Rule{{Name: "base"}}}}); err != nil {
		t.Fatal(err)
	}
	people := func(s *store.Store, hash string) error {
		changes := make([]loyalty.ContractorChange, accounts)
		for i := range changes {
			changes[i].Contractor = loyalty.Contractor{Key: fmt.Sprint(i), Code: "K", Active: true, Hash: hash}
			changes[i].TakesPart = true
		}
		_, err := s.SaveContractors(t.Context(), feed, loyalty.Lease{}, changes)
		return err
	}
	if err := people(stores[0], "0"); err != nil {
		t.Fatal(err)
	}
	posted, delivered := make(chan struct{}), make(chan []int64)
	go func() { delivered <- deliver(t, posted, stores[processes-1], feed) }()
	together(t, func(i int) error {
		for n := range pages {
			if err := post(t.Context(), stores[i], feed, fmt.Sprintf("%d-%d", i, n), fmt.Sprint((i+n)%accounts)); err != nil {
				return err
			}
			if err := people(stores[i], fmt.Sprintf("%d-%d", i, n)); err != nil {
				return err
			}
		}
		return nil
	})
	close(posted)
	got := <-delivered
	want := make([]int64, 0, processes*pages)
	for id := range int64(processes * pages) {
		want = append(want, id+1)
	}
	if !slices.Equal(got, want) {
		t.Errorf("delivered %v", got)
	}
	versions := map[int64]bool{}
	for i := range accounts {
		a := on.account(t, stores[0], feed, fmt.Sprint(i))
		versions[a.Seq] = true
		if a.Active != processes*pages/accounts || a.Scored != processes*pages/accounts {
			t.Errorf("account %d: %+v", i, a)
		}
	}
	if len(versions) != accounts {
		t.Errorf("accounts share a sequence: %v", versions)
	}
}

func (on Checks) account(t *testing.T, s *store.Store, feed loyalty.Feed, key string) loyalty.Balance {
	t.Helper()
	members, err := s.Members(t.Context(), feed, []string{key})
	if err != nil {
		t.Fatal(err)
	}
	balances, err := s.Balances(t.Context(), []int64{members[key].ID})
	if err != nil {
		t.Fatal(err)
	}
	return balances[members[key].ID]
}

// post gives a point for a document, again while what it read has moved.
func post(ctx context.Context, s *store.Store, feed loyalty.Feed, key, contractor string) error {
	for {
		state, err := s.PageState(ctx, feed, []loyalty.Key{{Type: "doc", ID: key}})
		if err != nil {
			return err
		}
		members, err := s.Members(ctx, feed, []string{contractor})
		if err != nil {
			return err
		}
		account := members[contractor].ID
		before, err := s.Balances(ctx, []int64{account})
		if err != nil {
			return err
		}
		old, exists := before[account]
		after := old
		after.Active++
		after.Scored++
		err = s.Post(ctx, loyalty.PageWrite{
			Feed: feed, Version: state.Version, At: time.Unix(1, 0), Actor: "test",
			Documents: []loyalty.StoredDocument{{ID: -1, Root: key, HasBody: true, Account: account, Active: 1, Document: loyalty.Document{
				Key: loyalty.Key{Type: "doc", ID: key}, Number: key, State: loyalty.Released, Party: contractor, Hash: "x",
			}}},
			Entries:  []loyalty.Entry{{Account: account, Document: -1, Line: 1, Rule: 1, Revision: 1, Kind: loyalty.Earn, From: loyalty.Issued, To: loyalty.Active, Amount: 1}},
			Lots:     []loyalty.Lot{{Account: account, Document: -1, LapsesOn: loyalty.NoDate, Active: 1}},
			Accounts: []loyalty.AccountWrite{{ID: account, Exists: exists, Before: old, After: after}},
		})
		if !errors.Is(err, loyalty.ErrStale) {
			return err
		}
	}
}

// deliver takes batches until all is posted and nothing is left, and returns the
// numbers of entries as they came.
func deliver(t *testing.T, posted <-chan struct{}, s *store.Store, feed loyalty.Feed) (numbers []int64) {
	q := wire.Queue{Platform: "hosted", Feed: feed, Kind: wire.Points}
	for {
		ended := false
		select {
		case <-posted:
			ended = true
		default:
		}
		b, err := s.NextDeliveries(t.Context(), q, 0, 3)
		if err == nil && b.Through > 0 {
			err = s.RecordDeliveries(t.Context(), q, wire.Progress{Through: b.Through, Delivered: b.Items})
		}
		if err != nil {
			t.Error(err)
			return numbers
		}
		for _, it := range b.Items {
			numbers = append(numbers, it.Position)
		}
		if ended && b.Through == 0 {
			return numbers
		}
	}
}
