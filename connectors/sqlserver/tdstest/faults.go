package tdstest

import (
	"regexp"
	"time"
)

// Point is where a fault strikes.
type Point int

// The points, in the order in which a connection meets them.
const (
	AtPrelogin  Point = iota // the connection is accepted, PRELOGIN has come
	AtLogin                  // LOGIN7 has come
	AtStatement              // a statement has come
	InRows                   // AfterRows rows have been written
)

// Action is what a fault does.
type Action int

// The actions.
const (
	Stall     Action = iota // nothing more is answered, attention included
	Cut                     // the connection is closed, in the middle of a packet where there is one
	Drip                    // the answer comes byte by byte, one each Every
	Answer                  // the error Number is answered; at login the connection ends
	Meanwhile               // Call is called, and all goes on: what others do between two statements
)

// Fault is something that goes wrong.
type Fault struct {
	At Point
	Do Action
	// Match is a regular expression of the statement's text; "" is every one.
	Match string
	// Times is how often it strikes; 0 is until Heal.
	Times int
	// AfterRows is for InRows.
	AfterRows int
	// Number and Message are for Answer; the message has a default. Severity is
	// SQL Server's for the number.
	Number  int32
	Message string
	State   byte
	// Every is for Drip; defaults to a millisecond.
	Every time.Duration
	// Call is for Meanwhile.
	Call func()
}

// armed is a fault with what is left of it.
type armed struct {
	Fault
	match *regexp.Regexp
	left  int
}

// Inject arms a fault; several may be armed, the first that fits strikes.
func (s *Server) Inject(f Fault) {
	a := &armed{Fault: f, match: regexp.MustCompile(f.Match), left: f.Times}
	if a.Every == 0 {
		a.Every = time.Millisecond
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, a)
}

// Refuse closes the port: connections are refused until Heal.
func (s *Server) Refuse() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener != nil {
		_ = s.listener.Close()
		s.listener = nil
	}
}

// Heal disarms every fault, opens the port again, and closes the connections
// that are stalled.
func (s *Server) Heal() error {
	s.mu.Lock()
	s.faults = nil
	refused := s.listener == nil && !s.closed
	for c := range s.conns {
		if c.stalled.Load() {
			c.hangUp()
		}
	}
	s.mu.Unlock()
	if refused {
		return s.listen(s.addr.String())
	}
	return nil
}

// Stalled is how many connections hang in a Stall now.
func (s *Server) Stalled() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for c := range s.conns {
		if c.stalled.Load() {
			n++
		}
	}
	return n
}

// strike finds the fault for a point and counts it.
func (s *Server) strike(at Point, text string) *armed {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if f.At != at || !f.match.MatchString(text) {
			continue
		}
		if f.Times > 0 {
			if f.left--; f.left == 0 {
				s.faults = append(append([]*armed{}, s.faults[:i]...), s.faults[i+1:]...)
			}
		}
		return f
	}
	return nil
}
