// Package expression compiles the small conditions and texts that
// administrators write, such as
//
//	attribute("LOYAL") == "YES" and not (group in ["STAFF", "TEST"])
//
// It uses the grammar, the compiler and the machine of expr-lang, and narrows
// the language to what can be proven harmless before it runs.
//
// # Laws kept here
//
//   - Law 7: every number is an exact decimal. A literal is taken from its source
//     text, so 0.1 + 0.2 == 0.3 holds and 1.50 equals 1.5. Division that has no
//     exact decimal result is an error, not a rounding.
//   - Law 11: errors of an evaluation never quote a value of the record.
//   - Law 12: there is no clock, no randomness and no state, so an expression
//     gives the same answer for the same record for ever.
//
// # The language
//
// Texts in single or double quotes, numbers with a decimal point, true, false,
// lists of one kind; == != < <= > >= (texts compare byte by byte); and, or, not,
// && || !; + - * / on numbers, + on texts; in, contains, startsWith, endsWith,
// matches (RE2, with a literal pattern); condition ? one : other; and the
// functions
//
//	lower(text) upper(text) trim(text)   text
//	len(text)                            number of characters
//	decimal(text)                        number; digits with a decimal point, else an error
//	decimal(text, number)                the same, but an empty text gives the number
//
// Nothing in it loops, and source length and nodes are bounded, so the cost of
// an evaluation is bounded by the expression and the record.
//
// # How it works
//
// The caller declares the environment as a struct whose fields carry the names
// used in expressions:
//
//	type record struct {
//		Code      string                   `expr:"code"`
//		Net       decimal.Decimal          `expr:"net"`
//		Attribute func(name string) string `expr:"attribute"`
//	}
//	program, faults := expression.Compile[record, bool](`net > 100.10`)
//	yes, err := program.Eval(&record{…})
//
// Field types are string, bool, decimal.Decimal, map[string]string, functions
// over these, and structs of such fields. Compile parses, then one walk over
// the tree checks types, refuses what is not in the language, collects every
// fault with its position, and replaces numbers and their operators by exact
// ones; what is left goes to expr-lang's compiler.
package expression
