package jobs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

// Sender tells a person. An error means that it has to be tried again.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// Message is what a person is told, and the JSON that a webhook gets. It holds
// no personal data.
type Message struct {
	At      time.Time         `json:"at"`
	Kind    loyalty.AlertKind `json:"kind"` // "cured" when Of is over
	Of      loyalty.AlertKind `json:"of,omitempty"`
	Job     string            `json:"job"` // or the platform
	Message string            `json:"message"`
	Hint    string            `json:"hint"`
	Host    string            `json:"host,omitempty"`
}

// AlertCured is the kind of a message that says that an alert is over.
const AlertCured loyalty.AlertKind = "cured"

// Alerts tells people what they must act on: each thing once, and once when it
// is over. What to tell is kept in the store; Flush sends it, and tries again
// later what could not be sent.
type Alerts struct {
	cfg AlertsConfig
}

// AlertsConfig is what Alerts works with.
type AlertsConfig struct {
	Book   AlertBook        // required
	Sender Sender           // nil sends nothing and forgets what was to be sent
	Logger *slog.Logger     // required
	Now    func() time.Time // required
	Host   string           // name of this machine, may be empty
}

// NewAlerts returns alerts kept in a store.
func NewAlerts(cfg AlertsConfig) *Alerts { return &Alerts{cfg: cfg} }

// Raise says that a person must act. Raising what is raised already does
// nothing.
func (a *Alerts) Raise(ctx context.Context, kind loyalty.AlertKind, subject, message, hint string) error {
	return a.cfg.Book.RaiseAlert(ctx, loyalty.Alert{Kind: kind, Subject: subject, Message: message, Hint: hint})
}

// Cure says that it is over. Curing what is not raised does nothing.
func (a *Alerts) Cure(ctx context.Context, kind loyalty.AlertKind, subject string) error {
	return a.cfg.Book.CureAlert(ctx, kind, subject)
}

// CureJob cures everything that a success of a job puts right.
func (a *Alerts) CureJob(ctx context.Context, job string) error {
	var errs []error
	for _, kind := range []loyalty.AlertKind{loyalty.AlertPaused, loyalty.AlertGuard, loyalty.AlertFailing, loyalty.AlertSilent} {
		errs = append(errs, a.Cure(ctx, kind, job))
	}
	return errors.Join(errs...)
}

// Flush sends what is due. What could not be sent is logged and put off; only a
// failure of the store is an error.
func (a *Alerts) Flush(ctx context.Context) error {
	due, err := a.cfg.Book.DueAlerts(ctx)
	if err != nil {
		return err
	}
	for _, alert := range due {
		if err := a.send(ctx, alert); err != nil {
			return err
		}
	}
	return nil
}

func (a *Alerts) send(ctx context.Context, alert loyalty.Alert) error {
	m := Message{At: alert.At, Kind: alert.Kind, Job: alert.Subject, Message: alert.Message, Hint: alert.Hint, Host: a.cfg.Host}
	if alert.Cured {
		m.Kind, m.Of, m.Message, m.Hint = AlertCured, alert.Kind, fmt.Sprintf("%s: %s is over", alert.Subject, alert.Kind), ""
	}
	if a.cfg.Sender != nil {
		if err := a.cfg.Sender.Send(ctx, m); err != nil {
			a.cfg.Logger.WarnContext(ctx, "an alert could not be sent, it is tried again later", "kind", alert.Kind, "job", alert.Subject, "error", err)
			return a.cfg.Book.AlertDelayed(ctx, alert, a.cfg.Now().Add(backoff(alert.Tries+1)))
		}
	}
	return a.cfg.Book.AlertSent(ctx, alert)
}

// Webhook posts messages as JSON to one address.
type Webhook struct {
	// URL of the receiver. It is a secret: it never appears in an error.
	URL string
	// Client must have a timeout.
	Client *http.Client
}

// Send posts a message. Any answer but 2xx is an error.
func (w Webhook) Send(ctx context.Context, m Message) error {
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("webhook: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(body))
	if err != nil {
		return errors.New("webhook: the address cannot be used") // the cause quotes it
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := w.Client.Do(req)
	if err != nil {
		return errors.New("webhook: no answer") // the cause quotes the address
	}
	defer func() { _ = res.Body.Close() }()
	if _, err := io.Copy(io.Discard, io.LimitReader(res.Body, 1<<16)); err != nil {
		return fmt.Errorf("webhook: read the answer: %w", err)
	}
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("webhook: answered %s", res.Status)
	}
	return nil
}
