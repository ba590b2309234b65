package ledger

import (
	"testing"

	"github.com/loyalsync/loyalsync/loyalty"
)

// TestMovedOn: a document moves when another contractor stands in it instead of the one
// that it was of, not when another party of the same document counts.
func TestMovedOn(t *testing.T) {
	doc := func(party, buyer, recipient, payer string) *loyalty.StoredDocument {
		return &loyalty.StoredDocument{Document: loyalty.Document{Party: party, Buyer: buyer, Recipient: recipient, Payer: payer}}
	}
	for _, tt := range []struct {
		name     string
		old, now *loyalty.StoredDocument
		want     bool
	}{
		{"the same", doc("A", "A", "A", "A"), doc("A", "A", "A", "A"), false},
		{"A was merged into B", doc("A", "A", "A", "A"), doc("B", "B", "B", "B"), true},
		{"A was merged into B, of whom nothing but the party is kept", doc("A", "", "", ""), doc("B", "B", "B", "B"), true},
		{"the recipient, who counts, was merged", doc("R", "A", "R", "A"), doc("B", "A", "B", "A"), true},
		{"the recipient was merged, and the buyer counts", doc("A", "A", "R", "A"), doc("A", "A", "B", "A"), false},
		{"points go to the recipient now", doc("A", "A", "R", "A"), doc("R", "A", "R", "A"), false},
		{"points go to the recipient now, and nothing but the party is kept", doc("A", "", "", ""), doc("R", "A", "R", "A"), false},
		{"points go to one that an attribute names", doc("A", "A", "A", "A"), doc("X", "A", "A", "A"), false},
		{"and to the buyer again", doc("X", "A", "A", "A"), doc("A", "A", "A", "A"), false},
		{"buyer and payer change places", doc("A", "A", "A", "P"), doc("P", "P", "P", "A"), false},
		{"a document of nobody", doc("", "", "", ""), doc("B", "B", "B", "B"), false},
		{"nobody's from now on", doc("A", "A", "A", "A"), doc("", "", "", ""), false},
	} {
		if got := movedOn(tt.old, tt.now); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
