package tdstest

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// collation is what the wire says of text in a code page, and how the engine
// compares it.
type collation struct {
	name     string
	lcid     uint32 // with the comparison flags of MS-TDS 2.2.5.1.2 in bits 20-27
	sortID   byte
	codePage int
	charset  *charmap.Charmap
}

// collations are those that the server can be given. LCIDs are Microsoft's
// (MS-LCID); a SQL_ collation is told by its sort id.
var collations = []collation{
	{"Polish", 0x0415, 0, 1250, charmap.Windows1250},
	{"SQL_Latin1_General_CP1", 0x0409, 52, 1252, charmap.Windows1252},
	{"SQL_Polish_CP1250", 0x0415, 92, 1250, charmap.Windows1250},
	{"Latin1_General", 0x0409, 0, 1252, charmap.Windows1252},
	{"Czech", 0x0405, 0, 1250, charmap.Windows1250},
	{"Cyrillic_General", 0x0419, 0, 1251, charmap.Windows1251},
	{"Greek", 0x0408, 0, 1253, charmap.Windows1253},
}

// findCollation takes the name of a collation apart: language, then _CI or _CS,
// _AI or _AS, or _BIN, _BIN2.
func findCollation(name string) (collation, error) {
	for _, c := range collations {
		rest, ok := cutPrefixFold(name, c.name)
		if !ok || rest != "" && rest[0] != '_' {
			continue
		}
		up := strings.ToUpper(rest) + "_"
		c.name = name
		for part, bit := range map[string]uint32{"_CI_": 1 << 20, "_AI_": 1 << 21, "_BIN_": 1 << 24, "_BIN2_": 1 << 25} {
			if strings.Contains(up, part) {
				c.lcid |= bit
			}
		}
		if !strings.Contains(up, "_BIN") && !strings.Contains(up, "_WS_") {
			c.lcid |= 1<<22 | 1<<23 // width and kana do not matter
		}
		return c, nil
	}
	return collation{}, fmt.Errorf("tdstest: collation %q is not one that the server knows (collation.go)", name)
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

// sqlite is the name of the engine's collation that compares as this one does.
func (c collation) sqlite(unicodeText bool) string {
	up := strings.ToUpper(c.name) + "_"
	switch {
	case strings.Contains(up, "_BIN") && unicodeText:
		return "BINARY"
	case strings.Contains(up, "_BIN"):
		return "tds_bin_" + fmt.Sprint(c.codePage)
	case strings.Contains(up, "_CS_") && strings.Contains(up, "_AI_"):
		return "tds_cs_ai"
	case strings.Contains(up, "_CS_"):
		return "tds_cs_as"
	case strings.Contains(up, "_AI_"):
		return "tds_ci_ai"
	default:
		return "tds_ci_as"
	}
}

// encode gives the bytes of the code page; what it lacks becomes '?', as on the
// real server.
func (c collation) encode(s string) []byte {
	for _, r := range s {
		if r > 0xffff { // two units of UTF-16, two marks
			s = strings.ReplaceAll(s, string(r), "\x1a\x1a")
		}
	}
	out, err := encoding.ReplaceUnsupported(c.charset.NewEncoder()).Bytes([]byte(s))
	if err != nil {
		return []byte(s)
	}
	return bytes.ReplaceAll(out, []byte{0x1a}, []byte{'?'})
}

func (c collation) decode(b []byte) string {
	out, err := c.charset.NewDecoder().Bytes(b)
	if err != nil {
		return string(b)
	}
	return string(out)
}

// fit is what is left of a text in this code page.
func (c collation) fit(s string) string {
	for _, r := range s {
		if r >= 0x80 {
			return c.decode(c.encode(s))
		}
	}
	return s
}

// accents puts letters with a mark after their base letter, as the Polish
// alphabet has them.
var accents = func() map[rune][2]rune {
	m := map[rune][2]rune{}
	for i, r := range []rune("ąćęłńóśźżäöüčřšžéèá") {
		m[r] = [2]rune{[]rune("acelnoszzaoucrszeea")[i], rune(i + 1)}
	}
	return m
}()

// comparison makes an order of texts: trailing spaces never count; case and
// accents as told.
func comparison(foldCase, foldAccent bool) func(a, b string) int {
	weight := func(r rune) (rune, rune) {
		lower := unicode.ToLower(r)
		if at, ok := accents[lower]; ok {
			if foldAccent {
				return at[0], 0
			}
			return at[0], at[1]
		}
		return lower, 0
	}
	return func(a, b string) int {
		a, b = strings.TrimRight(a, " "), strings.TrimRight(b, " ")
		ra, rb := []rune(a), []rune(b)
		for i := 0; i < len(ra) && i < len(rb); i++ {
			wa, aa := weight(ra[i])
			wb, ab := weight(rb[i])
			if d := cmpRune(wa, wb); d != 0 {
				return d
			}
			if d := cmpRune(aa, ab); d != 0 {
				return d
			}
		}
		if d := len(ra) - len(rb); d != 0 {
			return sign(d)
		}
		if foldCase {
			return 0
		}
		for i := range ra { // small before large, only when nothing else differs
			if d := cmpRune(rb[i], ra[i]); d != 0 && unicode.ToLower(ra[i]) == unicode.ToLower(rb[i]) {
				return d
			}
		}
		return 0
	}
}

func cmpRune(a, b rune) int { return sign(int(a) - int(b)) }

func sign(d int) int {
	switch {
	case d < 0:
		return -1
	case d > 0:
		return 1
	default:
		return 0
	}
}
