package web

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

// UserStore keeps users. UserByName and User return CodeNotFound for nobody,
// AddUser CodeConflict for a name that is taken; each change is written together
// with its audit row.
type UserStore interface {
	AddUser(ctx context.Context, u loyalty.User, row loyalty.AuditRow) (int64, error)
	UpdateUser(ctx context.Context, id int64, change loyalty.UserChange, row loyalty.AuditRow) error
	User(ctx context.Context, id int64) (loyalty.User, error)
	UserByName(ctx context.Context, name string) (loyalty.User, error)
	Users(ctx context.Context) ([]loyalty.User, error)
}

// AuditLog keeps the record of who did what.
type AuditLog interface {
	AppendAudit(ctx context.Context, row loyalty.AuditRow) error
}

// UsersConfig is what Users needs; all of it is required.
type UsersConfig struct {
	Store UserStore
	Audit AuditLog
	Now   func() time.Time
}

func (c UsersConfig) validate() error {
	if c.Store == nil || c.Audit == nil || c.Now == nil {
		return errors.New("users need a store, an audit and a clock")
	}
	return nil
}

// Users is the service of people who sign in. Its methods may be called at the
// same time.
type Users struct {
	cfg       UsersConfig
	stranger  string // a hash to compare with when there is no user
	byName    *throttle
	byNetwork *throttle
	hashing   chan struct{} // bounds the memory that passwords being hashed take
}

// Limits of attempts. Many people may sit behind one address; a name is one
// person, whose waiting must stay short, because anybody can cause it.
const (
	freeByName      = 5
	longestByName   = time.Minute
	freeByNetwork   = 20
	longestByNetw   = 15 * time.Minute
	hashesAtOneTime = 4
)

// NewUsers returns the service.
func NewUsers(cfg UsersConfig) (*Users, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	stranger, err := hashPassword("nobody has this password")
	if err != nil {
		return nil, err
	}
	return &Users{
		cfg: cfg, stranger: stranger, hashing: make(chan struct{}, hashesAtOneTime),
		byName: newThrottle(freeByName, longestByName, cfg.Now), byNetwork: newThrottle(freeByNetwork, longestByNetw, cfg.Now),
	}, nil
}

