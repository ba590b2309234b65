package doctor

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
)

// judge turns what the check of a source found into findings. asked is our clock
// when the server was asked for its own.
func (s Source) judge(ctx context.Context, r connectors.Report, asked time.Time) []connectors.Finding {
	found := []connectors.Finding{tell("version", connectors.Fine, "version", "product", r.Product, "version", r.Version, "server", r.Server)}
	if r.Version == "" {
		found[0] = tell("version", connectors.Fine, "version-server", "product", r.Product, "server", r.Server)
	}
	if r.Encoding != "" {
		found = append(found, tell("encoding", connectors.Fine, "encoding", "encoding", r.Encoding))
	}
	found = append(found, clock(r, asked, s.Zone))
	if f, ok := s.identity(ctx, r.Identity); ok {
		found = append(found, f)
	}
	if len(r.Missing) > 0 {
		found = append(found, tell("tables", connectors.Broken, "missing", "missing", some(r.Missing), "count", strconv.Itoa(len(r.Missing))))
	} else {
		found = append(found, tell("tables", connectors.Fine, "tables"))
	}
	found = append(found, rights(r.Writable, s.AllowWritable))
	for _, w := range r.Warnings {
		found = append(found, connectors.Finding{Check: "remark", Condition: connectors.Remark, Message: w.Message, Hint: w.Hint})
	}
	return found
}

// rights judges what the login may write (law 4).
func rights(writable []string, allowed bool) connectors.Finding {
	switch {
	case len(writable) == 0:
		return tell("rights", connectors.Fine, "read-only")
	case allowed:
		return tell("rights", connectors.Remark, "writable-allowed", "tables", some(writable), "count", strconv.Itoa(len(writable)))
	}
	return tell("rights", connectors.Broken, "writable", "tables", some(writable), "count", strconv.Itoa(len(writable)))
}

func (s Source) identity(ctx context.Context, now string) (connectors.Finding, bool) {
	if s.Identity == nil || now == "" {
		return connectors.Finding{}, false
	}
	before, err := s.Identity(ctx)
	switch {
	case err != nil || before == "":
		return connectors.Finding{}, false // the store's own subject tells what is wrong with it
	case before == now:
		return tell("identity", connectors.Fine, "identity"), true
	}
	return tell("identity", connectors.Broken, "identity-changed", "before", before, "now", now, "source", s.Name), true
}

const (
	clockRemark = time.Minute      // from here on a difference is worth telling
	clockFault  = 45 * time.Minute // from here on it is another zone, or a clock nobody looks after
	zoneStep    = 15 * time.Minute // zones differ by whole steps of this
	zoneMost    = 15 * time.Hour
)

// clock compares the server's clock, as it stamps rows, with ours in the zone
// that its stamps are said to be in.
func clock(r connectors.Report, asked time.Time, zone *time.Location) connectors.Finding {
	ahead, ok := aheadOf(r.Now, asked, zone)
	if !ok {
		return tell("clock", connectors.Remark, "clock-unknown")
	}
	data := []string{"now", string(r.Now[:len("2006-01-02T15:04:05")]), "zone", zone.String(), "difference", span(ahead.Abs())}
	direction := "ahead"
	if ahead < 0 {
		direction = "behind"
	}
	switch {
	case ahead.Abs() <= clockRemark:
		return tell("clock", connectors.Fine, "clock", data...)
	case ahead.Abs() < clockFault:
		return tell("clock", connectors.Remark, "clock-"+direction, data...)
	}
	if theirs, err := time.LoadLocation(r.Zone); err == nil && r.Zone != "" {
		if there, _ := aheadOf(r.Now, asked, theirs); there.Abs() <= clockRemark {
			return tell("clock", connectors.Remark, "clock-server-zone", append(data, "server_zone", r.Zone)...)
		}
	}
	if rest := (ahead.Abs() + zoneStep/2) % zoneStep; ahead.Abs() < zoneMost && (rest-zoneStep/2).Abs() <= 2*clockRemark {
		return tell("clock", connectors.Broken, "clock-zone-"+direction, data...)
	}
	return tell("clock", connectors.Broken, "clock-off-"+direction, data...)
}

// aheadOf is by how much a stamp is ahead of an instant in a zone.
func aheadOf(stamp connectors.Stamp, at time.Time, zone *time.Location) (time.Duration, bool) {
	wall, err := time.Parse(connectors.StampLayout, string(stamp))
	if err != nil {
		return 0, false
	}
	ours, err := time.Parse(connectors.StampLayout, string(connectors.NewStamp(at.In(zone))))
	return wall.Sub(ours), err == nil
}

// span writes a duration for people, to the second below an hour.
func span(d time.Duration) string {
	d = d.Round(time.Second)
	days, hours, minutes, seconds := int(d/(24*time.Hour)), int(d/time.Hour)%24, int(d/time.Minute)%60, int(d/time.Second)%60
	var parts []string
	add := func(n int, unit string) {
		if n > 0 {
			parts = append(parts, strconv.Itoa(n)+" "+unit)
		}
	}
	add(days, "d")
	add(hours, "h")
	add(minutes, "min")
	if d < time.Hour {
		add(seconds, "s")
	}
	if len(parts) == 0 {
		return "0 s"
	}
	return strings.Join(parts, " ")
}

// listed is how many names a finding holds at most.
const listed = 10

// some joins names, and says that there are more.
func some(names []string) string {
	if len(names) <= listed {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:listed], ", ") + ", …"
}
