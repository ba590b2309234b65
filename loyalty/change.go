package loyalty

import (
	"encoding/json"
	"fmt"
)

// AccountChange is what some entries did to one contractor's balance.
type AccountChange struct {
	Code, Name            string
	Documents             int
	Pending, Active, Debt Points // differences
	Lapsed                Points // posted as lapsed, less what was taken back of it: not available before either
	Decimals              int    // of the program, for writing them
}

// MarshalJSON writes amounts as text with the program's decimals.
func (c AccountChange) MarshalJSON() ([]byte, error) {
	b, err := json.Marshal(struct {
		Contractor string `json:"contractor"`
		Name       string `json:"name"`
		Documents  int    `json:"documents"`
		Pending    string `json:"pending"`
		Available  string `json:"available"`
		Debt       string `json:"debt"`
		Lapsed     string `json:"lapsed"`
	}{c.Code, c.Name, c.Documents, c.Pending.Format(c.Decimals), c.Active.Format(c.Decimals), c.Debt.Format(c.Decimals), c.Lapsed.Format(c.Decimals)})
	if err != nil {
		return nil, fmt.Errorf("write a change: %w", err)
	}
	return b, nil
}
