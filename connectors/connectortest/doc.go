// Package connectortest is the suite that every connector passes. A connector's
// own test file supplies a [Harness] and calls [Run].
//
// # How it works
//
// A check opens a source over an empty ERP, lets the harness write a [Fixture]
// into it in that ERP's own schema, reads it back through the contract of
// package connectors, and compares with the fixture; never with the backend.
// What a backend cannot hold is listed in [Harness.Lossy], what it cannot do in
// [Harness.Skip], both with the reason; a path or a name that means nothing is
// an error, so a list cannot outlive what it lists.
//
// The first check asks the server who it is, so a harness cannot pass on another
// backend than the one it names.
//
// What a check needs and a harness does not give, such as a login that is refused,
// leaves the check out. What became of the checks is recorded for each backend in
// folder results, and told in the README's table, which a test holds to it.
//
// # Laws tested
//
// Law 1: positions are stored as text and asked again (PositionSurvivesText), and
// are gone on from when records were added meanwhile (ResumeAmongNewRows). Law 4:
// NothingWritten, ReadOnlyLogin, WritingLogin. Law 5: documents come back under
// their keys. Law 6: DeletedIsGone, OutOfScopeByKey, UnknownKeys; an edit that sets
// an older stamp is told by the digest (StampBackwards). Law 7: amounts beyond the
// precision of a float64 (FieldRoundTrip). Law 8: wall-clock stamps of the hour
// that an autumn repeats and a spring leaves out (ClockChanges), to the last digit
// that the backend has (Precision). Law 11: WrongLogin and Unreachable, where the
// error must not tell the password.
//
// # Adding a check
//
// A check is a func(ctx, Harness) error, not a test, so that the suite itself is
// tested: each check arrives with an in-memory source, broken on purpose, that
// it must catch.
package connectortest
