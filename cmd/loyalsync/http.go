package main

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/loyalsync/loyalsync/loyalty/ledger"
	"github.com/loyalsync/loyalsync/loyalty/panel"
	"github.com/loyalsync/loyalsync/loyalty/panel/api"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

// handler answers everything that one serve answers.
func (a *app) handler(registry *prometheus.Registry) (http.Handler, error) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", a.ready)
	metrics := promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		if !loopback(r) {
			answer(w, http.StatusForbidden, "metrics answer this machine only")
			return
		}
		metrics.ServeHTTP(w, r)
	})
	faces := a.config().HTTP.Faces
	if slices.Contains(faces, "api") {
		if err := a.mountAPI(mux); err != nil {
			return nil, err
		}
	}
	if slices.Contains(faces, "panel") || slices.Contains(faces, "admin") {
		pages, err := a.panel()
		if err != nil {
			return nil, err
		}
		mux.Handle("/", pages)
	}
	return mux, nil
}

// mountAPI lets the agents and tills of the configuration in.
func (a *app) mountAPI(mux *http.ServeMux) error {
	c := a.config()
	cfg := api.Config{
		People: a.store, Held: a.store, Tiers: a.store,
		Points:   &ledger.Receiver{Store: a.store, Inbox: a.store, Now: a.now, Zone: c.Timezone.Location(), Debts: debtPolicies(c)},
		Accounts: a.store, Redeemer: a.redeemer, Now: a.now, Logger: a.log,
	}
	for _, s := range c.Sources {
		cfg.LocalSources = append(cfg.LocalSources, s.Name)
	}
	for _, x := range c.HTTP.Accept {
		agent := api.Agent{Name: x.Name, Program: x.Program, Token: x.Token.Reveal(), SigningKey: x.SigningKey.Reveal()}
		for _, right := range x.May {
			agent.May = append(agent.May, api.Right(right))
		}
		for _, p := range c.Programs {
			if p.Name == x.Program {
				agent.Currency, agent.Decimals = p.Currency, p.Points.Decimals
			}
		}
		cfg.Agents = append(cfg.Agents, agent)
	}
	handler, err := api.New(cfg)
	if err != nil {
		return err
	}
	mux.Handle("/api/", handler)
	return nil
}

// ready says whether the store answers.
func (a *app) ready(w http.ResponseWriter, r *http.Request) {
	if _, err := a.store.Runs(r.Context(), store.RunFilter{Limit: 1}); err != nil {
		answer(w, http.StatusServiceUnavailable, "the store does not answer")
		return
	}
	answer(w, http.StatusOK, "ready")
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	fprintf(w, "%s\n", text)
}

// loopback says whether a caller is this machine and no proxy on it.
func loopback(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil || r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// panel is the embedded panel.
func (a *app) panel() (http.Handler, error) {
	users, err := a.users()
	if err != nil {
		return nil, err
	}
	h := a.config().HTTP
	return panel.New(panel.Config{
		Contractors: a.store, Documents: a.store, Redemptions: a.store, Explanations: explanations{a}, Users: users, Sessions: a.store.Sessions(),
		Secure:    h.TLSCert != "" || strings.HasPrefix(h.PublicURL.Reveal(), "https://"),
		PublicURL: h.PublicURL.Reveal(), Address: callerAddress(h.TrustedProxies),
		Zone: a.config().Timezone.Location(), Now: a.now, Logger: a.log,
	})
}

// callerAddress tells who calls. What a forwarding header says is believed of
// trusted proxies only, from the right, up to the first address that is none.
func callerAddress(trusted []string) func(*http.Request) string {
	var networks []netip.Prefix
	for _, t := range trusted {
		if p, err := netip.ParsePrefix(t); err == nil {
			networks = append(networks, p)
		} else if ip, err := netip.ParseAddr(t); err == nil {
			networks = append(networks, netip.PrefixFrom(ip, ip.BitLen()))
		}
	}
	believed := func(address string) bool {
		ip, err := netip.ParseAddr(address)
		return err == nil && slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(ip.Unmap()) })
	}
	return func(r *http.Request) string {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if err != nil {
			host = r.RemoteAddr
		}
		forwarded := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for i := len(forwarded) - 1; i >= 0 && believed(host); i-- {
			if next := strings.TrimSpace(forwarded[i]); next != "" {
				host = next
			}
		}
		return host
	}
}
