// Package web is what the web faces of loyalsync share: people who sign in,
// sessions, protection of forms, the layout of a page, its style, and words in
// Polish and English. It knows no points; the faces bring their own pages.
//
// # How a face uses it
//
// [NewUsers] is the one service of people and passwords of a process. A face
// makes a [Site] from it with its own templates and words, registers its pages
// on a mux beside Site.Register (sign-in, sign-out, assets), and serves
// Site.Handler(mux). A page ends in Site.Render or Site.Fail.
//
// # What it promises
//
//   - Passwords are kept as argon2id with 19 MiB, two passes and a salt of their
//     own; at least 8 characters, 15 advised. There are no default accounts.
//   - Whoever tries to sign in learns nothing: an unknown name costs the same
//     work and gives the same answer as a wrong password or a disabled user.
//   - Attempts are slowed down per name and per network address, the delay
//     growing with every failure; at most a few passwords are hashed at a time,
//     so a flood of attempts does not take the memory.
//   - A session is a random token in a cookie that scripts cannot read; the store
//     keeps its hash. Signing in changes the token. A new password or disabling
//     ends all sessions of a user, because a session names the user's version.
//   - Requests that change something are refused when a browser says that they
//     come from another site (Sec-Fetch-Site, else Origin), on top of
//     SameSite=Lax. Referrer-Policy is same-origin, not no-referrer: with the
//     latter, browsers hide the Origin of our own forms too, and on plain http
//     the Origin is all there is.
//   - No page holds a script or an inline style, and the content policy forbids
//     them. Pages are never cached, assets carry their hash in the name and are
//     cached for ever.
//   - Law 11: nothing that a person typed goes into a redirect, a log or an error.
//
// Strict-Transport-Security is left to the proxy: the header would bind every
// other service on the same host name, whatever its port.
package web
