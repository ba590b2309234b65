package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
)

func TestParseMoment(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"2026-01-31T17:30:00Z":      "2026-01-31T17:30:00Z",
		"2026-01-31T18:30:00+01:00": "2026-01-31T17:30:00Z",
		"2026-01-31 18:30":          "2026-01-31T17:30:00Z",
		"2026-07-31 18:30":          "2026-07-31T16:30:00Z",
		"2026-07-31 18:30:05":       "2026-07-31T16:30:05Z",
		"2026-01-31":                "",
		"18:30":                     "",
		"":                          "",
	} {
		got, err := parseMoment(text, zone)
		switch {
		case (err != nil) != (want == ""):
			t.Errorf("%q: %v", text, err)
		case err == nil && got.UTC().Format(time.RFC3339) != want:
			t.Errorf("%q is %s, want %s", text, got.UTC(), want)
		}
	}
}

func FuzzParseMoment(f *testing.F) {
	f.Add("2026-01-31 18:30")
	f.Add("2026-01-31T17:30:00Z")
	f.Fuzz(func(t *testing.T, text string) {
		if at, err := parseMoment(text, time.UTC); err == nil && at.IsZero() && !strings.HasPrefix(text, "0001") {
			t.Errorf("%q is nothing", text)
		}
	})
}

func TestMeant(t *testing.T) {
	o := loyalty.ContractorOverview{Contractor: loyalty.Contractor{Key: "a7", Code: "K001", Name: "Żabka", TaxID: "5260001246", Card: "C9"}}
	for text, want := range map[string]bool{
		"K001": true, "k001": true, " K001 ": true, "a7": true, "A7": false, "c9": true, "5260001246": true, "ŻABKA": true, "Żab": false, "": false, "K0011": false,
	} {
		if meant(o, text) != want {
			t.Errorf("%q: %t", text, !want)
		}
	}
}

// TestTable: what an ERP holds cannot move the cursor or forge a row.
func TestTable(t *testing.T) {
	var b bytes.Buffer
	table := newTable(&b, "A", "B")
	table.row("x\ty\nz", "\x1b[2Jend")
	table.row("ż", "")
	table.flush()
	if got, want := b.String(), "A      B\nx y z   [2Jend\nż\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestLineOf: a correction's points are found under the line that it corrects,
// even where lines are numbered within a document.
func TestLineOf(t *testing.T) {
	document := func(id, corrects string, lines ...loyalty.Line) loyalty.StoredDocument {
		return loyalty.StoredDocument{Document: loyalty.Document{Key: loyalty.Key{ID: id}, Corrects: corrects, Lines: lines}}
	}
	original := document("10", "", loyalty.Line{ID: "1", Code: "A"}, loyalty.Line{ID: "2", Code: "B"}, loyalty.Line{ID: "3", Code: "C"})
	correction := document("11", "10", loyalty.Line{ID: "1", Corrects: "2", Code: "B'"}, loyalty.Line{ID: "3", Code: "D"})
	var x explained
	x.Chain = append(x.Chain, explainedDocument(correction), explainedDocument(original))
	for _, test := range []struct {
		of   *loyalty.StoredDocument
		line string
		code string
	}{
		{&original, "1", "A"},
		{&correction, "2", "B'"},
		{&correction, "1", "A"},
		{&correction, "11:3", "D"},
		{&correction, "3", "C"},
		{&correction, "9", ""},
	} {
		if got := x.lineOf(test.of, loyalty.LineID(test.line)).Code; got != test.code {
			t.Errorf("line %s of %s is %q, want %q", test.line, test.of.Key.ID, got, test.code)
		}
	}
}

func explainedDocument(d loyalty.StoredDocument) ledger.ExplainedDocument {
	return ledger.ExplainedDocument{Document: d}
}
