package doctor

import (
	"slices"
	"strings"
)

// mountOf finds the kind of file system that a path lies on, in the text of
// /proc/self/mountinfo (man 5 proc): the mount whose point is the longest folder
// above the path, the last of those mounted over each other.
func mountOf(mountinfo, path string) string {
	kind, longest := "", -1
	for line := range strings.Lines(mountinfo) {
		before, after, ok := strings.Cut(line, " - ")
		fields, kinds := strings.Fields(before), strings.Fields(after)
		if !ok || len(fields) < 5 || len(kinds) < 1 {
			continue
		}
		point := unescape(fields[4])
		if len(point) >= longest && (path == point || point == "/" || strings.HasPrefix(path, point+"/")) {
			kind, longest = kinds[0], len(point)
		}
	}
	return kind
}

// unescape undoes what the kernel writes for blanks and backslashes in names.
func unescape(name string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(name)
}

// networkKind returns the kind when it is a share of another machine, else "".
// SQLite's locks and its shared memory do not hold on those.
func networkKind(kind string) string {
	shares := []string{
		"nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "ncpfs", "afs", "9p", "ceph", "lustre", "glusterfs",
		"fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.rclone", "fuse.s3fs", "fuse.gcsfuse", "fuse.davfs", "davfs", "fuse.smbnetfs",
	}
	if slices.Contains(shares, kind) {
		return kind
	}
	return ""
}

// uncKind tells a share by its name as Windows writes it: \\SERVER\share, also as
// \\?\UNC\SERVER\share. \\?\C:\ and \\.\ are of this machine.
func uncKind(path string) string {
	path = strings.ReplaceAll(path, "/", `\`)
	rest, ok := strings.CutPrefix(path, `\\`)
	if !ok || strings.HasPrefix(rest, `.\`) || strings.HasPrefix(rest, `?\`) && !strings.HasPrefix(strings.ToUpper(rest), `?\UNC\`) {
		return ""
	}
	return "UNC"
}
