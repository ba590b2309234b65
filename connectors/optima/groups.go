package optima

import (
	"context"
	"database/sql"
	"slices"
	"strings"
)

// maxDepth bounds the climb in a tree of item groups, and cycles.
const maxDepth = 32

// node is a group of items.
type node struct {
	id, parent int32
	code       string
}

// groupTree are the groups of items by number. The root, 0, has no path.
type groupTree map[int32]node

// groupTree reads the whole tree, which is small beside a page of documents: its
// state is that of the page.
func (s *Source) groupTree(ctx context.Context, tx *sql.Tx) (groupTree, error) {
	nodes, err := collect(ctx, tx, s.sql.groups, nil, func(rows *sql.Rows) (n node, err error) {
		return n, rows.Scan(&n.id, &n.parent, &n.code)
	})
	tree := make(groupTree, len(nodes))
	for _, n := range nodes {
		tree[n.id] = n
	}
	return tree, err
}

// path is the codes from the top down to a group, joined by "/", "" for the root
// and for no group. A group that is its own ancestor ends the climb.
func (t groupTree) path(group sql.NullInt64) string {
	var codes []string
	seen := make(map[int32]bool)
	for id := int32(group.Int64); id != 0 && !seen[id] && len(codes) < maxDepth; { //nolint:gosec // the column is an int
		n, ok := t[id]
		if !ok {
			break
		}
		seen[id] = true
		codes = append(codes, n.code)
		id = n.parent
	}
	slices.Reverse(codes)
	return strings.Join(codes, "/")
}

// member is an item's place in a group.
type member struct{ item, group int32 }

func scanMember(rows *sql.Rows) (m member, err error) { return m, rows.Scan(&m.item, &m.group) }

// paths are the paths of the groups that items belong to.
func (t groupTree) paths(members []member) map[int32][]string {
	out := make(map[int32][]string)
	for _, m := range members {
		path := t.path(sql.NullInt64{Int64: int64(m.group), Valid: true})
		if path != "" && !slices.Contains(out[m.item], path) {
			out[m.item] = append(out[m.item], path)
		}
	}
	return out
}

// otherGroups joins the paths that are not the line's own.
func otherGroups(paths []string, own string) string {
	others := slices.DeleteFunc(slices.Clone(paths), func(p string) bool { return p == own })
	slices.Sort(others)
	return strings.Join(others, severalValues)
}
