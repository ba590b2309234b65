package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/loyalsync/loyalsync/config"
	"github.com/loyalsync/loyalsync/connectors/compiere"
	"github.com/loyalsync/loyalsync/connectors/optima"
	"github.com/loyalsync/loyalsync/loyalty"
)

func (c *cli) initCommand() *cobra.Command {
	var connector string
	cmd := &cobra.Command{
		Use: "init [FILE]", Short: "Write a configuration to start from, and login.sql for a read-only login", Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			path := c.configPath
			if len(args) > 0 {
				path = args[0]
			}
			if path == "" {
				path = config.FileName
			}
			return c.init(connector, path)
		},
	}
	cmd.Flags().StringVar(&connector, "connector", config.Compiere, "the kind of ERP: optima (Comarch ERP Optima), compiere (Compiere, ADempiere, iDempiere, Openbravo, metasfresh, Libertya) or sqlerp (any other, by SELECTs)")
	return cmd
}

// init writes the starter files; nothing that is there is touched.
func (c *cli) init(connector, path string) error {
	starter, err := config.NewStarter(connector)
	if err != nil {
		return err
	}
	if starter.Login == nil { // the connector knows best what it reads
		text, err := loginSQL(connector)
		if err != nil {
			return err
		}
		starter.Login = []byte(text)
	}
	folder := filepath.Dir(path)
	login, secret := filepath.Join(folder, "login.sql"), filepath.Join(folder, filepath.FromSlash(starter.Secret))
	for _, file := range []string{path, login} {
		if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
			return initError(file, fs.ErrExist)
		}
	}
	if err := os.MkdirAll(filepath.Dir(secret), 0o700); err != nil {
		return initError(filepath.Dir(secret), err)
	}
	for _, file := range []struct {
		path    string
		content []byte
	}{{path, starter.YAML}, {login, starter.Login}} {
		if err := writeNew(file.path, file.content); err != nil {
			return initError(file.path, err)
		}
	}
	if c.json {
		return c.printJSON(map[string]string{"config": path, "login": login, "secret": secret})
	}
	c.say("1. Let the ERP's database administrator run %s: it makes a login that may only read.", login)
	c.say("2. Write its password, and nothing else, into %s.", secret)
	c.say("3. Say in %s where the ERP is, who takes part and what gives points.", path)
	c.say("4. Try it: loyalsync doctor --config %[1]s, which says what is wrong and what cures it, then loyalsync run points --dry-run --config %[1]s", path)
	c.say("5. Let somebody sign in to the panel: loyalsync user add NAME --config %[1]s; then loyalsync serve --config %[1]s", path)
	return nil
}

// loginSQL is the script of a connector that knows its tables.
func loginSQL(connector string) (string, error) {
	if connector == config.Optima {
		return optima.LoginSQL("", "")
	}
	return compiere.LoginSQL("idempiere", "", "") // as in the file to start from
}

// writeNew writes a file that must not be there yet.
func writeNew(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // the administrator names the file
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}

func initError(path string, err error) error {
	if errors.Is(err, fs.ErrExist) {
		return &loyalty.Error{
			Code: loyalty.CodeInvalid, Message: path + " is there already, and is left as it is",
			Hint: "name another file in another folder: loyalsync init FILE",
		}
	}
	var cause *fs.PathError
	if errors.As(err, &cause) {
		err = cause.Err
	}
	return &loyalty.Error{
		Code: loyalty.CodeInvalid, Message: fmt.Sprintf("%s cannot be written", path),
		Hint: "check that the folder exists and that this account may write there", Err: err,
	}
}
