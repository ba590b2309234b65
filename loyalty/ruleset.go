package loyalty

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// RuleSet is everything that decides points of documents of one program from
// ValidFrom on. It is plain data: stored as JSON, immutable once points are
// posted, and pinned by the chains it scored.
type RuleSet struct {
	ValidFrom       Date                   `json:"valid_from"` // NoDate is "always"
	Currency        string                 `json:"currency"`
	OtherCurrency   OtherCurrency          `json:"other_currency,omitempty"` // "" is reject
	Decimals        int                    `json:"decimals"`
	Rounding        Rounding               `json:"rounding"`
	RoundedPer      RoundedPer             `json:"rounded_per"`
	Stacking        Stacking               `json:"stacking"`
	UnlinkedReturns UnlinkedReturns        `json:"unlinked_returns"`
	ItemGroups      map[string][]ItemGroup `json:"item_groups,omitempty"` // by source
	Exclude         Exclude                `json:"exclude,omitzero"`
	Caps            Caps                   `json:"caps,omitzero"` // of all rules together
	// Lapse is the policy of points given under these rules; nil is the program's.
	Lapse *Lapse `json:"lapse,omitempty"`
	// Activate is when points given under these rules become active.
	Activate Activation `json:"activate,omitzero"`
	// EarnOnRedeemed lets the part of a bill that was paid with points earn.
	EarnOnRedeemed bool   `json:"earn_on_redeemed,omitempty"`
	Rules          []Rule `json:"rules"`
	// Tables are those that rules name, by hash. They are stored by themselves,
	// once, however many versions name them.
	Tables map[string]ItemTable `json:"-"`
}

// ItemTable says what single items earn.
type ItemTable []ItemPoints

// Hash sums up what a table says, whatever the order of its rows.
func (t ItemTable) Hash() string {
	rows := make([]string, len(t))
	for i, r := range t {
		rows[i] = fmt.Sprintf("%q %s %s %d %d", r.Code, r.Points, r.Per, r.From, r.To)
	}
	slices.Sort(rows)
	sum := sha256.Sum256([]byte(strings.Join(rows, "\n")))
	return hex.EncodeToString(sum[:])
}

// ItemPoints gives Points for every Per of an item, on the days From to To.
type ItemPoints struct {
	Code   string          `json:"code"`
	Points decimal.Decimal `json:"points"`
	Per    decimal.Decimal `json:"per"`  // zero is the rule's own
	From   Date            `json:"from"` // NoDate is "always"
	To     Date            `json:"to"`   // inclusive; NoDate is "for ever"
}

// OtherCurrency is what documents in another currency than the program's earn.
type OtherCurrency string

// The ways with another currency.
const (
	RejectOther OtherCurrency = "reject"   // nothing
	ERPRate     OtherCurrency = "erp_rate" // by the document's own rate
)

// UnlinkedReturns is what is done with returns that name no original.
type UnlinkedReturns string

// The ways with such returns.
const (
	ScoreReturns UnlinkedReturns = "score" // by the rules of their own date
	MatchReturns UnlinkedReturns = "match" // what the newest sales of the items gave is taken back; by the rules what is left
)

// Exclude names lines that earn under no rule, beside deposits and components.
type Exclude struct {
	Items      []string   `json:"items,omitempty"`       // codes by pattern
	ItemGroups []string   `json:"item_groups,omitempty"` // names of item groups
	Kinds      []LineKind `json:"kinds,omitempty"`       // service, charge
	Discounted bool       `json:"discounted,omitempty"`  // what was sold below the list price
	Where      string     `json:"where,omitempty"`       // condition on a line
}

// IsZero says whether nothing is excluded.
func (e Exclude) IsZero() bool {
	return len(e.Items) == 0 && len(e.ItemGroups) == 0 && len(e.Kinds) == 0 && !e.Discounted && e.Where == ""
}

// Multiplier is a factor where a condition on the sale holds.
type Multiplier struct {
	When string          `json:"when"`
	By   decimal.Decimal `json:"by"` // > 0
}

// MinimumOf is what a minimum is compared with.
type MinimumOf string

// The values of MinimumOf.
const (
	WholeDocument MinimumOf = "document" // all its lines, deposits too
	EligibleLines MinimumOf = "eligible" // the lines that the rule is about
)

