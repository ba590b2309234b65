package sqlserver

import (
	"time"
	"unicode/utf8"

	mssql "github.com/microsoft/go-mssqldb"
)

// Code is a parameter for a varchar column: codes and keys. A Go string goes out
// as nvarchar, which turns the seek in an index on varchar into a scan of it. The
// driver sends the bytes of a VarChar as they are, whatever the code page of the
// database, so that only ASCII may go that way: other text is sent as nvarchar
// and compared rightly.
func Code(s string) any {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return s
		}
	}
	return mssql.VarChar(s)
}

// Stamp is a parameter for a datetime column: the wall clock that t shows,
// whatever its zone. A time.Time goes out as datetimeoffset, and shifts a
// comparison by the zone. A datetime holds 1/300 s and the years from 1753 on; the
// driver rounds and clamps to it.
func Stamp(t time.Time) mssql.DateTime1 { return mssql.DateTime1(t) }
