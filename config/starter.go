package config

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
)

//go:embed starter/*
var starterFiles embed.FS

// Starter is what loyalsync init writes.
type Starter struct {
	YAML   []byte // loyalsync.yaml, commented
	Login  []byte // login.sql, for the ERP's database administrator; nil where the connector has its own
	Secret string // the file, from the folder of the YAML, that will hold the password
}

// NewStarter returns the files to start from with a connector. The error is
// Faults: the connector is unknown.
func NewStarter(connector string) (Starter, error) {
	known := []string{Optima, Compiere, SQLERP}
	text, err := starterFiles.ReadFile("starter/" + connector + ".yaml")
	if err != nil {
		return Starter{}, Faults{{Path: "connector", Message: show(connector) + " is not a connector", Hint: didYouMean(connector, known)}}
	}
	login, err := starterFiles.ReadFile("starter/" + connector + ".login.sql")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Starter{}, fmt.Errorf("read the embedded login.sql of %s: %w", connector, err)
	}
	return Starter{YAML: text, Login: login, Secret: "secrets/erp"}, nil
}
