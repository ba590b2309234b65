// Package webtest keeps users, sessions and the audit in memory, for the tests
// of what people see.
package webtest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

// Store is a store of users, sessions and the audit. Its zero value is empty.
type Store struct {
	mu       sync.Mutex
	users    []loyalty.User
	audit    []loyalty.AuditRow
	sessions map[string][]byte
	// Broken makes every reading of users fail.
	Broken bool
}

// ErrBroken is the failure of a broken store.
var ErrBroken = errors.New("the disk is gone: secret-path")

// AddUser adds a user; a name that is taken is CodeConflict.
func (s *Store) AddUser(ctx context.Context, u loyalty.User, row loyalty.AuditRow) (int64, error) {
	if _, err := s.UserByName(ctx, u.Name); err == nil {
		return 0, &loyalty.Error{Code: loyalty.CodeConflict, Message: "taken"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u.ID, u.Version = int64(len(s.users)+1), 1
	s.users = append(s.users, u)
	s.audit = append(s.audit, row)
	return u.ID, nil
}

// UpdateUser changes a user.
func (s *Store) UpdateUser(_ context.Context, id int64, c loyalty.UserChange, row loyalty.AuditRow) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := &s.users[id-1]
	if c.PasswordHash != nil {
		u.PasswordHash = *c.PasswordHash
		u.Version++
	}
	if c.Disabled != nil {
		u.Disabled = *c.Disabled
		u.Version++
	}
	if c.SignedInAt != nil {
		u.LastSignInAt = *c.SignedInAt
	}
	s.audit = append(s.audit, row)
	return nil
}

// User returns a user by ID.
func (s *Store) User(_ context.Context, id int64) (loyalty.User, error) {
	return s.find(func(u loyalty.User) bool { return u.ID == id })
}

// UserByName returns a user by name in any case.
func (s *Store) UserByName(_ context.Context, name string) (loyalty.User, error) {
	return s.find(func(u loyalty.User) bool { return strings.EqualFold(u.Name, name) })
}

func (s *Store) find(is func(loyalty.User) bool) (loyalty.User, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Broken {
		return loyalty.User{}, ErrBroken
	}
	for _, u := range s.users {
		if is(u) {
			return u, nil
		}
	}
	return loyalty.User{}, &loyalty.Error{Code: loyalty.CodeNotFound, Message: "no such user"}
}

// Users lists all users.
func (s *Store) Users(context.Context) ([]loyalty.User, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Broken {
		return nil, ErrBroken
	}
	return append([]loyalty.User(nil), s.users...), nil
}

// AppendAudit adds an audit row.
func (s *Store) AppendAudit(_ context.Context, row loyalty.AuditRow) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.audit = append(s.audit, row)
	return nil
}

// Audit lists all audit rows.
func (s *Store) Audit() []loyalty.AuditRow {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]loyalty.AuditRow(nil), s.audit...)
}

// Sessions counts the sessions kept.
func (s *Store) Sessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sessions)
}

// FindCtx returns a session.
func (s *Store) FindCtx(_ context.Context, token string) ([]byte, bool, error) { return s.Find(token) }

// CommitCtx keeps a session.
func (s *Store) CommitCtx(_ context.Context, token string, data []byte, expiry time.Time) error {
	return s.Commit(token, data, expiry)
}

// DeleteCtx ends a session.
func (s *Store) DeleteCtx(_ context.Context, token string) error { return s.Delete(token) }

// Find returns a session.
func (s *Store) Find(token string) ([]byte, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	data, found := s.sessions[token]
	return data, found, nil
}

// Commit keeps a session.
func (s *Store) Commit(token string, data []byte, _ time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sessions == nil {
		s.sessions = map[string][]byte{}
	}
	s.sessions[token] = data
	return nil
}

// Delete ends a session.
func (s *Store) Delete(token string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, token)
	return nil
}
