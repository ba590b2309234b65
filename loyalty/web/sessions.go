package web

import "github.com/alexedwards/scs/v2"

// SessionStore keeps sessions; store.Sessions is one.
type SessionStore = scs.CtxStore
