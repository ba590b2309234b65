package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// TestStatement tells what happened to the points of K010: 43 of the ERP, some spent,
// some given, and how it is written.
func TestStatement(t *testing.T) {
	w := spendingWorld(t)
	w.must("redemptions", "reserve", "K010", "--points", "10", "--post", "--document", "PA/1")
	w.must("redemptions", "reserve", "K010", "--points", "6") // held: still the contractor's
	w.must("adjustments", "give", "K010", "7", "--reason", "=sorry; twice", "--lapses-on", "2099-12-31")
	w.play(t, []scenario{
		{line: "statement K010 --from 2020-01-01", has: []string{"K010", "before", "earned", "43\u00a0points", "-10\u00a0points", "40\u00a0points", "PA/1", "changed by hand", "=sorry; twice"}},
		{line: "statement K010 --from 2020-01-01 --lang pl", has: []string{"stan na początek", "43\u00a0punkty", "korekta ręczna"}},
		{line: "statement K010 --from 2020-01-01 --to 2020-12-31", has: []string{"0\u00a0points"}, lacks: []string{"PA/1", "DOCUMENT"}},
		{line: "statement K010 --from 2020-01-01 --json", has: []string{`"opening": "0"`, `"earned": "43"`, `"spent": "-10"`, `"adjusted": "7"`, `"closing": "40"`, `"kind": "earned"`}},
		{line: "statement K010 --from 2099-01-01 --to 2099-12-31 --json", has: []string{`"opening": "40"`, `"closing": "40"`, `"lines": []`}},
		{line: "statement K010 --from 2100-01-01 --to 2100-12-31 --json", has: []string{`"opening": "40"`, `"lapsed": "-7"`, `"closing": "33"`}},
		{line: "statement K010 --from 2026-02-01 --to 2026-01-01", code: exitInput, has: []string{"--from is after --to"}},
		{line: "statement K010 --from yesterday", code: exitInput, has: []string{"--from: "}},
		{line: "statement NOBODY", code: exitInput, has: []string{"there is no contractor"}},
		{line: "statement K010 --out x.doc", code: exitInput, has: []string{".csv or .pdf"}},
		{line: "statement K010 --out " + w.path("none/x.csv"), code: exitInput, has: []string{"cannot be written"}},
	})
	plain := w.must("statement", "K010", "--from", "2020-01-01", "--out", "-")
	for _, row := range []string{"date,what,document,reason,points\n2020-01-01,before,,,0\n", ",spent,PA/1,,-10\n", ",changed by hand,,'=sorry; twice,7\n", ",left,,,40\n"} {
		if !strings.Contains(plain, row) {
			t.Errorf("no %q in\n%s", row, plain)
		}
	}
	for _, name := range []string{"a.csv", "a.pdf"} {
		w.must("statement", "K010", "--from", "2020-01-01", "--lang", "pl", "--excel", "--out", w.path(name))
		if r := w.do("statement", "K010", "--out", w.path(name)); r.code != exitInput || !strings.Contains(r.err, "exists already") {
			t.Errorf("%s again: exit %d, %s", name, r.code, r.err)
		}
	}
	excel, err := os.ReadFile(w.path("a.csv"))
	if err != nil || !bytes.HasPrefix(excel, []byte("\ufeffdata;co;dokument;powód;punkty\r\n2020-01-01;stan na początek;;;0\r\n")) || !bytes.Contains(excel, []byte(";korekta ręczna;;\"'=sorry; twice\";7\r\n")) {
		t.Errorf("%v\n%s", err, excel)
	}
	pdf, err := os.ReadFile(w.path("a.pdf"))
	if err != nil || !bytes.HasPrefix(pdf, []byte("%PDF-")) || !bytes.Contains(pdf, []byte("%%EOF")) {
		t.Errorf("no PDF of %d bytes: %v", len(pdf), err)
	}
}
