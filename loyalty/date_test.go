package loyalty_test

import (
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

func TestTimeOfDay(t *testing.T) {
	for text, want := range map[string]int{"00:00": 0, "09:59": 9, "23:59": 23} {
		at, err := loyalty.ParseTimeOfDay(text)
		if hour, known := at.Hour(); err != nil || !known || hour != want {
			t.Errorf("%s: hour %d, %v, %v", text, hour, known, err)
		}
	}
	if at, err := loyalty.ParseTimeOfDay(""); err != nil || at != "" {
		t.Errorf("no time: %q, %v", at, err)
	}
	if _, known := loyalty.TimeOfDay("").Hour(); known {
		t.Error("a time that nobody knows has an hour")
	}
	for _, text := range []string{"24:00", "9:59", "12:60", "12:00:00", "noon"} {
		if at, err := loyalty.ParseTimeOfDay(text); err == nil {
			t.Errorf("%s was taken for %q", text, at)
		}
	}
}

// TestMovedTo: the hour that spring leaves out on a clock is the one after it.
func TestMovedTo(t *testing.T) {
	warsaw, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		day      loyalty.Date
		at, want loyalty.TimeOfDay
	}{
		{loyalty.NewDate(2026, time.January, 15), "12:30", "11:30"},
		{loyalty.NewDate(2026, time.July, 15), "00:30", "22:30"},
		{loyalty.NewDate(2026, time.March, 29), "02:30", "01:30"},
		{loyalty.NewDate(2026, time.July, 15), "", ""},
		{loyalty.NoDate, "12:30", "12:30"},
	} {
		if got := tt.at.MovedTo(time.UTC, tt.day, warsaw); got != tt.want {
			t.Errorf("%s %s in Warsaw is %s in UTC, want %s", tt.day, tt.at, got, tt.want)
		}
	}
}
