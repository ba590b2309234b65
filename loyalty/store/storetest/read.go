package storetest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/loyalty"
)

func codes(list []loyalty.ContractorOverview) string {
	out := make([]string, len(list))
	for i, c := range list {
		out[i] = fmt.Sprintf("%s/%d", c.Code, c.ID)
	}
	return strings.Join(out, " ")
}

func (on Checks) testPrograms(t *testing.T) {
	s, _ := on.seeded(t)
	got, err := s.Programs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []loyalty.ProgramOverview{
		{ID: 2, Name: "extra", Currency: "EUR", Decimals: 2, Sources: []string{"optima"}},
		{ID: 1, Name: "main", Currency: "PLN", Sources: []string{"optima", "shop"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func (on Checks) testContractors(t *testing.T) {
	s, _ := on.seeded(t)
	for name, tt := range map[string]struct {
		filter loyalty.ContractorFilter
		want   string
		total  int
	}{
		"those in the program or with points": {loyalty.ContractorFilter{}, "K001/1 K001/5 K002/2 k004/4", 4},
		"who takes part":                      {loyalty.ContractorFilter{Taking: loyalty.TakesPart}, "K001/1 K001/5 K002/2", 3},
		"who does not":                        {loyalty.ContractorFilter{Taking: loyalty.NotTaking}, "K003/3 k004/4", 2},
		"another program":                     {loyalty.ContractorFilter{Program: 2}, "", 0},
		"second page":                         {loyalty.ContractorFilter{Limit: 2, Offset: 2}, "K002/2 k004/4", 4},
		"by name, descending":                 {loyalty.ContractorFilter{Sort: loyalty.SortName, Desc: true}, "K001/1 K002/2 K001/5 k004/4", 4},
		"by joined":                           {loyalty.ContractorFilter{Sort: loyalty.SortJoined}, "K001/5 k004/4 K001/1 K002/2", 4},
		"by available, descending":            {loyalty.ContractorFilter{Sort: loyalty.SortAvailable, Desc: true}, "K001/1 K001/5 K002/2 k004/4", 4},
		"by pending":                          {loyalty.ContractorFilter{Sort: loyalty.SortPending}, "K001/5 K002/2 k004/4 K001/1", 4},
		"by scored":                           {loyalty.ContractorFilter{Sort: loyalty.SortScored}, "K001/5 K002/2 k004/4 K001/1", 4},
		"Polish letters typed plain":          {loyalty.ContractorFilter{Search: "zolw"}, "K001/1", 1},
		"upper case found by lower":           {loyalty.ContractorFilter{Search: "łąka"}, "K002/2", 1},
		"lower case found by upper":           {loyalty.ContractorFilter{Search: "ŻÓŁW SYN"}, "K001/1", 1},
		"words in any order":                  {loyalty.ContractorFilter{Search: "synowie k001"}, "K001/1", 1},
		"a word that is not there":            {loyalty.ContractorFilter{Search: "synowie k002"}, "", 0},
		"tax number without dashes":           {loyalty.ContractorFilter{Search: "5252248481"}, "K001/1", 1},
		"tax number with dashes":              {loyalty.ContractorFilter{Search: "111-111-11-11"}, "K002/2", 1},
		"card":                                {loyalty.ContractorFilter{Search: "c-78"}, "k004/4", 1},
		"a bracket is a letter":               {loyalty.ContractorFilter{Search: "[nowak]"}, "k004/4", 1},
		"a star is a letter":                  {loyalty.ContractorFilter{Search: "*"}, "", 0},
		"a percent sign is a letter":          {loyalty.ContractorFilter{Search: "100%"}, "k004/4", 1},
		"a caret is a letter":                 {loyalty.ContractorFilter{Search: "^"}, "", 0},
		"a quote is a letter":                 {loyalty.ContractorFilter{Search: "' OR 1=1 --"}, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			f := tt.filter
			f.Today = today
			if f.Program == 0 {
				f.Program = 1
			}
			if f.Limit == 0 {
				f.Limit = 50
			}
			list, total, err := s.Contractors(t.Context(), f)
			if err != nil || codes(list) != tt.want || total != tt.total {
				t.Errorf("got %q of %d, %v; want %q of %d", codes(list), total, err, tt.want, tt.total)
			}
		})
	}
}

// A lot past its date is not available from the next day on, whether anything
// has posted the lapse or not.
func (on Checks) testAvailableIgnoresLapsedLots(t *testing.T) {
	s, _ := on.seeded(t)
	for day, want := range map[loyalty.Date][2]loyalty.Points{
		today.AddDays(-1): {32, 1}, today: {20, 13}, today.AddDays(1): {0, 33},
	} {
		c, err := s.Contractor(t.Context(), 1, day)
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]loyalty.Points{c.Available, c.Lapsed}; got != want {
			t.Errorf("%s: available and lapsed %v, want %v", day, got, want)
		}
	}
}

func (on Checks) testContractor(t *testing.T) {
	s, _ := on.seeded(t)
	c, err := s.Contractor(t.Context(), 2, today)
	if err != nil {
		t.Fatal(err)
	}
	if !c.TakesPart || c.Beneficiary != "101" || c.BeneficiaryID != 1 || c.BeneficiaryCode != "K001" || c.EarnFrom != loyalty.NewDate(2026, 1, 1) {
		t.Errorf("got %+v", c)
	}
	c, err = s.Contractor(t.Context(), 4, today)
	if err != nil || c.TakesPart || c.To != loyalty.NewDate(2026, 6, 30) || c.Reason != loyalty.ReasonNotInProgram || c.Balance.Debt != 7 || c.BeneficiaryID != 0 {
		t.Errorf("got %+v, %v", c, err)
	}
	if _, err := s.Contractor(t.Context(), 77, today); loyalty.CodeOf(err) != loyalty.CodeNotFound {
		t.Errorf("unknown contractor: %v", err)
	}
}

func (on Checks) testRepresentatives(t *testing.T) {
	s, _ := on.seeded(t)
	list, err := s.Representatives(t.Context(), 1)
	if err != nil || len(list) != 2 || list[0].Name != "Adam" || list[1].Email != "z@example.com" {
		t.Errorf("got %+v, %v", list, err)
	}
}

func (on Checks) testFindContractors(t *testing.T) {
	s, _ := on.seeded(t)
	for name, tt := range map[string]struct {
		query loyalty.Query
		want  string
	}{
		"code in two sources":  {loyalty.Query{Text: "K001"}, "K001/1 K001/5"},
		"code in one source":   {loyalty.Query{Text: "K001", Source: "shop"}, "K001/5"},
		"another program":      {loyalty.Query{Text: "K001", Program: "extra"}, ""},
		"key":                  {loyalty.Query{Text: "102"}, "K002/2"},
		"code in another case": {loyalty.Query{Text: "K004"}, "k004/4"},
		"card":                 {loyalty.Query{Text: "c-77"}, "K001/1"},
		"name":                 {loyalty.Query{Text: "laka"}, "K002/2"},
		"one without a name":   {loyalty.Query{Text: "K003"}, "K003/3"},
		"nobody":               {loyalty.Query{Text: "nobody"}, ""},
		"nothing typed":        {loyalty.Query{Text: "  "}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			list, err := s.FindContractors(t.Context(), tt.query, today)
			if err != nil || codes(list) != tt.want {
				t.Errorf("got %q, %v; want %q", codes(list), err, tt.want)
			}
		})
	}
}

func (on Checks) testContractorsNamed(t *testing.T) {
	s, _ := on.seeded(t)
	for name, tt := range map[string]struct {
		query loyalty.Query
		want  string
	}{
		"code in two sources":  {loyalty.Query{Text: "K001"}, "K001/1 K001/5"},
		"code in one source":   {loyalty.Query{Text: "K001", Source: "shop", Program: "main"}, "K001/5"},
		"another program":      {loyalty.Query{Text: "K001", Program: "extra"}, ""},
		"key":                  {loyalty.Query{Text: "102", Program: "main"}, "K002/2"},
		"card":                 {loyalty.Query{Text: "C-77"}, "K001/1"},
		"card in another case": {loyalty.Query{Text: "c-77"}, ""},
		"code in another case": {loyalty.Query{Text: "K004"}, ""},
		"a part of a code":     {loyalty.Query{Text: "K00"}, ""},
		"a tax number":         {loyalty.Query{Text: "1111111111"}, ""},
		"a name":               {loyalty.Query{Text: "Ten sam kod"}, ""},
		"nothing":              {loyalty.Query{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			list, err := s.ContractorsNamed(t.Context(), tt.query, today)
			if err != nil || codes(list) != tt.want {
				t.Errorf("got %q, %v; want %q", codes(list), err, tt.want)
			}
		})
	}
}

// testRedemptions: what else was done with points is no redemption, on no page.
func (on Checks) testRedemptions(t *testing.T) {
	s, db := on.seeded(t)
	for id, kind := range []loyalty.OperationKind{1: loyalty.Redemption, loyalty.PointAdjustment, loyalty.Redemption, loyalty.Transfer, loyalty.Redemption} {
		if id == 0 {
			continue
		}
		if _, err := db.ExecContext(t.Context(), fmt.Sprintf(`INSERT INTO operation (id, program_id, account_id, kind, state, points, spent, rate, worth, on_date, actor, reason, created_at)
			VALUES (%d, 1, 1, %d, 2, 5, 5, '0', '0', %d, 'x', 'y', 1)`, id, kind, today)); err != nil {
			t.Fatal(err)
		}
	}
	for name, tt := range map[string]struct {
		read   func(ctx context.Context, account, before int64, limit int) ([]loyalty.Operation, error)
		before int64
		want   string
	}{
		"redemptions":         {s.Redemptions, 0, "[5 3]"},
		"redemptions, page 2": {s.Redemptions, 3, "[1]"},
		"all": {func(ctx context.Context, account, before int64, limit int) ([]loyalty.Operation, error) {
			return s.Operations(ctx, account, 0, before, limit)
		}, 0, "[5 4]"},
	} {
		list, err := tt.read(t.Context(), 1, tt.before, 2)
		ids := make([]int64, len(list))
		for i, o := range list {
			ids[i] = o.ID
		}
		if got := fmt.Sprint(ids); err != nil || got != tt.want {
			t.Errorf("%s: %s, %v; want %s", name, got, err, tt.want)
		}
	}
}
