package doctor

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

// Store is how the store is looked at, beside whoever works with it.
type Store struct {
	Place   store.Config // of which the clock is not needed
	Backups []string     // folders of the jobs that copy it
	// Programs are those whose points are given by rules, and Rules is the error with
	// which a run would refuse the rules of one. Nil where no store can be asked.
	Programs []string
	Rules    func(ctx context.Context, program string) error
	// Merges counts the pairs of contractors of a program that are proposed to be merged.
	// Nil where no store can be asked.
	Merges func(ctx context.Context, program string) (int, error)
	// Disk says what a folder lies on. Nil asks the system.
	Disk  func(folder string) (Disk, error)
	Limit time.Duration // of one step. Defaults to DefaultLimit.
}

// Disk is what a folder lies on.
type Disk struct {
	Free    uint64 // bytes this account may still write
	Network string // the kind of network share it is, "" for a disk of this machine
}

const (
	mebi = 1 << 20
	// Less than this and the next run may not be written whole.
	leastFree = 100 * mebi
	// Less than this is worth a remark, as is less than twice the store: a change
	// of schema copies it.
	lowFree = 1024 * mebi
	// damages is how many faults of a damaged store are told.
	damages = 5
)

// Look examines the store.
func (s Store) Look(ctx context.Context) []connectors.Finding {
	if s.Limit == 0 {
		s.Limit = DefaultLimit
	}
	if s.Disk == nil {
		s.Disk = diskOf
	}
	in, err := step(ctx, s.Limit, func(ctx context.Context) (store.Inspection, error) { return store.Inspect(ctx, s.Place) }, nil)
	found := []connectors.Finding{s.schema(ctx, in, err)}
	if in.Server != nil && in.Server.Version != "" {
		found = append(found, server(in)...)
	}
	if err == nil && in.Exists {
		if in.Server == nil {
			found = append(found, s.integrity(ctx))
		}
		found = append(found, s.rules(ctx)...)
		found = append(found, s.merges(ctx)...)
	}
	if s.Place.URL == "" {
		found = append(found, s.disk(in.Bytes)...)
		found = append(found, writable("folder", filepath.Dir(s.Place.Path)))
	}
	for _, folder := range s.Backups {
		found = append(found, writable("backups", folder))
	}
	return found
}

func (s Store) schema(ctx context.Context, in store.Inspection, err error) connectors.Finding {
	data := []string{"path", in.Name, "schema", strconv.FormatInt(in.Schema, 10), "known", strconv.FormatInt(in.Known, 10)}
	switch {
	case pastLimit(ctx, err):
		return tell("store", connectors.Broken, "store-hung", data...)
	case err != nil:
		return s.broken("store", err)
	case !in.Exists && in.Server != nil:
		return tell("store", connectors.Fine, "store-none-server", data...)
	case in.Server != nil && in.Schema < in.Known:
		return tell("store", connectors.Fine, "store-older-server", data...)
	case !in.Exists:
		return tell("store", connectors.Fine, "store-none", data...)
	case in.Schema > in.Known:
		return tell("store", connectors.Broken, "store-newer", data...)
	case in.Schema < in.Known:
		return tell("store", connectors.Fine, "store-older", data...)
	}
	return tell("store", connectors.Fine, "store", data...)
}

// server tells what a store in PostgreSQL stands on.
func server(in store.Inspection) []connectors.Finding {
	s := in.Server
	data := []string{"version", s.Version, "size", strconv.FormatInt((in.Bytes+mebi-1)/mebi, 10), "encoding", s.Encoding, "schema", s.Schema}
	found := []connectors.Finding{tell("server", connectors.Fine, "server", data...)}
	for _, fault := range []struct {
		is        bool
		check     string
		condition connectors.Condition
		code      string
	}{
		{s.ReadOnly, "server", connectors.Broken, "server-replica"},
		{s.Encoding != "UTF8", "encoding", connectors.Broken, "server-encoding"},
		{s.Schema == "", "rights", connectors.Broken, "server-schema"},
		{s.Schema != "" && !s.MayCreate && !s.ReadOnly, "rights", connectors.Broken, "server-rights"},
		{!s.Encrypted && !s.Local, "tls", connectors.Remark, "server-plain"},
	} {
		if fault.is {
			found = append(found, tell(fault.check, fault.condition, fault.code, data...))
		}
	}
	return found
}

