package web

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/loyalsync/loyalsync/loyalty"
)

// Languages are those of the screens.
func Languages() []string { return []string{loyalty.Polish, loyalty.English} }

// Catalogue holds the words of screens by language and key. A text may have
// places {0}, {1}; a text about a number has its forms parted by "|": one, few
// and many in Polish, one and many in English.
type Catalogue struct {
	words map[string]map[string]string
}

// LoadCatalogue reads pl.json and en.json from each folder. Keys that only one
// language has, keys given twice and a wrong number of forms are errors.
func LoadCatalogue(folders ...fs.FS) (*Catalogue, error) {
	c := &Catalogue{words: map[string]map[string]string{}}
	for _, lang := range Languages() {
		c.words[lang] = map[string]string{}
		for _, folder := range folders {
			if err := c.load(folder, lang); err != nil {
				return nil, err
			}
		}
	}
	return c, c.check()
}

func (c *Catalogue) load(folder fs.FS, lang string) error {
	text, err := fs.ReadFile(folder, lang+".json")
	if err != nil {
		return fmt.Errorf("words: %w", err)
	}
	var words map[string]string
	if err := json.Unmarshal(text, &words); err != nil {
		return fmt.Errorf("words: %s.json: %w", lang, err)
	}
	for key, word := range words {
		if _, twice := c.words[lang][key]; twice {
			return fmt.Errorf("words: %s.json: %s is given twice", lang, key)
		}
		c.words[lang][key] = word
	}
	return nil
}

func (c *Catalogue) check() error {
	pl, en := c.words[loyalty.Polish], c.words[loyalty.English]
	for _, key := range slices.Sorted(maps.Keys(pl)) {
		if _, both := en[key]; !both {
			return fmt.Errorf("words: en.json lacks %s", key)
		}
		polish, english := strings.Count(pl[key], "|"), strings.Count(en[key], "|")
		if polish != 0 && (polish != 2 || english != 1) || polish == 0 && english != 0 {
			return fmt.Errorf("words: %s needs three forms in Polish and two in English", key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(en)) {
		if _, both := pl[key]; !both {
			return fmt.Errorf("words: pl.json lacks %s", key)
		}
	}
	return nil
}

// Keys lists all keys.
func (c *Catalogue) Keys() []string { return slices.Sorted(maps.Keys(c.words[loyalty.English])) }

// Text returns the words of a key with its places filled. An unknown key comes
// back as it is.
func (c *Catalogue) Text(lang, key string, args ...any) string {
	text, known := c.words[lang][key]
	if !known {
		return key
	}
	for i, arg := range args {
		text = strings.ReplaceAll(text, "{"+strconv.Itoa(i)+"}", fmt.Sprint(arg))
	}
	return text
}

// Count returns the words of a key in the form that fits n, with {0} as n.
func (c *Catalogue) Count(lang, key string, n int64) string {
	forms := strings.Split(c.Text(lang, key), "|")
	one, many := forms[0], forms[len(forms)-1]
	few := many
	if len(forms) == 3 {
		few = forms[1]
	}
	return strings.ReplaceAll(loyalty.Plural(n, lang, one, few, many), "{0}", loyalty.FormatNumber(strconv.FormatInt(n, 10), lang))
}
