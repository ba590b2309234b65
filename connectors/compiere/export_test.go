package compiere

import "time"

// Limit sets the time that a read may take, past the one that follows from Config.
func (s *Source) Limit(d time.Duration) { s.limit = d }
