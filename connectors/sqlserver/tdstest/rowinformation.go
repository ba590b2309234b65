package tdstest

import (
	"database/sql/driver"
	"strconv"
	"strings"
)

// Functions that tell of the catalogue may be asked about the value of a row: the
// answers for all that there is are known now, and the row chooses among them.

// chosen is a CASE over what is asked. What is not among the answers is NULL.
func chosen(asked string, answers map[string]int64) value {
	if len(answers) == 0 {
		return value{sql: "NULL", typ: tInt, nullable: true}
	}
	var sql strings.Builder
	sql.WriteString("(CASE " + asked)
	for name, n := range answers {
		sql.WriteString(" WHEN '" + strings.ReplaceAll(name, "'", "''") + "' THEN " + strconv.FormatInt(n, 10))
	}
	return value{sql: sql.String() + " END)", typ: tInt, nullable: true}
}

// collationProperty is COLLATIONPROPERTY of a name that a row or an expression gives.
func (c *compiler) collationProperty(name value, property string) value {
	return value{sql: "tds_collation(" + c.asText(name).sql + ",'" + strings.ReplaceAll(lower(property), "'", "''") + "')", typ: tInt, nullable: true}
}

func collationProperty(a []driver.Value) (driver.Value, error) {
	found, err := findCollation(str(a[0]))
	switch {
	case err != nil:
		return nil, nil //nolint:nilerr,nilnil // NULL for one that is not known
	case str(a[1]) == "codepage":
		return int64(found.codePage), nil
	case str(a[1]) == "lcid":
		return int64(found.lcid & 0xfffff), nil
	}
	return nil, nil //nolint:nilnil // NULL
}

// objectPerms is HAS_PERMS_BY_NAME of objects that rows name.
func (c *compiler) objectPerms(name value, right string) value {
	answers := map[string]int64{}
	for _, t := range c.db.catalog.list() {
		answers[key(t.schema, t.name)] = 0
		if c.sess.may(right, c.db, t) {
			answers[key(t.schema, t.name)] = 1
		}
	}
	return chosen("tds_object("+c.asText(name).sql+")", answers)
}

// objectKey is the key in the catalogue of the object that a text names.
func objectKey(a []driver.Value) (driver.Value, error) {
	parts := nameParts(str(a[0]))
	switch len(parts) {
	case 0:
		return "", nil
	case 1:
		return key("dbo", parts[0]), nil
	}
	return key(parts[len(parts)-2], parts[len(parts)-1]), nil
}

// nameParts takes a name of several parts apart, with or without brackets.
func nameParts(text string) []string {
	toks, err := lex(text)
	if err != nil {
		return nil
	}
	var parts []string
	for _, t := range toks {
		if t.kind == tName || t.kind == tQuoted {
			parts = append(parts, t.text)
		}
	}
	return parts
}
