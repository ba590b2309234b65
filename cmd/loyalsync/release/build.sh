#!/usr/bin/env bash
# Builds what is published: a zip for Windows, archives for Linux, and their sums.
# The same commit gives the same bytes.
#
#   cmd/loyalsync/release/build.sh VERSION [FOLDER]    VERSION as 1.2.3, FOLDER dist/
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$(realpath -m "${2:-$here/../../../dist}")
cd "$here/../../.."

version=${1:-}
[[ $version =~ ^([0-9]+)\.([0-9]+)\.([0-9]+)(-[0-9a-z.]+)?$ ]] || { echo "usage: $0 VERSION [FOLDER], VERSION as 1.2.3 or 1.2.3-rc.1" >&2; exit 2; }
major=${BASH_REMATCH[1]} minor=${BASH_REMATCH[2]} patch=${BASH_REMATCH[3]}
commit=$(git rev-parse HEAD)
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export CGO_ENABLED=0 TZ=UTC LC_ALL=C SOURCE_DATE_EPOCH
GOVERSIONINFO=github.com/josephspurrier/goversioninfo/cmd/goversioninfo@v1.5.0

resource=cmd/loyalsync/resource_windows_amd64.syso # go build links what lies there
tmp=$(mktemp -d)
trap 'rm -rf "$tmp" "$resource"' EXIT

# program OS ARCH FILE
program() {
  GOOS=$1 GOARCH=$2 go build -trimpath -buildvcs=false -o "$3" \
    -ldflags "-s -w -X main.released=$version -X main.commit=$commit" ./cmd/loyalsync
}

# licences prints those of the modules that are linked in.
licences() {
  local path dir file
  printf '======== Go: LICENSE\n\n'
  cat "$(go env GOROOT)/LICENSE"
  GOOS=$1 GOARCH=$2 go list -deps -f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}|{{.Dir}}{{end}}{{end}}' ./cmd/loyalsync | sort -u |
    while IFS='|' read -r path dir; do
      for file in "$dir"/LICEN[SC]E* "$dir"/COPYING* "$dir"/NOTICE*; do
        [ -f "$file" ] || continue
        printf '\n======== %s: %s\n\n' "$path" "$(basename "$file")"
        tr -d '\r' <"$file"
      done
    done
}

# starter FOLDER CONNECTOR writes the configuration to start from.
starter() {
  "$tmp/host" init --connector "$2" "$1/loyalsync.yaml" >/dev/null
  rmdir "$1/secrets" # made by whoever keeps a secret there
  chmod 644 "$1/loyalsync.yaml" "$1/login.sql"
}

# sums FOLDER adds the sums of all its files.
sums() { (cd "$1" && find . -type f ! -name SHA256SUMS -printf '%P\n' | sort | xargs -d '\n' sha256sum >SHA256SUMS); }

# dated FOLDER makes all times those of the commit.
dated() { find "$1" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +; }

version_resource() {
  cat >"$tmp/versioninfo.json" <<JSON
{
  "FixedFileInfo": {
    "FileVersion": {"Major": $major, "Minor": $minor, "Patch": $patch, "Build": 0},
    "ProductVersion": {"Major": $major, "Minor": $minor, "Patch": $patch, "Build": 0},
    "FileFlagsMask": "3f", "FileFlags": "00", "FileOS": "040004", "FileType": "01", "FileSubType": "00"
  },
  "StringFileInfo": {
    "CompanyName": "loyalsync", "ProductName": "loyalsync", "InternalName": "loyalsync", "OriginalFilename": "loyalsync.exe",
    "FileDescription": "loyalsync: punkty lojalnościowe za faktury z ERP", "LegalCopyright": "Apache License 2.0",
    "FileVersion": "$version", "ProductVersion": "$version", "Comments": "commit $commit"
  },
  "VarFileInfo": {"Translation": {"LangID": "0415", "CharsetID": "04B0"}}
}
JSON
  GOOS='' GOARCH='' go run "$GOVERSIONINFO" -64 -o "$resource" "$tmp/versioninfo.json"
}

windows() {
  local name=loyalsync-$version-windows-amd64 dir
  dir=$tmp/$name
  mkdir "$dir"
  version_resource
  program windows amd64 "$dir/loyalsync.exe"
  rm "$resource"
  starter "$dir" optima
  for file in loyalsync.yaml login.sql; do sed -i 's/$/\r/' "$dir/$file"; done # for Notepad of older Windows
  cp "$here/CZYTAJ.md" LICENSE CHANGELOG.md "$dir/"
  licences windows amd64 >"$dir/LICENSES-OF-OTHERS.txt"
  sums "$dir"
  dated "$dir"
  (cd "$tmp" && find "$name" | sort | zip -X -q -9 "$out/$name.zip" -@)
}

linux() {
  local arch=$1 name=loyalsync-$version-linux-$1 dir
  dir=$tmp/$name
  mkdir "$dir"
  program linux "$arch" "$dir/loyalsync"
  starter "$dir" compiere
  # the unit as service install writes it, for this archive unpacked in /opt/loyalsync
  mkdir -p "$tmp/loyalsync-unit/secrets" && cp "$dir/loyalsync.yaml" "$tmp/loyalsync-unit/" && echo none >"$tmp/loyalsync-unit/secrets/erp"
  "$tmp/host" service install --print --config "$tmp/loyalsync-unit/loyalsync.yaml" |
    sed -e "s|$tmp/host|/opt/loyalsync/loyalsync|g; s|$tmp/loyalsync-unit|/opt/loyalsync|g" >"$dir/loyalsync.service"
  cp LICENSE README.md CHANGELOG.md "$dir/"
  licences linux "$arch" >"$dir/LICENSES-OF-OTHERS.txt"
  sums "$dir"
  dated "$dir"
  (cd "$tmp" && tar --sort=name --owner=0 --group=0 --numeric-owner --mode=u+w,go-w -cf - "$name" | gzip -9 -n >"$out/$name.tar.gz")
}

mkdir -p "$out"
rm -f "$out"/loyalsync-*.zip "$out"/loyalsync-*.tar.gz "$out/SHA256SUMS"
program '' '' "$tmp/host"
windows
linux amd64
linux arm64
sums "$out"
ls -l "$out"
