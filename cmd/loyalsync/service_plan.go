package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/loyalsync/loyalsync/config"
	"github.com/loyalsync/loyalsync/loyalty"
)

// serviceName is what the service managers call the service.
const serviceName = "loyalsync"

// servicePlan is everything that installing the service will do.
type servicePlan struct {
	exe, config string // absolute
	account     string // that the service runs under
	password    string // of the account; "" where it needs none
	port        string // that it listens on
	folders     []string
	secrets     []string // inside the configuration's folder, as are files
	files       []string
	foreign     []string // read as well, elsewhere: their rights are left alone
}

func (p servicePlan) folder() string { return filepath.Dir(p.config) }

// newServicePlan works out what the service needs of a configuration. Folders
// that it writes and that are not evidently its own are an error with
// CodeInvalid: their rights will be changed.
func newServicePlan(file *config.File, account string) (servicePlan, error) {
	exe, err := os.Executable()
	if err == nil {
		exe, err = filepath.EvalSymlinks(exe)
	}
	if err != nil {
		return servicePlan{}, &loyalty.Error{Code: loyalty.CodeInternal, Message: "where this program lies is not known", Hint: "start it by its whole path", Err: err}
	}
	path, err := filepath.Abs(file.Path)
	if err != nil {
		return servicePlan{}, &loyalty.Error{Code: loyalty.CodeInternal, Message: "the folder of the configuration is not known", Hint: "name it with its whole path: --config", Err: err}
	}
	p := servicePlan{exe: exe, config: path, account: account, port: file.Config.HTTP.Addr[strings.LastIndex(file.Config.HTTP.Addr, ":")+1:]}
	if !named(p.folder()) {
		return p, notOwn("the configuration's folder", p.folder())
	}
	paths := file.Config.Paths()
	for _, folder := range paths.Folders {
		if below(folder, path) {
			return p, notOwn("the folder of the configuration, which is written too", folder)
		}
		if !p.inside(folder) && !named(folder) {
			return p, notOwn("a folder that is written", folder)
		}
		p.folders = append(p.folders, folder)
	}
	for _, secret := range paths.Secrets {
		p.add(&p.secrets, secret)
	}
	for _, other := range paths.Files {
		p.add(&p.files, other)
	}
	return p, nil
}

func (p *servicePlan) add(list *[]string, path string) {
	if !p.inside(path) {
		list = &p.foreign
	}
	*list = append(*list, path)
}

// inside says that a path lies below the configuration's folder.
func (p servicePlan) inside(path string) bool { return below(p.folder(), path) }

func below(folder, path string) bool {
	rel, err := filepath.Rel(folder, path)
	return err == nil && rel != "." && filepath.IsLocal(rel)
}

// named says that a path names this program somewhere, and so is its own.
func named(path string) bool { return strings.Contains(strings.ToLower(path), serviceName) }

func notOwn(what, path string) error {
	return &loyalty.Error{
		Code: loyalty.CodeInvalid, Message: fmt.Sprintf("%s, %s, may belong to others too, and the service's account would get rights on it", what, path),
		Hint: "use a folder of its own, for example " + filepath.Join(path, serviceName) + ", or one below the configuration's",
	}
}

// shellLine writes a command as a person may type it.
func shellLine(argv []string) string {
	quoted := make([]string, len(argv))
	for i, a := range argv {
		quoted[i] = a
		if strings.ContainsAny(a, " \t()&;'*$") || a == "" {
			quoted[i] = `"` + a + `"`
		}
	}
	return strings.Join(quoted, " ")
}

// carryOut runs commands one after another until one fails.
func (c *cli) carryOut(commands [][]string) error {
	for _, argv := range commands {
		c.say("  %s", shellLine(argv))
		out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput() //nolint:gosec,noctx // the plan's own commands, a moment each
		if err != nil {
			return &loyalty.Error{
				Code: loyalty.CodeInternal, Message: fmt.Sprintf("%s: %s", argv[0], strings.TrimSpace(string(out))),
				Hint: "do by hand what loyalsync service install --print lists", Err: err,
			}
		}
	}
	return nil
}

// makeFolders makes the folders that the service writes.
func (p servicePlan) makeFolders() error {
	for _, folder := range p.folders {
		if err := os.MkdirAll(folder, 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
			return initError(folder, err)
		}
	}
	return nil
}
