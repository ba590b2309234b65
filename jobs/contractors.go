package jobs

import (
	"context"
	"fmt"
	"slices"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/loyalty"
)

// NewContractors returns the task of jobs of the kind contractors: it reads
// everybody once, decides who takes part and sends what changed.
func NewContractors(cfg FeedConfig) Task { return feedTask{cfg, (*feedRun).people} }

// undecided remembers contractors that could not be decided. They keep what was
// decided before; the run goes on with the others and says so at its end.
type undecided struct {
	count int
	first error
}

func (u *undecided) add(err error) {
	if u.count == 0 {
		u.first = err
	}
	u.count++
}

func (u *undecided) err() error {
	if u.count == 0 {
		return nil
	}
	return &loyalty.Error{
		Code: loyalty.CodeInvalid, Message: fmt.Sprintf("%d contractors could not be decided and stay as they were; the first", u.count),
		Hint: "mend the condition or the contractors in the ERP; the next run decides them", Err: u.first,
	}
}

// people reads every contractor and representative, writes those that changed
// and ends the participation of those that are gone from the ERP.
func (s *feedRun) people(ctx context.Context) error {
	fp, _ := s.cfg.Mapping.Fingerprints()
	stored, _, err := s.cfg.Store.Fingerprints(ctx, s.feed)
	if err != nil {
		return err
	}
	if err := s.findBeneficiaries(ctx); err != nil {
		return err
	}
	var faulty undecided
	seen := make(map[string]bool) // of those who take part
	all := fp != stored           // decided in another way: write everybody anew
	after := connectors.Position("")
	for {
		page, err := s.source.Contractors(ctx, after, peoplePage)
		if err != nil {
			return fmt.Errorf("source %s: %w", s.cfg.Source, err)
		}
		if err := s.decide(ctx, page.Items, all, seen, &faulty); err != nil {
			return err
		}
		s.run.Count(func(c *Counts) { c.Read.Contractors += int64(len(page.Items)) })
		s.read += int64(len(page.Items))
		s.run.Progress(s.page, s.read, "contractors")
		if page.Done {
			break
		}
		after = page.Next
	}
	if len(seen) == 0 {
		s.log.WarnContext(ctx, "no contractor takes part, so nothing will earn points", "hint", "see contractors of the mapping: where, codes")
	}
	if err := s.gone(ctx, seen, &faulty); err != nil {
		return err
	}
	if err := s.representatives(ctx, &faulty); err != nil {
		return err
	}
	if all { // those that could not be decided are tried again by every run of this kind
		if err := s.cfg.Store.SavePeopleFingerprint(ctx, s.feed, s.run.Lease(), fp); err != nil {
			return err
		}
	}
	return faulty.err()
}

// resolve finds contractor keys by code among those asked for before.
func (s *feedRun) resolve(code string) (string, bool) {
	key, ok := s.codes[code]
	return key, ok
}

// findBeneficiaries finds the keys of contractors that overrides send points to:
// in the store, and at the first run in the ERP.
func (s *feedRun) findBeneficiaries(ctx context.Context) error {
	if len(s.cfg.PointsTo) == 0 {
		return nil
	}
	keys, err := s.cfg.Store.ContractorKeys(ctx, s.feed, s.cfg.PointsTo)
	if err != nil {
		return err
	}
	missing := make(map[string]bool)
	for _, code := range s.cfg.PointsTo {
		if key, ok := keys[code]; ok {
			s.codes[code] = key
		} else {
			missing[code] = true
		}
	}
	for after := connectors.Position(""); len(missing) > 0; {
		page, err := s.source.Contractors(ctx, after, peoplePage)
		if err != nil {
			return fmt.Errorf("source %s: %w", s.cfg.Source, err)
		}
		for _, c := range page.Items {
			if m, err := s.cfg.Mapping.Contractor(c); err == nil && missing[m.Code] {
				s.codes[m.Code] = c.ID
				delete(missing, m.Code)
			}
		}
		if page.Done {
			break
		}
		after = page.Next
	}
	return nil
}

// decide maps a page of contractors and writes those that changed.
func (s *feedRun) decide(ctx context.Context, page []connectors.Contractor, all bool, seen map[string]bool, faulty *undecided) error {
	keys := make([]string, len(page))
	for i := range page {
		keys[i] = page[i].ID
	}
	known, err := s.cfg.Store.KnownContractors(ctx, s.feed, keys)
	if err != nil {
		return err
	}
	keep := make(map[string]bool, len(s.codes))
	for _, key := range s.codes {
		keep[key] = true
	}
	var changes []loyalty.ContractorChange
	for _, c := range page {
		change := loyalty.ContractorChange{Today: s.today(), Keep: keep[c.ID]}
		if change.Contractor, err = s.cfg.Mapping.Contractor(c); err == nil {
			change.Participation, err = s.cfg.Mapping.Participation(c, s.resolve)
		}
		old, stored := known[c.ID]
		if err != nil {
			faulty.add(err)
			if old.TakesPart {
				seen[c.ID] = true
			}
			if !stored { // known by key, so that nothing waits for him; decided when he can be
				changes = append(changes, loyalty.ContractorChange{
					Contractor: loyalty.Contractor{Key: c.ID}, Participation: loyalty.Participation{Reason: loyalty.ReasonNotInProgram}, Today: s.today(),
				})
			}
			continue
		}
		if change.TakesPart {
			seen[c.ID] = true
		}
		change.Gone = stored && removed(c)
		if all || !stored || old.Hash != change.Hash || decidedAnew(old.Member, change.Participation) {
			changes = append(changes, change)
		}
	}
	result, err := s.cfg.Store.SaveContractors(ctx, s.feed, s.run.Lease(), changes)
	if err != nil {
		return err
	}
	s.run.Count(func(c *Counts) { c.Changed += int64(result.Changed) })
	if s.cfg.AttributeCodes == "" || !slices.ContainsFunc(page, func(c connectors.Contractor) bool { return known[c.ID].ID == 0 }) {
		return nil
	}
	return s.cfg.Store.QueueWithoutParty(ctx, s.feed, s.run.Lease()) // a document may name the newcomer by code
}

