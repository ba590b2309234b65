package config_test

import (
	"encoding"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loyalsync/loyalsync/config"
)

// readable is a value that is written and read as text.
type readable interface {
	encoding.TextUnmarshaler
	String() string
}

func TestTexts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in, want string // want "" is a refusal
		into     readable
	}{
		{"30s", "30s", new(config.Duration)},
		{"90m", "1h30m", new(config.Duration)},
		{"26h", "26h", new(config.Duration)},
		{"24h", "24h", new(config.Duration)},
		{"48h", "2d", new(config.Duration)},
		{"400d", "400d", new(config.Duration)},
		{"1d12h", "36h", new(config.Duration)},
		{"0s", "0s", new(config.Duration)},
		{"-1h", "", new(config.Duration)},
		{"1.5h", "", new(config.Duration)},
		{"36501d", "", new(config.Duration)},
		{"999999999h999999999h999999999h999999999h", "", new(config.Duration)},
		{"d", "", new(config.Duration)},
		{"10m", "10m", new(config.Every)},
		{"60m", "1h", new(config.Every)},
		{"1d", "1d", new(config.Every)},
		{"24h", "24h", new(config.Every)},
		{"0m", "", new(config.Every)},
		{"1h30m", "", new(config.Every)},
		{"9999999d", "", new(config.Every)},
		{"3y", "3y", new(config.Span)},
		{"6mo", "6mo", new(config.Span)},
		{"30d", "30d", new(config.Span)},
		{"6m", "", new(config.Span)},
		{"0y", "", new(config.Span)},
		{"101y", "", new(config.Span)},
		{"20%", "20%", new(config.Percent)},
		{"12.50%", "12.5%", new(config.Percent)},
		{"20", "", new(config.Percent)},
		{"12,5%", "", new(config.Percent)},
	}
	for _, tt := range tests {
		err := tt.into.UnmarshalText([]byte(tt.in))
		if got := tt.into.String(); (err != nil) != (tt.want == "") || err == nil && got != tt.want {
			t.Errorf("%T %s: %s, %v; want %s", tt.into, tt.in, got, err, tt.want)
		}
	}
}

func TestDaysAreNotHours(t *testing.T) {
	t.Parallel()
	var day, hours config.Every
	if err := day.UnmarshalText([]byte("1d")); err != nil {
		t.Fatal(err)
	}
	if err := hours.UnmarshalText([]byte("24h")); err != nil {
		t.Fatal(err)
	}
	if day != (config.Every{Days: 1}) || hours != (config.Every{Duration: 24 * time.Hour}) {
		t.Errorf("1d is %+v, 24h is %+v", day, hours)
	}
}

func TestDurationsSurviveText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := config.Duration(rapid.Int64Range(0, 36500*24*3600).Draw(t, "seconds") * int64(time.Second))
		var back config.Duration
		if err := back.UnmarshalText([]byte(d.String())); err != nil || back != d {
			t.Fatalf("%d as %s came back as %d, %v", d, d, back, err)
		}
	})
}

func TestDatesAndTimes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		into encoding.TextUnmarshaler
		ok   bool
	}{
		{"2024-02-29", new(config.Date), true},
		{"2026-02-29", new(config.Date), false},
		{"0001-01-01", new(config.Date), false},
		{"2026-1-1", new(config.Date), false},
		{"12-31", new(config.MonthDay), true},
		{"02-29", new(config.MonthDay), true},
		{"02-30", new(config.MonthDay), false},
		{"2026-12-01 18:33", new(config.LocalTime), true},
		{"2026-12-01 18:33:05", new(config.LocalTime), true},
		{"2026-12-01T18:33", new(config.LocalTime), false},
		{"2026-12-01", new(config.LocalTime), false},
		{"00:00", new(config.TimeOfDay), true},
		{"23:59", new(config.TimeOfDay), true},
		{"7:30", new(config.TimeOfDay), false},
		{"24:00", new(config.TimeOfDay), false},
		{"sun", new(config.Weekday), true},
		{"Mon", new(config.Weekday), false},
		{"UTC", new(config.Zone), true},
		{"local", new(config.Zone), false},
		{"../etc/passwd", new(config.Zone), false},
	}
	for _, tt := range tests {
		if err := tt.into.UnmarshalText([]byte(tt.in)); (err == nil) != tt.ok {
			t.Errorf("%T %s: %v", tt.into, tt.in, err)
		}
	}
	if h, m := config.TimeOfDay("18:05").Clock(); h != 18 || m != 5 {
		t.Errorf("18:05 is %d and %d", h, m)
	}
	if config.Weekday("sat").Std() != time.Saturday || config.Zone("Europe/Warsaw").Location().String() != "Europe/Warsaw" {
		t.Error("weekday or zone")
	}
}
