package expression

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/optimizer"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
)

// The bounds of an expression: they keep compiling and evaluating cheap, and
// leave room for a list of several hundred codes.
const (
	MaxLength = 16 << 10 // bytes of source
	MaxNodes  = 2000     // literals, names, operators and calls together
)

// Program is a compiled expression over records of type E that gives an R. It
// may be evaluated by several goroutines at once.
type Program[E any, R bool | string] struct {
	code *vm.Program
	uses []Use
}

// Compile reads an expression. It returns either a program or every fault
// found, with Offset in characters and an empty Path.
func Compile[E any, R bool | string](source string) (*Program[E, R], []loyalty.Fault) {
	if fault, bad := sourceFault(source); bad {
		return nil, []loyalty.Fault{fault}
	}
	var (
		env    E
		result R
	)
	cfg := newConfig(env)
	tree, err := parser.ParseWithConfig(source, cfg)
	if err != nil {
		return nil, []loyalty.Fault{syntaxFault(source, err)}
	}
	c := newChecker(source, reflect.TypeFor[E](), cfg.Functions)
	c.checkResult(&tree.Node, reflect.TypeOf(result))
	if len(c.faults) > 0 {
		return nil, c.faults
	}
	code, err := build(tree, cfg)
	if err != nil {
		return nil, []loyalty.Fault{syntaxFault(source, err)}
	}
	return &Program[E, R]{code: code, uses: c.uses}, nil
}

// Use is a field, or a function of the environment: with the literal that it is
// called with, or "" when what it is asked for depends on the record.
type Use struct{ Name, Argument string }

// String is how the expression writes it.
func (u Use) String() string {
	if u.Argument == "" {
		return u.Name
	}
	return fmt.Sprintf("%s(%q)", u.Name, u.Argument)
}

// Uses lists the fields and functions of the environment that the expression uses,
// in the order of the text.
func (p *Program[E, R]) Uses() []Use { return p.uses }

// Values are what the expression asks a record for, as text, by the way it writes
// it: fields that are texts, numbers or conditions, and functions such as attribute("X").
func (p *Program[E, R]) Values(env *E) map[string]string {
	values := make(map[string]string, len(p.uses))
	record := reflect.ValueOf(env).Elem()
	for _, u := range p.uses {
		for i := range record.NumField() {
			if record.Type().Field(i).Tag.Get("expr") != u.Name {
				continue
			}
			switch f := record.Field(i).Interface().(type) {
			case string:
				values[u.String()] = f
			case bool:
				values[u.String()] = strconv.FormatBool(f)
			case decimal.Decimal:
				values[u.String()] = f.String()
			case func(string) string:
				if u.Argument != "" {
					values[u.String()] = f(u.Argument)
				}
			}
		}
	}
	return values
}

// newConfig describes the environment to expr-lang. The functions are ours
// alone; the check refuses expr-lang's own, which include loops and the clock.
func newConfig(env any) *conf.Config {
	cfg := conf.New(env)
	cfg.MaxNodes = MaxNodes
	for _, f := range functions() {
		cfg.Functions[f.Name] = f
	}
	return cfg
}

func build(tree *parser.Tree, cfg *conf.Config) (*vm.Program, error) {
	if _, err := checker.Check(tree, cfg); err != nil {
		return nil, err
	}
	if err := optimizer.Optimize(&tree.Node, cfg); err != nil {
		return nil, err
	}
	return compiler.Compile(tree, cfg)
}

// Eval evaluates the program for one record. An error says where in the
// expression it arose and never quotes the record.
func (p *Program[E, R]) Eval(env *E) (R, error) {
	var zero R
	out, err := vm.Run(p.code, env)
	if err != nil {
		return zero, evalError(err)
	}
	result, ok := out.(R)
	if !ok {
		return zero, fmt.Errorf("the expression gave %T instead of %T", out, zero)
	}
	return result, nil
}

// evalError keeps the position and our own cause. What else the machine says
// might hold values, so it is dropped.
func evalError(err error) error {
	fileErr, ok := errors.AsType[*file.Error](err)
	if !ok {
		return errors.New("the expression could not be evaluated")
	}
	var cause *valueError
	if !errors.As(err, &cause) {
		return fmt.Errorf("character %d: the expression could not be evaluated", fileErr.From+1)
	}
	return fmt.Errorf("character %d: %w", fileErr.From+1, cause)
}

func sourceFault(source string) (loyalty.Fault, bool) {
	switch {
	case len(source) > MaxLength:
		return loyalty.Fault{
			Offset:  utf8.RuneCountInString(source[:MaxLength]),
			Message: fmt.Sprintf("the expression is longer than %d bytes", MaxLength),
			Hint:    "put long lists into an attribute or a group of the ERP",
		}, true
	case !utf8.ValidString(source):
		return loyalty.Fault{Message: "the expression is not text in UTF-8", Hint: "save the file as UTF-8"}, true
	}
	return loyalty.Fault{}, false
}

// syntaxFault turns what the parser says into a fault.
func syntaxFault(source string, err error) loyalty.Fault {
	f := loyalty.Fault{Message: err.Error(), Hint: grammarHint}
	fileErr, ok := errors.AsType[*file.Error](err)
	if !ok {
		return f
	}
	runes := []rune(source)
	f.Message, f.Offset = fileErr.Message, min(fileErr.From, len(runes))
	switch {
	case strings.Contains(f.Message, "EOF"):
		f.Message = "the expression ends too early"
	case strings.Contains(f.Message, " literal: "): // quotes Go's strconv
		f.Message, f.Hint = "the number before this is out of range", "whole numbers have at most 18 digits; with a decimal point they may be longer"
		return f
	}
	if f.Offset == len(runes) {
		return f
	}
	switch runes[f.Offset] {
	case '=':
		f.Hint = "compare with =="
	case ',':
		f.Hint = "numbers have a decimal point, not a comma"
	case ';':
		f.Hint = "join conditions with and, or"
	}
	return f
}

const grammarHint = `join conditions with and, or, not; compare with == != < <= > >= in contains startsWith endsWith matches; texts in quotes`
