package compiere

import (
	"errors"
	"strings"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
)

// What stands before every stamp and every key, as PostgreSQL reads it.
const (
	beforeStamps = "-infinity"
	beforeKeys   = "-1"
)

// keyset is where a pass over invoices goes on: after this stamp and key.
type keyset struct{ stamp, id string }

func (k keyset) position() connectors.Position {
	return connectors.Position(k.stamp + "|" + k.id)
}

// parseKeyset reads a position, or starts a pass at floor, inclusive.
func parseKeyset(p connectors.Position, floor connectors.Stamp) (keyset, error) {
	if p == "" {
		stamp, err := bound(floor)
		return keyset{stamp, beforeKeys}, err
	}
	stamp, id, _ := strings.Cut(string(p), "|")
	if !isStamp(stamp) || !isKey(id) {
		return keyset{}, positionError("the position of the pass cannot be read")
	}
	return keyset{stamp, id}, nil
}

// parseKey reads the position of a listing in key order.
func parseKey(p connectors.Position) (string, error) {
	if p == "" {
		return beforeKeys, nil
	}
	if !isKey(string(p)) {
		return "", positionError("the position of the listing cannot be read")
	}
	return string(p), nil
}

// bound is a stamp as a limit of a range; "" is before every stamp.
func bound(s connectors.Stamp) (string, error) {
	if s == "" {
		return beforeStamps, nil
	}
	if !isStamp(string(s)) {
		return "", positionError("a stamp cannot be read")
	}
	return string(s), nil
}

func isStamp(s string) bool {
	_, err := time.Parse(connectors.StampLayout, s)
	return err == nil && len(s) == len(connectors.StampLayout)
}

func positionError(what string) error {
	return &connectors.Error{
		Kind: connectors.ErrSettings, Op: "go on from a stored position",
		Hint: "it was made by another connector or changed by hand; run the job with --since to read again, nothing is counted twice",
		Err:  errors.New(what),
	}
}