var userName = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}._@+-]{0,63}$`)

// Add makes a user who may sign in at once. CodeInvalid for a name or password
// that will not do, CodeConflict for a name that is taken.
func (u *Users) Add(ctx context.Context, actor, name, password string, role loyalty.Role, lang string) (int64, error) {
	if !userName.MatchString(name) {
		return 0, &loyalty.Error{
			Code: loyalty.CodeInvalid, Message: "that name cannot be a user's",
			Hint: "use up to 64 letters, digits and . _ @ + -, beginning with a letter or a digit",
		}
	}
	if role != loyalty.RoleAdmin {
		return 0, &loyalty.Error{Code: loyalty.CodeInvalid, Message: fmt.Sprintf("%q is not a role", role), Hint: "the role is admin"}
	}
	if lang != "" && lang != loyalty.Polish && lang != loyalty.English {
		return 0, &loyalty.Error{Code: loyalty.CodeInvalid, Message: fmt.Sprintf("%q is not a language of the panel", lang), Hint: "choose pl or en"}
	}
	if err := checkPassword(name, password); err != nil {
		return 0, err
	}
	hash, err := u.hash(ctx, password)
	if err != nil {
		return 0, err
	}
	user := loyalty.User{Name: name, PasswordHash: hash, Role: role, Lang: lang, CreatedAt: u.cfg.Now()}
	return u.cfg.Store.AddUser(ctx, user, u.row(actor, "user.add", name, "", "role "+string(role)))
}

// SetPassword changes a password and ends all sessions of the user. CodeInvalid
// for a password that will not do, CodeNotFound for no such user.
func (u *Users) SetPassword(ctx context.Context, actor, name, password string) error {
	user, err := u.cfg.Store.UserByName(ctx, name)
	if err != nil {
		return err
	}
	if err = checkPassword(user.Name, password); err != nil {
		return err
	}
	hash, err := u.hash(ctx, password)
	if err != nil {
		return err
	}
	u.byName.forget(fold(user.Name))
	return u.cfg.Store.UpdateUser(ctx, user.ID, loyalty.UserChange{PasswordHash: &hash}, u.row(actor, "user.password", user.Name, "", ""))
}

// Disable stops a user from signing in and ends all sessions, or lets the user
// in again. Doing it twice changes nothing. CodeNotFound for no such user.
func (u *Users) Disable(ctx context.Context, actor, name string, disabled bool) error {
	user, err := u.cfg.Store.UserByName(ctx, name)
	if err != nil || user.Disabled == disabled {
		return err
	}
	row := u.row(actor, "user.disable", user.Name, "enabled", "disabled")
	if !disabled {
		row.Action, row.Before, row.After = "user.enable", row.After, row.Before
	}
	return u.cfg.Store.UpdateUser(ctx, user.ID, loyalty.UserChange{Disabled: &disabled}, row)
}

// List returns all users by name.
func (u *Users) List(ctx context.Context) ([]loyalty.User, error) { return u.cfg.Store.Users(ctx) }

// ErrCredentials says that nobody was recognised, and not why.
var ErrCredentials = &loyalty.Error{
	Code: loyalty.CodeForbidden, Message: "the name or the password is wrong",
	Hint: "check both; a new password is set with loyalsync user passwd",
}

// ThrottledError says that an attempt came too soon; nothing was checked.
type ThrottledError struct{ Wait time.Duration }

// Error tells how long to wait.
func (e *ThrottledError) Error() string {
	return fmt.Sprintf("too many attempts to sign in: wait %s", e.Wait.Round(time.Second))
}

// Authenticate recognises a user by name and password. ErrCredentials when it
// does not, *ThrottledError when there were too many attempts from the address
// or for the name. Every answer that was checked leaves an audit row.
func (u *Users) Authenticate(ctx context.Context, name, password, address string) (loyalty.User, error) {
	name = strings.TrimSpace(name)
	from, who := network(address), fold(name[:min(len(name), maxName)])
	if wait := u.byNetwork.reserve(from); wait > 0 {
		return loyalty.User{}, &ThrottledError{Wait: wait}
	}
	if wait := u.byName.reserve(who); wait > 0 {
		return loyalty.User{}, &ThrottledError{Wait: wait}
	}
	user, ok, err := u.check(ctx, name, password)
	if err != nil {
		return loyalty.User{}, err
	}
	// The name is left out unless it is a user's: people type passwords there.
	row := u.row("", "user.sign_in_failed", user.Name, "", "")
	row.Address = address
	if !ok {
		if err := u.cfg.Audit.AppendAudit(ctx, row); err != nil {
			return loyalty.User{}, err
		}
		return loyalty.User{}, ErrCredentials
	}
	u.byName.forget(who)
	u.byNetwork.forgive(from)
	row.Actor, row.Action = user.Name, "user.sign_in"
	at := row.At
	return user, u.cfg.Store.UpdateUser(ctx, user.ID, loyalty.UserChange{SignedInAt: &at}, row)
}

const maxName = 256 // bytes of a typed name that count

// check does the same work for a user, a disabled one and nobody.
func (u *Users) check(ctx context.Context, name, password string) (user loyalty.User, ok bool, err error) {
	user, err = u.cfg.Store.UserByName(ctx, name)
	known := err == nil
	if err != nil && loyalty.CodeOf(err) != loyalty.CodeNotFound {
		return user, false, err
	}
	hash := u.stranger
	if known {
		hash = user.PasswordHash
	}
	if err = u.enter(ctx); err != nil {
		return user, false, err
	}
	defer u.leave()
	match, err := verifyPassword(hash, password[:min(len(password), maxPassword)])
	return user, match && known && !user.Disabled && len(password) <= maxPassword, err
}

func (u *Users) hash(ctx context.Context, password string) (string, error) {
	if err := u.enter(ctx); err != nil {
		return "", err
	}
	defer u.leave()
	return hashPassword(password)
}

func (u *Users) enter(ctx context.Context) error {
	select {
	case u.hashing <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait to check a password: %w", ctx.Err())
	}
}

func (u *Users) leave() { <-u.hashing }

// current returns the user of a session, or none when the session has ended.
func (u *Users) current(ctx context.Context, id, version int64) (*loyalty.User, error) {
	user, err := u.cfg.Store.User(ctx, id)
	if loyalty.CodeOf(err) == loyalty.CodeNotFound {
		err = nil
	}
	if err != nil || user.ID != id || user.Disabled || user.Version != version {
		return nil, err
	}
	return &user, nil
}

func (u *Users) row(actor, action, subject, before, after string) loyalty.AuditRow {
	return loyalty.AuditRow{At: u.cfg.Now(), Actor: actor, Action: action, Subject: subject, Before: before, After: after}
}

// fold is a name as names are compared.
func fold(name string) string { return strings.ToLower(name) }

func sameFold(a, b string) bool { return fold(a) == fold(b) }
