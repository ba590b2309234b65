package web_test

import (
	"testing"
	"testing/fstest"

	"github.com/loyalsync/loyalsync/loyalty/web"
	"github.com/loyalsync/loyalsync/loyalty/web/webtest"
)

func catalogue(t *testing.T, pl, en string) (*web.Catalogue, error) {
	t.Helper()
	return web.LoadCatalogue(fstest.MapFS{"pl.json": {Data: []byte(pl)}, "en.json": {Data: []byte(en)}})
}

func TestCatalogue(t *testing.T) {
	c, err := catalogue(t, `{"n":"{0} faktura|{0} faktury|{0} faktur","a":"{0} z {1}"}`, `{"n":"{0} invoice|{0} invoices","a":"{0} of {1}"}`)
	if err != nil {
		t.Fatal(err)
	}
	for got, want := range map[string]string{
		c.Text("pl", "a", 1, "x"): "1 z x", c.Text("en", "a", 1, "x"): "1 of x", c.Text("en", "unknown"): "unknown",
		c.Count("pl", "n", 1): "1 faktura", c.Count("pl", "n", 22): "22 faktury", c.Count("pl", "n", 12): "12 faktur", c.Count("pl", "n", 1005): "1\u00a0005 faktur",
		c.Count("en", "n", 1): "1 invoice", c.Count("en", "n", 0): "0 invoices",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestCatalogueRefuses(t *testing.T) {
	for name, tt := range map[string][2]string{
		"a key without English": {`{"a":"x"}`, `{}`},
		"a key without Polish":  {`{}`, `{"a":"x"}`},
		"two Polish forms":      {`{"a":"x|y"}`, `{"a":"x|y"}`},
		"one English form":      {`{"a":"x|y|z"}`, `{"a":"x"}`},
		"forms only in English": {`{"a":"x"}`, `{"a":"x|y"}`},
		"something else":        {`[]`, `{}`},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := catalogue(t, tt[0], tt[1]); err == nil {
				t.Error("accepted")
			}
		})
	}
}

// Every key is used, and every key that is used is there.
func TestWordsAreUsed(t *testing.T) { webtest.CheckWords(t, ".") }
