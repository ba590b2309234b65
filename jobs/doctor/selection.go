package doctor

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/mapping"
)

const (
	peoplePage = 500 // contractors read at once
	examples   = 5   // contractors named for one reason
)

// selection lists everybody in the source once and tells what each mapping makes
// of them.
func (s Source) selection(ctx context.Context, source connectors.Source) []connectors.Finding {
	counts := make([]*choice, len(s.Mappings))
	for i, m := range s.Mappings {
		counts[i] = &choice{mapping: m.Mapping, codes: m.Mapping.Codes(), left: make(map[loyalty.Reason]*group)}
	}
	// One limit for all pages, and the counts are read only after a step that came
	// back: a step left behind goes on counting.
	_, err := step(ctx, s.Limit, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, eachContractor(ctx, source, func(c connectors.Contractor) {
			for _, x := range counts {
				x.see(c)
			}
		})
	}, nil)
	if err != nil {
		return []connectors.Finding{incomplete(ctx, "selection", err)}
	}
	var found []connectors.Finding
	for i, m := range s.Mappings {
		found = append(found, counts[i].findings(m.Program)...)
		found = append(found, s.unknownNames(ctx, source, m)...)
	}
	return found
}

// unknownNames tells of attributes and groups that a mapping names and the source
// does not have.
func (s Source) unknownNames(ctx context.Context, source connectors.Source, m Mapping) []connectors.Finding {
	faults, err := step(ctx, s.Limit, func(ctx context.Context) ([]loyalty.Fault, error) { return jobs.UnknownNames(ctx, source, m.Mapping) }, nil)
	if err != nil {
		return []connectors.Finding{incomplete(ctx, "names", err)}
	}
	var found []connectors.Finding
	for _, x := range faults {
		f := tell("names", connectors.Broken, "name-unknown", "program", m.Program, "path", x.Path, "what", x.Message)
		f.Hint = x.Hint
		found = append(found, f)
	}
	return found
}

func eachContractor(ctx context.Context, source connectors.Source, do func(connectors.Contractor)) error {
	for after := connectors.Position(""); ; {
		page, err := source.Contractors(ctx, after, peoplePage)
		if err != nil {
			return err
		}
		for _, c := range page.Items {
			do(c)
		}
		if page.Done {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		after = page.Next
	}
}

// choice counts who takes part by one mapping.
type choice struct {
	mapping  *mapping.Mapping
	codes    *mapping.Codes
	all      int
	selected int
	left     map[loyalty.Reason]*group
	failed   group
	first    error // why the first of failed could not be decided
}

// group is contractors counted, some of them named.
type group struct {
	count int
	named []string
}

func (g *group) add(c connectors.Contractor) {
	g.count++
	if len(g.named) < examples {
		g.named = append(g.named, nameOf(c))
	}
}

// nameOf is how findings name a contractor: by code and key (law 11).
func nameOf(c connectors.Contractor) string {
	code := strings.TrimSpace(c.Code)
	if code == "" || code == c.ID {
		return c.ID
	}
	return code + " (" + c.ID + ")"
}

func (x *choice) see(c connectors.Contractor) {
	x.all++
	x.codes.See(c.Code)
	// Codes that points go to are told by Codes; here everybody is known.
	p, err := x.mapping.Participation(c, func(code string) (string, bool) { return code, true })
	switch {
	case err != nil:
		x.failed.add(c)
		x.first = cmp.Or(x.first, err)
	case p.TakesPart:
		x.selected++
	default:
		g := x.left[p.Reason]
		if g == nil {
			g = &group{}
			x.left[p.Reason] = g
		}
		g.add(c)
	}
}

func (x *choice) findings(program string) []connectors.Finding {
	all, selected := strconv.Itoa(x.all), strconv.Itoa(x.selected)
	found := []connectors.Finding{tell("selection", connectors.Fine, "selected", "program", program, "selected", selected, "contractors", all)}
	if x.selected == 0 {
		found[0] = tell("selection", connectors.Remark, "selected-none", "program", program, "contractors", all)
	}
	for _, reason := range slices.SortedFunc(maps.Keys(x.left), func(a, b loyalty.Reason) int {
		return cmp.Or(cmp.Compare(x.left[b].count, x.left[a].count), cmp.Compare(a, b))
	}) {
		g := x.left[reason]
		found = append(found, tell("left-out", connectors.Fine, "left-out",
			"program", program, "reason", string(reason), "count", strconv.Itoa(g.count), "examples", strings.Join(g.named, ", ")))
	}
	if x.failed.count > 0 {
		f := tell("undecided", connectors.Broken, "undecided",
			"program", program, "count", strconv.Itoa(x.failed.count), "examples", strings.Join(x.failed.named, ", "), "cause", x.first.Error())
		found = append(found, f)
	}
	return append(found, x.unknownCodes(program)...)
}

func (x *choice) unknownCodes(program string) []connectors.Finding {
	unknown := x.codes.Unknown()
	if len(unknown) == 0 && x.codes.Named() > 0 {
		return []connectors.Finding{tell("codes", connectors.Fine, "codes", "program", program, "count", strconv.Itoa(x.codes.Named()))}
	}
	var found []connectors.Finding
	for i, u := range unknown {
		if i == listed {
			return append(found, tell("codes", connectors.Broken, "codes-more", "program", program, "count", strconv.Itoa(len(unknown)-i)))
		}
		code := "code-unknown"
		switch {
		case u.Near != "":
			code = "code-case"
		case u.Beneficiary:
			code = "code-beneficiary"
		}
		found = append(found, tell("codes", connectors.Broken, code, "program", program, "code", u.Code, "path", u.Path, "near", u.Near))
	}
	return found
}