// Rounding is how a fraction of the smallest unit is dropped.
type Rounding string

// The rounding modes. They work on the magnitude; the sign comes last.
const (
	Floor    Rounding = "floor"
	HalfUp   Rounding = "half_up"
	HalfEven Rounding = "half_even"
	Ceil     Rounding = "ceil"
)

// RoundedPer is the stage at which points are rounded.
type RoundedPer string

// The rounding stages.
const (
	PerDocument RoundedPer = "document"
	PerLine     RoundedPer = "line"
)

// Stacking is how several rules that fire for one line share it.
type Stacking string

// The ways of stacking.
const (
	Sum   Stacking = "sum"
	Best  Stacking = "best"
	First Stacking = "first"
	// Exclusive gives a document to one rule, the one that gives it the most.
	Exclusive Stacking = "exclusive"
)

// ItemGroup is a named set of items: codes by pattern (* and ?), ERP groups by
// path. A path includes its sub-groups.
type ItemGroup struct {
	Name      string   `json:"name"`
	Items     []string `json:"items,omitempty"`
	ERPGroups []string `json:"erp_groups,omitempty"`
}

// Title is a rule's name for people, by language ("pl", "en").
type Title map[string]string

// Basis is what a rule looks at.
type Basis string

// The bases of a rule.
const (
	OnBill      Basis = "bill"
	OnItem      Basis = "item"
	OnItemGroup Basis = "item_group"
)

// Measure is what a rule counts.
type Measure string

// The measures of a rule.
const (
	Gross    Measure = "gross"
	Net      Measure = "net"
	Quantity Measure = "quantity"
	// QuantitySlab counts the quantity and gives by slabs.
	QuantitySlab Measure = "quantity_slab"
)

// SlabMode is how slabs of a quantity give.
type SlabMode string

// The modes of slabs.
const (
	Graduated SlabMode = "graduated" // each slab for the units within it
	Flat      SlabMode = "flat"      // the slab reached for all units
)

// Slab is one step of quantity, up to the next one.
type Slab struct {
	From   decimal.Decimal `json:"from"`   // 1 is the first unit; or slabs begin at 0, see Rule.Slabs
	Points decimal.Decimal `json:"points"` // for each unit
}

// Rule gives Points for every Per of the measure, or, with QuantitySlab, by Slabs.
type Rule struct {
	Name        string          `json:"name"`
	Title       Title           `json:"title,omitempty"`
	BasedOn     Basis           `json:"based_on"`
	CalculateOn Measure         `json:"calculate_on"`
	Items       []string        `json:"items,omitempty"`       // item codes by pattern, for OnItem
	ItemGroup   string          `json:"item_group,omitempty"`  // for OnItemGroup
	Per         decimal.Decimal `json:"per"`                   // > 0, in Currency or units
	Points      decimal.Decimal `json:"points"`                // points for one Per, not in smallest units
	From        Date            `json:"from"`                  // NoDate is "always"
	To          Date            `json:"to"`                    // inclusive; NoDate is "for ever"
	MinDocument decimal.Decimal `json:"min_document"`          // in Currency; zero is none
	MinOn       Measure         `json:"min_on,omitempty"`      // gross or net; "" is gross
	MinOf       MinimumOf       `json:"min_of,omitempty"`      // "" is the whole document
	Max         decimal.Decimal `json:"max,omitzero"`          // points that a document may get of the rule; zero is no limit
	Caps        Caps            `json:"caps,omitzero"`         // of the rule alone; Document is not used, Max says it
	Table       string          `json:"table,omitempty"`       // hash of the table that says the points of each item
	PointsFrom  string          `json:"points_from,omitempty"` // expression that gives the points of a line's item
	When        string          `json:"when,omitempty"`        // condition on the sale
	Where       string          `json:"where,omitempty"`       // condition on a line
	Multiply    []Multiplier    `json:"multiply,omitempty"`    // every one that holds
	// Slabs begin at 1, counting units (from "6" is from the sixth unit on), or at
	// 0, cutting the quantity itself (from "2.5" is what is above 2.5).
	Slabs    []Slab     `json:"slabs,omitempty"`
	SlabMode SlabMode   `json:"slab_mode,omitempty"`
	SlabOver RoundedPer `json:"slab_over,omitempty"` // what is counted: a line, or the rule's lines of a document
}
