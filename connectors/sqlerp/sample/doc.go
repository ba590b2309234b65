// Package sample makes the sample ERP of the demo: a wholesaler's SQLite file
// with contractors, representatives, items and sales documents, and lets it grow
// as a live ERP does. Everything in it is made up; the same seed and time give
// the same file.
//
// It is written by the demo alone, never by a connector: the connector reads the
// file by the configuration that [YAML] gives, like any other ERP.
//
// # What is in it
//
// Forty contractors: 38 Polish firms with valid tax numbers, one customer who is
// invoiced in euros, one anonymous cash customer. One to three representatives
// each. Some 130 items in groups by path, returnable packaging and services among
// them. Documents over 18 months: about 3 % in the buffer, 5 % corrections as
// signed differences linked by document and line, 2 % cancelled.
//
// Amounts are whole grosze while they are computed (law 7): net of a line is
// price times quantity rounded half up, gross is net plus the tax rounded half
// up, a document's totals are the sums of its lines.
package sample
