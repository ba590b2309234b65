package web

import (
	"net/netip"
	"sync"
	"time"
)

const (
	forgetAfter = time.Hour // of quiet
	maxKeys     = 10_000    // remembered at a time
	overflow    = "*"       // the key that all others share when there are more
)

// throttle slows attempts down: the first ones are free, then each has to wait
// twice as long as the one before it, up to a limit.
type throttle struct {
	now   func() time.Time
	free  int
	limit time.Duration

	mu   sync.Mutex
	keys map[string]attempts
}

type attempts struct {
	count int
	last  time.Time
}

func newThrottle(free int, limit time.Duration, now func() time.Time) *throttle {
	return &throttle{now: now, free: free, limit: limit, keys: map[string]attempts{}}
}

// reserve counts an attempt as failed, before it is known, so that many at once
// are not free. When it must wait, it returns for how long and counts nothing.
func (t *throttle) reserve(key string) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	key = t.room(key)
	now, a := t.now(), t.keys[key]
	if now.Sub(a.last) > forgetAfter {
		a = attempts{}
	}
	if wait := a.last.Add(t.delay(a.count)).Sub(now); a.count > 0 && wait > 0 {
		return wait
	}
	t.keys[key] = attempts{count: a.count + 1, last: now}
	return 0
}

// delay is what an attempt has to wait after count failures.
func (t *throttle) delay(count int) time.Duration {
	over := count - t.free
	switch {
	case over < 0:
		return 0
	case over > 20:
		return t.limit
	}
	return min(time.Second<<over, t.limit)
}

// forgive takes one reserved attempt back: it has succeeded.
func (t *throttle) forgive(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if a, known := t.keys[key]; known && a.count > 1 {
		t.keys[key] = attempts{count: a.count - 1, last: a.last}
		return
	}
	delete(t.keys, key)
}

// forget drops all attempts of a key.
func (t *throttle) forget(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.keys, key)
}

// room keeps the memory bounded.
func (t *throttle) room(key string) string {
	if _, known := t.keys[key]; known || len(t.keys) < maxKeys {
		return key
	}
	for k, a := range t.keys {
		if t.now().Sub(a.last) > forgetAfter {
			delete(t.keys, k)
		}
	}
	if len(t.keys) < maxKeys {
		return key
	}
	return overflow
}

// network is what of an address attempts are counted by: an IPv6 subscriber has
// a whole /64.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if ip = ip.Unmap().WithZone(""); ip.Is6() {
		return netip.PrefixFrom(ip, 64).Masked().String()
	}
	return ip.String()
}
