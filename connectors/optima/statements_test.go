package optima

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	comment  = regexp.MustCompile(`(?m)--.*$|(?s)\{\{-? ?/\*.*?\*/ ?-?\}\}`)
	read     = regexp.MustCompile(`CDN\.(\w+)`)
	used     = regexp.MustCompile(`\b(?:SYS|TrN|TrE|TreZ|TrR|TrA|DAt|DeA|DDf|Mag|FPl|Twr|TwG|TwA|Mrk|Prd|Knt|KnA|KSH|KnO|PRI|PRZ)_\w+`)
	writing  = regexp.MustCompile(`(?i)\b(INSERT|UPDATE|DELETE|MERGE|EXEC|EXECUTE|INTO|DROP|ALTER|CREATE|TRUNCATE|GRANT|SET|BEGIN|DECLARE)\b`)
	newWords = regexp.MustCompile(`(?i)\b(STRING_AGG|STRING_SPLIT|JSON_VALUE|OPENJSON|TRIM\(|CONCAT_WS|GREATEST|LEAST|IIF|OFFSET)\b`)
)

func sqlText(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("sql/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	out := map[string]string{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(f)] = comment.ReplaceAllString(string(text), "")
	}
	return out
}

// TestTablesAreAllThatIsRead: what the statements touch and what Check asks for
// and the login is granted are the same.
func TestTablesAreAllThatIsRead(t *testing.T) {
	var tablesRead, columnsRead, tablesListed, columnsListed []string
	for _, text := range sqlText(t) {
		for _, m := range read.FindAllStringSubmatch(text, -1) {
			tablesRead = append(tablesRead, m[1])
		}
		columnsRead = append(columnsRead, used.FindAllString(text, -1)...)
	}
	for _, tab := range tables() {
		tablesListed = append(tablesListed, tab.name)
		columnsListed = append(columnsListed, strings.Fields(tab.columns+" "+tab.optional)...)
	}
	for name, pair := range map[string][2][]string{"tables": {tablesRead, tablesListed}, "columns": {columnsRead, columnsListed}} {
		read, listed := pair[0], pair[1]
		slices.Sort(read)
		slices.Sort(listed)
		read, listed = slices.Compact(read), slices.Compact(listed)
		for _, n := range read {
			if !slices.Contains(listed, n) {
				t.Errorf("%s: %s is read and not listed", name, n)
			}
		}
		for _, n := range listed {
			if !slices.Contains(read, n) {
				t.Errorf("%s: %s is listed and not read", name, n)
			}
		}
	}
}

// TestStatementsOnlyRead (law 4), on SQL Server 2012 and later, by name.
func TestStatementsOnlyRead(t *testing.T) {
	for name, text := range sqlText(t) {
		if w := writing.FindString(text); w != "" {
			t.Errorf("%s has %s", name, w)
		}
		if w := newWords.FindString(text); w != "" {
			t.Errorf("%s has %s, which SQL Server 2012 has not", name, w)
		}
		if strings.Contains(text, ";") {
			t.Errorf("%s has more than one statement", name)
		}
		if regexp.MustCompile(`SELECT\s+\*|\w\.\*`).MatchString(text) {
			t.Errorf("%s reads columns that it does not name", name)
		}
	}
}

// TestNumbersOnlyForThePage: TrN_NumerPelny costs a function call per row.
func TestNumbersOnlyForThePage(t *testing.T) {
	for name, text := range sqlText(t) {
		if strings.Contains(text, "TrN_NumerPelny,") && name != "headers.sql" {
			t.Errorf("%s reads the computed number", name)
		}
	}
}

func TestPadded(t *testing.T) {
	for n, want := range map[int]int{1: 1, 2: 8, 8: 8, 9: 64, 65: 512, 512: 512} {
		ids := make([]int32, n)
		for i := range ids {
			ids[i] = int32(i + 1)
		}
		got := padded(ids)
		if len(got) != want || got[len(got)-1] != ids[n-1] || !slices.Equal(got[:n], ids) {
			t.Errorf("%d keys became %d: %v", n, len(got), got)
		}
	}
}
