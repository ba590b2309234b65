package loyalty

// Reason says why a document or a rule gave no points. It is a code; words for
// people are made where they are shown, in the reader's language.
type Reason string

// ReasonCount is how many documents give no points for a reason.
type ReasonCount struct {
	Reason    Reason `json:"reason"`
	Documents int64  `json:"documents"`
}

// Reasons about a whole document or contractor.
const (
	ReasonNone            Reason = ""
	ReasonNotInProgram    Reason = "not_in_program"     // the contractor does not take part
	ReasonNoContractor    Reason = "no_contractor"      // the document names none
	ReasonAnonymous       Reason = "anonymous"          // a cash customer of a till
	ReasonInactive        Reason = "inactive"           // the contractor is inactive in the ERP
	ReasonErased          Reason = "erased"             // made anonymous in the ERP at the person's wish
	ReasonBeforeEarnFrom  Reason = "before_earn_from"   // dated before points count
	ReasonAfterLeaving    Reason = "after_leaving"      // dated after the contractor left
	ReasonCancelled       Reason = "cancelled"          // cancelled in the ERP
	ReasonDeleted         Reason = "deleted"            // gone from the ERP
	ReasonOutOfScope      Reason = "out_of_scope"       // the source's filter does not take it
	ReasonNotCounted      Reason = "not_counted"        // another document counts the same sale, or its value is unknown
	ReasonBufferedIgnored Reason = "buffered"           // in the buffer, and the program waits for release
	ReasonNoOriginal      Reason = "no_original"        // corrects a document that is not there
	ReasonOriginalZero    Reason = "original_not_score" // corrects a document that has no points
	ReasonWaitsOriginal   Reason = "original_buffered"  // corrects a document still in the buffer
	ReasonWaitsRelease    Reason = "return_buffered"    // takes points back only when released
	ReasonNoRules         Reason = "no_rules"           // no rule set is valid on its date
	ReasonCurrency        Reason = "currency"           // not the program's currency
	ReasonNoRate          Reason = "no_rate"            // another currency, and the document has no rate
	ReasonNothing         Reason = "no_rule_fired"      // every rule gave zero
	ReasonCapped          Reason = "capped"             // the points that caps leave are used up
	ReasonPaidWithPoints  Reason = "paid_with_points"   // all of it was, and that earns nothing
)

// Reasons about one rule.
const (
	ReasonRuleWhen     Reason = "rule_when"      // its condition does not hold
	ReasonRuleFailed   Reason = "rule_failed"    // its condition cannot be evaluated for this sale
	ReasonRuleNoTime   Reason = "rule_no_time"   // its condition asks for the hour, and the document has no time
	ReasonRuleDates    Reason = "rule_dates"     // the document's date is outside from..to
	ReasonRuleMinimum  Reason = "rule_minimum"   // the document is below min_document
	ReasonRuleNoLine   Reason = "rule_no_line"   // no line is of this item or group
	ReasonRuleZero     Reason = "rule_zero"      // less than one smallest unit after rounding
	ReasonRuleCapped   Reason = "rule_capped"    // the points that caps leave are used up
	ReasonRuleStacking Reason = "rule_stacking"  // another rule took the line
	ReasonRuleReturn   Reason = "rule_no_return" // does not apply to unlinked returns
	ReasonRuleNegative Reason = "rule_negative"  // what came back outweighs what was bought
	ReasonTooLarge     Reason = "too_large"      // an amount so large that it must be a slip
)

// Reasons about one line under one rule.
const (
	ReasonLineDeposit  Reason = "line_deposit"  // returnable packaging
	ReasonLineExcluded Reason = "line_excluded" // excluded from the program
	ReasonLineFailed   Reason = "line_failed"   // a condition cannot be evaluated for it
	// ReasonLineComponent: the line of its set holds the value.
	ReasonLineComponent Reason = "line_component"
	ReasonLineOther     Reason = "line_other" // not an item of this rule
)