// removed says whether a merge took the contractor out of the ERP: all that it still has
// is what it was merged into. What is stored of it stays.
func removed(c connectors.Contractor) bool { return c.MergedInto != "" && c.Code == "" && !c.Active }

func decidedAnew(old loyalty.Member, now loyalty.Participation) bool {
	if old.TakesPart != now.TakesPart {
		return true
	}
	return now.TakesPart && (old.From != now.EarnFrom || old.Beneficiary != now.Beneficiary)
}

// gone ends the participation of contractors that the listing did not have and
// that the ERP does not find by key either.
func (s *feedRun) gone(ctx context.Context, seen map[string]bool, faulty *undecided) error {
	for after := ""; ; {
		keys, err := s.cfg.Store.Participants(ctx, s.feed, after, peoplePage)
		if err != nil || len(keys) == 0 {
			return err
		}
		after = keys[len(keys)-1]
		var missing []string
		for _, key := range keys {
			if !seen[key] {
				missing = append(missing, key)
			}
		}
		if len(missing) == 0 {
			continue
		}
		found, err := s.source.ContractorsByKey(ctx, missing)
		if err != nil {
			return fmt.Errorf("source %s: %w", s.cfg.Source, err)
		}
		if err := s.decide(ctx, found, false, seen, faulty); err != nil {
			return err
		}
		if err := s.leave(ctx, missing, found); err != nil {
			return err
		}
	}
}

// leave writes contractors that no longer exist as having left.
func (s *feedRun) leave(ctx context.Context, missing []string, found []connectors.Contractor) error {
	there := make(map[string]bool, len(found))
	for _, c := range found {
		there[c.ID] = true
	}
	var changes []loyalty.ContractorChange
	for _, key := range missing {
		if !there[key] {
			changes = append(changes, loyalty.ContractorChange{
				Contractor: loyalty.Contractor{Key: key}, Gone: true,
				Participation: loyalty.Participation{Reason: loyalty.ReasonNotInProgram}, Today: s.today(),
			})
		}
	}
	_, err := s.cfg.Store.SaveContractors(ctx, s.feed, s.run.Lease(), changes)
	return err
}

// representatives writes the people of contractors who take part, and retires
// those that are gone or no longer may sign in.
func (s *feedRun) representatives(ctx context.Context, faulty *undecided) error {
	seen := make(map[string]bool)
	for after := connectors.Position(""); ; {
		page, err := s.source.Representatives(ctx, after, peoplePage)
		if err != nil {
			return fmt.Errorf("source %s: %w", s.cfg.Source, err)
		}
		if err := s.saveRepresentatives(ctx, page.Items, seen, faulty); err != nil {
			return err
		}
		s.run.Count(func(c *Counts) { c.Read.Representatives += int64(len(page.Items)) })
		if page.Done {
			break
		}
		after = page.Next
	}
	for after := ""; ; {
		keys, err := s.cfg.Store.ActiveRepresentatives(ctx, s.feed, after, peoplePage)
		if err != nil || len(keys) == 0 {
			return err
		}
		after = keys[len(keys)-1]
		var retired []string
		for _, key := range keys {
			if !seen[key] {
				retired = append(retired, key)
			}
		}
		if err := s.cfg.Store.RetireRepresentatives(ctx, s.feed, s.run.Lease(), retired); err != nil {
			return err
		}
		s.run.Count(func(c *Counts) { c.Changed += int64(len(retired)) })
	}
}

func (s *feedRun) saveRepresentatives(ctx context.Context, page []connectors.Representative, seen map[string]bool, faulty *undecided) error {
	contractors := make([]string, 0, len(page))
	for _, p := range page {
		contractors = append(contractors, p.Contractor)
	}
	known, err := s.cfg.Store.KnownContractors(ctx, s.feed, contractors)
	if err != nil {
		return err
	}
	var people []loyalty.Representative
	for _, p := range page {
		if !known[p.Contractor].TakesPart && !p.Erased {
			continue
		}
		mapped, takesPart, err := s.cfg.Mapping.Representative(p)
		if err != nil {
			faulty.add(err)
			seen[p.ID] = true // stays as he was
			continue
		}
		if takesPart || mapped.Erased {
			seen[p.ID] = true
			people = append(people, mapped)
		}
	}
	changed, err := s.cfg.Store.SaveRepresentatives(ctx, s.feed, s.run.Lease(), people)
	s.run.Count(func(c *Counts) { c.Changed += int64(changed) })
	return err
}
