package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// BackupConfig says where copies of the store go.
type BackupConfig struct {
	Folder string
	Keep   int // how many copies are kept; 0 keeps all
	Copy   func(ctx context.Context, path string) error
	// Prove opens a copy and computes its ledger anew; an error says that it does not agree
	// with itself, or is damaged.
	Prove func(ctx context.Context, path string) error
	Now   func() time.Time
}

// backupTask copies the store and removes the oldest copies.
type backupTask struct{ cfg BackupConfig }

// NewBackup returns the task of jobs of the kind backup.
func NewBackup(cfg BackupConfig) Task { return backupTask{cfg} }

const (
	backupPrefix = "loyalsync-"
	backupSuffix = ".db"
	unproved     = ".unproved" // of the last copy that could not be proved
	backupLayout = "20060102T150405.000Z"
)

// Run makes one copy and proves it before it gets its name. One that cannot be proved is
// kept as the only one of its kind, and the proved ones before it are not counted out.
func (t backupTask) Run(ctx context.Context, r *Run) error {
	path := filepath.Join(t.cfg.Folder, backupPrefix+t.cfg.Now().UTC().Format(backupLayout)+backupSuffix)
	part := path + ".part"
	if err := os.Remove(part); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("remove an unfinished copy: %w", err)
	}
	if err := t.cfg.Copy(ctx, part); err != nil {
		return err
	}
	if err := t.cfg.Prove(ctx, part); err != nil {
		if ctx.Err() != nil {
			return err
		}
		kept := filepath.Join(t.cfg.Folder, backupPrefix+"last"+backupSuffix+unproved)
		return errors.Join(fmt.Errorf("the copy is kept as %s, proved ones stay: %w", filepath.Base(kept), err), os.Rename(part, kept))
	}
	if err := os.Rename(part, path); err != nil {
		return fmt.Errorf("name the copy: %w", err)
	}
	r.Logger.InfoContext(ctx, "store copied", "file", filepath.Base(path))
	r.Count(func(c *Counts) { c.Changed++ })
	return t.prune()
}

func (t backupTask) prune() error {
	if t.cfg.Keep == 0 {
		return nil
	}
	files, err := os.ReadDir(t.cfg.Folder)
	if err != nil {
		return fmt.Errorf("list the copies: %w", err)
	}
	files = slices.DeleteFunc(files, func(f os.DirEntry) bool {
		return f.IsDir() || !strings.HasPrefix(f.Name(), backupPrefix) || !strings.HasSuffix(f.Name(), backupSuffix)
	})
	slices.SortFunc(files, func(a, b os.DirEntry) int { return cmp.Compare(b.Name(), a.Name()) })
	for _, f := range files[min(t.cfg.Keep, len(files)):] {
		if err := os.Remove(filepath.Join(t.cfg.Folder, f.Name())); err != nil {
			return fmt.Errorf("remove an old copy: %w", err)
		}
	}
	return nil
}
