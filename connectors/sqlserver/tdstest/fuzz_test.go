package tdstest

import (
	"errors"
	"strings"
	"testing"
)

// FuzzParse: whatever a client sends as T-SQL is read or answered with an error
// of ours.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"SELECT TOP (@p1) [a].b, N'x' FROM CDN.T a WITH (NOLOCK) WHERE a.c IN (1, 2.5, 1e3, 0xff) ORDER BY 1",
		"WITH t (a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM t) SELECT * FROM t OPTION (MAXRECURSION 0)",
		"CREATE TABLE a.b (c int IDENTITY(1,1) NOT NULL, d decimal(5,2) DEFAULT (0), CONSTRAINT p PRIMARY KEY (c))",
		"IF 1 = 1 BEGIN SET @x = 'a''b' END ELSE EXEC (N'x') /* a /* b */ */ -- c",
		"INSERT a (b) VALUES (DEFAULT), (CASE WHEN 1 = 1 THEN NULL END)", "SET IDENTITY_INSERT a ON; GRANT SELECT ON OBJECT::a.b TO [c]", "'", "[", "/*", "@", "1.", "((((",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if strings.Count(s, "(") > 1000 {
			t.Skip("deeper than anybody writes")
		}
		_, err := parse(s)
		var own *sqlError
		if err != nil && !errors.As(err, &own) {
			t.Errorf("%q: %v", s, err)
		}
	})
}

// FuzzLogin: a LOGIN7 that is cut or lies about its lengths is refused.
func FuzzLogin(f *testing.F) {
	f.Add([]byte{}, byte(0))
	f.Add(make([]byte, 94), byte(0xff))
	f.Add([]byte("00"), byte(wDateN)) // shorter than its date
	f.Fuzz(func(t *testing.T, b []byte, token byte) {
		_, _ = readLogin(b)
		defer func() {
			if r := recover(); r != nil {
				if _, ours := r.(*sqlError); !ours {
					t.Errorf("% x: %v", b, r)
				}
			}
		}()
		coll, err := findCollation("Polish_CI_AS")
		if err != nil {
			t.Fatal(err)
		}
		r := &wireReader{append([]byte{token}, b...)}
		r.parameterValue(coll)
	})
}
