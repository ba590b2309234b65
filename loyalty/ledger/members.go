package ledger

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/loyalsync/loyalsync/loyalty"
)

// met are contractors as they were in one version of the feed, which changes with
// each of them: they need not be read again for every page.
type met struct {
	version int64
	members map[string]loyalty.Member
}

// maxMet bounds how many contractors are remembered: about a kilobyte each.
const maxMet = 6_000

// unversioned reads contractors as they are at the moment.
const unversioned = -1

// members are the parties of chains and those to whom their points go, by key, in a
// version of the feed.
func (l *Ledger) members(ctx context.Context, chains []chain, version int64) (map[string]loyalty.Member, error) {
	parties := make(map[string]bool, len(chains))
	for _, c := range chains {
		if c.original != nil && c.original.Party != "" {
			parties[c.original.Party] = true
		}
	}
	members, err := l.known(ctx, parties, version)
	if err != nil {
		return nil, fmt.Errorf("load who takes part: %w", err)
	}
	others := make(map[string]bool)
	for _, m := range members {
		if _, known := members[m.Beneficiary]; m.Beneficiary != "" && !known {
			others[m.Beneficiary] = true
		}
	}
	if len(others) == 0 {
		return members, nil
	}
	more, err := l.known(ctx, others, version)
	if err != nil {
		return nil, fmt.Errorf("load who gets points: %w", err)
	}
	maps.Copy(members, more)
	for _, m := range members {
		if m.Beneficiary != "" && members[m.Beneficiary].ID == 0 {
			return nil, &loyalty.Error{
				Code: loyalty.CodeInvalid, Message: fmt.Sprintf("points of contractor %s go to contractor %s, who is not known", m.Key, m.Beneficiary),
				Hint: "run the contractors job, or correct the override",
			}
		}
	}
	return members, nil
}

// known are the contractors with these keys, as far as anybody knows them. One that is
// newer than the version makes the page stale when it is posted.
func (l *Ledger) known(ctx context.Context, keys map[string]bool, version int64) (map[string]loyalty.Member, error) {
	if version == unversioned {
		return l.cfg.Store.Members(ctx, l.cfg.Feed, slices.Sorted(maps.Keys(keys)))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.met.version != version || l.met.members == nil || len(l.met.members)+len(keys) > maxMet {
		l.met = met{version: version, members: make(map[string]loyalty.Member, len(keys))}
	}
	members := make(map[string]loyalty.Member, len(keys))
	var unmet []string
	for key := range keys {
		if m, known := l.met.members[key]; known {
			members[key] = m
		} else {
			unmet = append(unmet, key)
		}
	}
	if len(unmet) == 0 {
		return members, nil
	}
	slices.Sort(unmet)
	read, err := l.cfg.Store.Members(ctx, l.cfg.Feed, unmet)
	if err != nil {
		return nil, err
	}
	maps.Copy(l.met.members, read)
	maps.Copy(members, read)
	return members, nil
}
