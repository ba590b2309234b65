package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

//go:embed assets
var assetFiles embed.FS

// assets are the files beside the pages. Each is served under a name with its
// hash, so that it may be cached for ever.
type assets struct {
	paths map[string]string // by file name
	bytes map[string][]byte // by name with hash
}

func loadAssets() (*assets, error) {
	a := &assets{paths: map[string]string{}, bytes: map[string][]byte{}}
	files, err := fs.ReadDir(assetFiles, "assets")
	if err != nil {
		return nil, fmt.Errorf("assets: %w", err)
	}
	for _, file := range files {
		b, err := assetFiles.ReadFile("assets/" + file.Name())
		if err != nil {
			return nil, fmt.Errorf("assets: %w", err)
		}
		sum := sha256.Sum256(b)
		ext := path.Ext(file.Name())
		hashed := strings.TrimSuffix(file.Name(), ext) + "-" + hex.EncodeToString(sum[:6]) + ext
		a.paths[file.Name()], a.bytes[hashed] = "/assets/"+hashed, b
	}
	return a, nil
}

func (a *assets) path(name string) string { return a.paths[name] }

func (s *Site) asset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	b, found := s.assets.bytes[name]
	if !found {
		s.Fail(w, r, &loyalty.Error{Code: loyalty.CodeNotFound, Message: "no such asset"})
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(b))
}
