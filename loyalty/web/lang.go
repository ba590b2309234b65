package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/loyalsync/loyalsync/loyalty"
)

const langCookie = "lang"

func known(lang string) bool { return slices.Contains(Languages(), lang) }

// chooseLanguage takes the language of a link, else the one chosen before, else
// the user's own, else the browser's.
func chooseLanguage(r *http.Request, user *loyalty.User) string {
	if lang := r.URL.Query().Get("lang"); known(lang) {
		return lang
	}
	if c, err := r.Cookie(langCookie); err == nil && known(c.Value) {
		return c.Value
	}
	if user != nil && known(user.Lang) {
		return user.Lang
	}
	return acceptedLanguage(r.Header.Get("Accept-Language"))
}

// acceptedLanguage is the language of ours that a browser likes best, English
// when it likes none.
func acceptedLanguage(header string) string {
	best, weight := loyalty.English, 0
	for part := range strings.SplitSeq(header, ",") {
		tag, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		base, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		if q := quality(params); known(base) && q > weight {
			best, weight = base, q
		}
	}
	return best
}

// quality reads "q=0.8" in thousandths, as the header allows three decimals.
func quality(params string) int {
	text, given := strings.CutPrefix(strings.TrimSpace(params), "q=")
	if !given {
		return 1000
	}
	whole, frac, _ := strings.Cut(text, ".")
	n, err := strconv.Atoi(whole + (frac + "000")[:3])
	if err != nil || n < 0 || n > 1000 {
		return 0
	}
	return n
}
