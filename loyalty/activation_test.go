package loyalty_test

import (
	"testing"

	"github.com/loyalsync/loyalsync/loyalty"
)

func TestWhatPointsWaitFor(t *testing.T) {
	t.Parallel()
	on := func(text string) loyalty.Date {
		d, err := loyalty.ParseDate(text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	after14, aMonth, paid := loyalty.Activation{AfterDays: 14}, loyalty.Activation{AfterMonths: 1}, loyalty.Activation{Paid: true}
	for _, tt := range []struct {
		name        string
		way         loyalty.Activation
		date, today string
		paid        bool
		want        string // in English
	}{
		{name: "at once", date: "2026-12-31", today: "2026-12-31"},
		{name: "at once, of a document dated ahead", date: "2027-01-31", today: "2026-12-31"},
		{name: "on the day of the document", way: after14, date: "2026-12-31", today: "2026-12-31", want: "until 14 Jan 2027"},
		{name: "on the last day of waiting", way: after14, date: "2026-12-31", today: "2027-01-13", want: "until 14 Jan 2027"},
		{name: "on the first day after it", way: after14, date: "2026-12-31", today: "2027-01-14"},
		{name: "paid meanwhile, which is not asked", way: after14, date: "2026-12-31", today: "2027-01-13", paid: true, want: "until 14 Jan 2027"},
		{name: "months clamp", way: aMonth, date: "2027-01-31", today: "2027-02-27", want: "until 28 Feb 2027"},
		{name: "months that have clamped", way: aMonth, date: "2027-01-31", today: "2027-02-28"},
		{name: "not paid, years later", way: paid, date: "2020-01-01", today: "2027-01-01", want: "until the document is paid"},
		{name: "paid", way: paid, date: "2026-12-31", today: "2026-12-31", paid: true},
	} {
		wait := tt.way.Wait(&loyalty.Document{Date: on(tt.date), Paid: tt.paid}, on(tt.today))
		if got := wait.Words(loyalty.English); got != tt.want {
			t.Errorf("%s: waits %q, want %q", tt.name, got, tt.want)
		}
		if day := wait.Day(); day != loyalty.NoDate && (wait.Over(day-1) || !wait.Over(day)) {
			t.Errorf("%s: a wait until %s is over on another day", tt.name, day)
		}
	}
	if loyalty.WaitPayment.Over(on("9999-12-31")) || loyalty.WaitNothing.Over(on("9999-12-31")) {
		t.Error("no day ends what waits for no day")
	}
	for wait, want := range map[loyalty.Wait]string{
		loyalty.WaitNothing: "", loyalty.WaitPayment: "do zapłaty za dokument", loyalty.Wait(on("2027-01-14")): "do 14.01.2027",
	} {
		if got := wait.Words(loyalty.Polish); got != want {
			t.Errorf("in Polish %q, want %q", got, want)
		}
	}
}
