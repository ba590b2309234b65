package wire

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/loyalsync/loyalsync/loyalty"
)

// Held is a page of the items of points that a receiver has from one sender, in the
// order of the bytes of their IDs. Of each it tells the ID, the contractor, kind,
// state, points, the document, rule, day and the item it is about.
type Held struct {
	Items []Movement `json:"items"`
	Next  string     `json:"next"` // what to ask for as after; "" at the end
}

// A repair makes a platform agree with a ledger that was put back from a backup: the
// first of an item takes it back, the second gives it again, and so on. Its ID is the
// item's, a hyphen, its number and, when it has two parts, the part; in the order of
// bytes it follows the item before any other does.
const (
	repairMark  = "-"
	repairParts = "ap" // the active side, and the pending side, of what was activated
)

// Repaired is an item that a platform has, with what repaired it.
type Repaired struct {
	Item  Movement
	Last  int    // the number of the last repair, 0 for none
	Parts string // of that one
}

// RepairOf tells the item that an ID is a repair of, the repair's number and part;
// number 0 for an item that is none.
func RepairOf(id string) (item string, number int, part string) {
	at := strings.LastIndex(id, "/")
	item, tail, found := strings.Cut(id[at+1:], repairMark)
	if !found {
		return id, 0, ""
	}
	digits := strings.TrimRight(tail, repairParts)
	number, err := strconv.Atoi(digits)
	if err != nil || number <= 0 {
		return id, 0, ""
	}
	return id[:at+1] + item, number, tail[len(digits):]
}

// Repairs are the movements after which a platform has the item in force, or has
// not; none when that is so already. They are the same however often they are asked
// for, so a repair that was cut short is finished and nothing is done twice.
func (r Repaired) Repairs(inForce bool) []Movement {
	var out []Movement
	if r.Last%2 == 1 && len(r.Parts) < len(r.partsOf(r.Last)) {
		out = r.repair(r.Last)
	}
	if inForce == (r.Last%2 == 0) {
		return out
	}
	return append(out, r.repair(r.Last+1)...)
}

// partsOf are the parts of a repair: what was activated is taken back as active and
// given as pending.
func (r Repaired) partsOf(number int) string {
	if number%2 == 1 && r.Item.Kind == loyalty.Activate.String() {
		return repairParts
	}
	return ""
}

func (r Repaired) repair(number int) []Movement {
	m := r.Item
	m.ID, m.Of = r.Item.ID+repairMark+strconv.Itoa(number), r.Item.ID
	switch {
	case number%2 == 0:
		return []Movement{m}
	case m.Kind == loyalty.Activate.String():
		back, pending := m, m
		back.ID, back.Kind, back.State = m.ID+repairParts[:1], loyalty.Reverse.String(), StateActive
		pending.ID, pending.Kind, pending.State = m.ID+repairParts[1:], loyalty.Earn.String(), StatePending
		return []Movement{back, pending}
	case m.Kind == loyalty.Reverse.String():
		m.Kind = loyalty.Earn.String()
	default:
		m.Kind = loyalty.Reverse.String()
	}
	return []Movement{m}
}

// DecodeMovement reads a movement as it was received.
func DecodeMovement(body string) (m Movement, err error) {
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		return m, fmt.Errorf("read a movement: %w", err)
	}
	return m, nil
}
