package loyalty

import "time"

// Role is what a user may do.
type Role string

// RoleAdmin sees and administers everything on the panel.
const RoleAdmin Role = "admin"

// User is a person who signs in. Names are unique whatever their case.
type User struct {
	ID           int64
	Name         string
	PasswordHash string `json:"-"` // argon2id, in PHC text form
	Role         Role
	Lang         string // "pl", "en", or "" for the browser's choice
	Disabled     bool
	// Version grows when the password or Disabled changes. A session begun
	// under another version has ended.
	Version      int64
	CreatedAt    time.Time
	LastSignInAt time.Time // zero when never
}

// UserChange is what changes of a user; nil fields stay.
type UserChange struct {
	PasswordHash *string
	Disabled     *bool
	SignedInAt   *time.Time
}

// AuditRow is one line of the append-only record of who did what. Before and
// After never hold a secret.
type AuditRow struct {
	ID      int64
	At      time.Time
	Actor   string // name of a user, or "cli"; "" when nobody was recognised
	Address string // of the caller's network; "" for the command line
	Action  string // "user.sign_in", "user.add" and so on
	Subject string // whom or what it is about
	Before  string
	After   string
}