func (s Store) broken(check string, err error) connectors.Finding {
	f := tell(check, connectors.Broken, "store-broken", "path", s.Place.Path, "cause", err.Error())
	if e, ok := errors.AsType[*loyalty.Error](err); ok && e.Hint != "" {
		f.Hint = e.Hint
	}
	return f
}

func (s Store) integrity(ctx context.Context) connectors.Finding {
	faults, err := step(ctx, s.Limit, func(ctx context.Context) ([]string, error) { return store.Verify(ctx, s.Place.Path, damages) }, nil)
	switch {
	case pastLimit(ctx, err):
		return tell("integrity", connectors.Remark, "integrity-limit")
	case err != nil:
		return s.broken("integrity", err)
	case len(faults) > 0:
		return tell("integrity", connectors.Broken, "integrity-damaged", "faults", strings.Join(faults, "; "))
	}
	return tell("integrity", connectors.Fine, "integrity")
}

// rules tells before the next run does that the rules were changed under points.
func (s Store) rules(ctx context.Context) (found []connectors.Finding) {
	if s.Rules == nil {
		return nil
	}
	for _, program := range s.Programs {
		switch err := s.Rules(ctx, program); {
		case err == nil:
			found = append(found, tell("rules", connectors.Fine, "rules", "program", program))
		case loyalty.CodeOf(err) == loyalty.CodeInvalid:
			found = append(found, tell("rules", connectors.Broken, "rules-changed", "program", program))
		default:
			found = append(found, s.broken("rules", err))
		}
	}
	return found
}

// merges tells of contractors that look like one firm, because nobody else does unasked.
func (s Store) merges(ctx context.Context) (found []connectors.Finding) {
	if s.Merges == nil {
		return nil
	}
	for _, program := range s.Programs {
		switch n, err := s.Merges(ctx, program); {
		case err != nil:
			found = append(found, s.broken("merges", err))
		case n > 0:
			found = append(found, tell("merges", connectors.Remark, "merges-wait", "program", program, "count", strconv.Itoa(n)))
		}
	}
	return found
}

func (s Store) disk(size int64) []connectors.Finding {
	d, err := s.Disk(existing(filepath.Dir(s.Place.Path)))
	if err != nil {
		return []connectors.Finding{tell("disk", connectors.Remark, "disk-unknown")}
	}
	data := []string{"free", strconv.FormatUint(d.Free/mebi, 10), "size", strconv.FormatInt((size+mebi-1)/mebi, 10)}
	free := tell("disk", connectors.Fine, "disk", data...)
	switch {
	case d.Free < leastFree:
		free = tell("disk", connectors.Broken, "disk-full", data...)
	case d.Free < lowFree:
		free = tell("disk", connectors.Remark, "disk-low", data...)
	case size > 0 && d.Free/2 < uint64(size):
		free = tell("disk", connectors.Remark, "disk-twice", data...)
	}
	if d.Network != "" {
		return []connectors.Finding{free, tell("share", connectors.Broken, "share", "kind", d.Network, "path", s.Place.Path)}
	}
	return []connectors.Finding{free, tell("share", connectors.Fine, "share-none")}
}

// existing is the folder itself or the nearest above it that is there.
func existing(folder string) string {
	for {
		if _, err := os.Stat(folder); err == nil {
			return folder
		}
		above := filepath.Dir(folder)
		if above == folder {
			return folder
		}
		folder = above
	}
}

// writable tries a folder with a file that goes at once. One that is not there is
// made by the first who needs it, so the nearest above it is tried.
func writable(check, folder string) connectors.Finding {
	there := existing(folder)
	f, err := os.CreateTemp(there, ".loyalsync-doctor-*")
	if err != nil {
		code := "folder-unwritable"
		if errors.Is(err, fs.ErrPermission) {
			code = "folder-forbidden"
		}
		return tell(check, connectors.Broken, code, "folder", there)
	}
	if err := errors.Join(f.Close(), os.Remove(f.Name())); err != nil {
		return tell(check, connectors.Broken, "folder-unwritable", "folder", there)
	}
	if there != folder {
		return tell(check, connectors.Fine, "folder-none", "folder", folder)
	}
	return tell(check, connectors.Fine, "folder", "folder", folder)
}
