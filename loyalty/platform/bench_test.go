package platform_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

// taker is a platform that takes everything at once: what is measured is our side.
type taker struct{ answer []byte }

// RoundTrip reads the call and answers.
func (t taker) RoundTrip(r *http.Request) (*http.Response, error) {
	_, err := io.Copy(io.Discard, r.Body)
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(t.answer)), Request: r}, err
}

// BenchmarkDrain delivers one batch: encoding, signing, the call, the answer.
func BenchmarkDrain(b *testing.B) {
	items := points(wire.MaxItems)
	var all wire.Response
	for _, it := range items {
		all.Results = append(all.Results, wire.Result{ID: it.ID, Status: wire.Accepted})
	}
	answer, err := json.Marshal(all)
	if err != nil {
		b.Fatal(err)
	}
	o, target := newOutbox(items...), platform.Target{Name: "hosted", Sender: client(b, taker{answer}), Home: true}
	b.ReportAllocs()
	for b.Loop() {
		o.position[wire.Points] = 0
		report, err := platform.NewDrainer(o).Drain(b.Context(), loyalty.Feed{}, target)
		if err != nil || report.Delivered != len(items) {
			b.Fatal(report, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(items)), "ns/item")
}
