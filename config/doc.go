// Package config reads loyalsync.yaml, the one file an administrator writes, and
// turns it into a [Config] that is complete and checked, or into every fault at
// once, each with file, line, column, path and a cure.
//
// # Laws kept here
//
//   - Law 7: amounts, quantities, points and percentages are exact decimals from
//     the text of the file on. No value passes through a float.
//   - Law 8: dates and wall-clock times stay text of a fixed layout; time zones
//     must load by name.
//   - Law 11: a [Secret] shows itself to nobody who does not call Reveal, a [URL]
//     hides what may be secret in it, and no fault quotes either.
//   - A key is never silently ignored: an unknown one, and a documented one whose
//     effect is not built yet (unbuilt.go), are faults.
//
// # How it works
//
//	Load ── find the file ── document (encoding, YAML tree, positions)
//	     ── decoder (structs by their tags, ${VAR}, defaults, secrets from files)
//	     ── overlay (LOYALSYNC_… and flags over timezone, log, store, http)
//	     ── unbuilt keys ── validate (names, references, rules between keys)
//
// The structs of config.go, source.go, mapping.go, program.go and job.go are the
// one description of the file. Their tags drive the decoder, [Schema] and
// [File.Show]:
//
//	yaml      the key
//	desc      what an editor shows for it
//	enum      the values allowed, separated by commas
//	required  "true" when the key must be there
//	noun      what the values are called in faults, in the plural
//	expand    "url": a ${VAR} inside the value is percent-encoded
//
// Defaults are set by a struct's setDefaults before it is decoded, so an explicit
// zero stays a zero. A Secret field with the key x has a sibling of type Path with
// the key x_file: what that file holds, without the line end behind it, is the secret.
//
// Values are taken from the YAML tree alone. viper serves environment and flags;
// it does not look for the file, because without a type it would also take
// loyalsync.json, and with one the program itself, which is called loyalsync too.
//
// # Positions
//
// Paths name values as in "mappings[0].contractors.codes[2]". Whoever checks a
// value further (expressions, rules, SQL) returns such a path, an offset into the
// value and a message; [File.Fault] turns it into a fault with its position.
package config
