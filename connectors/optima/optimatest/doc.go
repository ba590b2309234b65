// Package optimatest writes Optima's tables for tests: the schema as far as the
// connector reads it, and rows by column. Only tests import it. It must never meet
// a customer's database, whose triggers and rules it knows nothing of.
package optimatest
