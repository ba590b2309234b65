package compiere

import "strings"

// keyType is what the ERP's primary keys are: numbers in most of the family,
// text in Openbravo. All tables of one ERP have the same.
type keyType struct {
	cast string // the type as the statements write it
	text bool
}

// keyTypeOf sorts the types of the system catalog; ok is false for one that no
// member of the family has.
func keyTypeOf(kind string) (k keyType, ok bool) {
	switch kind {
	case "numeric":
		return keyType{cast: "numeric"}, true
	case "integer", "bigint":
		return keyType{cast: "bigint"}, true
	case "character varying", "character", "text":
		return keyType{cast: "text", text: true}, true
	}
	return keyType{}, false
}

// bytewise is the order of keys, as an addition to their column: text is compared
// byte by byte, whatever the database's language, so that pages always fit
// together and a rebuilt collation changes nothing.
func (k keyType) bytewise() string {
	if k.text {
		return ` COLLATE "C"`
	}
	return ""
}

// first stands before every key.
func (k keyType) first() string {
	if k.text {
		return ""
	}
	return "-1"
}

// valid reports whether s is a key as the database prints it.
func (k keyType) valid(s string) bool {
	if k.text {
		return isTextKey(s)
	}
	return isNumber(s)
}

func isNumber(s string) bool {
	if s == "" || len(s) > 18 || (s[0] == '0' && s != "0") {
		return false
	}
	return strings.Trim(s, "0123456789") == ""
}

// isTextKey reports whether s may be a key of 32 hexadecimal digits, or one of the
// short words that the dictionary uses.
func isTextKey(s string) bool {
	if s == "" || len(s) > 36 {
		return false
	}
	for _, r := range s {
		switch {
		case '0' <= r && r <= '9', 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', r == '-', r == '_':
		default:
			return false
		}
	}
	return true
}
