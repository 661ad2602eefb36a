#!/usr/bin/env bash
# Makes the filled desks of older versions that the upgrade test starts from
# (internal/backup/backuptest/worlds). Each is made by the program of that time:
# its own demo, then a mail with attachments and a large one through its own mail
# server, then a clean stop.
#
#   tools/oldworlds.sh [VERSION:COMMIT …]
#
# Without arguments it makes all of them anew. Needs git, Go and PostgreSQL's
# client programs, and a server that takes new databases:
# LOTSE_TEST_POSTGRES=postgres://…, else the one the tests keep running.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The last commit before the next migration landed.
worlds=("$@")
[ ${#worlds[@]} -gt 0 ] || worlds=(1:08af20e^ 2:5b345ad^ 3:d606e7f 6:98fe1b2 8:5cff4aa) # 4 to 6, 7 and 8, and 9 to 15 landed together

server=${LOTSE_TEST_POSTGRES:-postgres://postgres@127.0.0.1:54985}
into=$PWD/internal/backup/backuptest/worlds
scratch=$(mktemp -d)
trap 'git worktree prune; rm -rf "$scratch"' EXIT
mkdir -p "$into"

# fill FOLDER DATABASE runs the program of the worktree at hand.
fill() {
  mkdir -p cmd/fillworld
  cp "$scratch/fill.go" cmd/fillworld/main.go
  # Since there is a small demo, that one: what matters is that there is some of everything.
  ! grep -q 'func Show(' internal/demo/demo.go ||
    sed -i 's/demo.Run(ctx, c, slog.Default(),/demo.Show(ctx, c, demo.Options{Log: slog.Default(), Size: demo.Small},/' cmd/fillworld/main.go
  go run -buildvcs=false ./cmd/fillworld "$1" "$2"
}

# pack NAME FOLDER keeps what the desk is, without what is derived from it.
pack() {
  tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -C "$2" -cf - $(cd "$2" && ls -d lotse.db dump.sql blobs 2>/dev/null) |
    gzip -9n >"$into/$1.tar.gz"
  ls -l "$into/$1.tar.gz"
}

cat >"$scratch/fill.go" <<'GO'
package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/smtp"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lotse/internal/app"
	"lotse/internal/config"
	"lotse/internal/demo"
)

func main() {
	folder := os.Args[1]
	c := config.Config{Data: folder, Database: os.Args[2], HTTP: "127.0.0.1:0", SMTP: "127.0.0.1:0", MaxMail: 50 << 20, LogFormat: "text"}
	ctx, stop := context.WithCancel(context.Background())
	err := demo.Run(ctx, c, slog.Default(), func(s app.Started) {
		go func() {
			defer stop()
			write(s.Addresses["email"], withFiles())
			write(s.Addresses["email"], large())
			for range 300 { // two files and the large mail
				found, _ := filepath.Glob(filepath.Join(folder, "blobs", "??", "*"))
				if len(found) >= 3 {
					break
				}
				time.Sleep(100 * time.Millisecond)
			}
			time.Sleep(3 * time.Second) // acknowledgements leave
		}()
	})
	if err != nil {
		panic(err)
	}
}

func write(address, mail string) {
	if err := smtp.SendMail(address, nil, "jana.brandt@example.net", []string{demo.Mailbox}, []byte(mail)); err != nil {
		panic(err)
	}
}

func head(subject, kind string) string {
	return "From: Jana Brandt <jana.brandt@example.net>\r\nTo: " + demo.Mailbox + "\r\nSubject: " + subject +
		"\r\nMessage-ID: <" + strings.ReplaceAll(subject, " ", ".") + "@example.net>\r\nDate: Sat, 21 Nov 2026 09:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: " + kind + "\r\n\r\n"
}

func withFiles() string {
	var b bytes.Buffer
	b.WriteString(head("Foto vom Stromzaehler", `multipart/mixed; boundary="x"`))
	b.WriteString("--x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nDer Stand ist 48213, das Foto liegt bei.\r\n")
	for i := range 2 {
		fmt.Fprintf(&b, "--x\r\nContent-Type: image/jpeg\r\nContent-Disposition: attachment; filename=\"zaehler-%d.jpg\"\r\nContent-Transfer-Encoding: base64\r\n\r\n", i+1)
		b.WriteString(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0xff, 0xd8, byte(i)}, 900)) + "\r\n")
	}
	b.WriteString("--x--\r\n")
	return b.String()
}

func large() string {
	return head("Lange Geschichte", "text/plain; charset=utf-8") + strings.Repeat("Und dann rief ich noch einmal an, und wieder war niemand da.\r\n", 5000)
}
GO

for world in "${worlds[@]}"; do
  version=${world%%:*} tree="$scratch/tree-${world%%:*}"
  git worktree add --quiet --detach "$tree" "${world#*:}"
  (
    cd "$tree"
    fill "$scratch/sqlite-$version" ""
    pack "$version-sqlite" "$scratch/sqlite-$version"
    database="oldworld_$version"
    psql -q "$server/postgres" -c "DROP DATABASE IF EXISTS $database" -c "CREATE DATABASE $database"
    fill "$scratch/postgres-$version" "$server/$database"
    pg_dump --no-owner --no-privileges --inserts --rows-per-insert=200 "$server/$database" |
      grep -v '^\\' >"$scratch/postgres-$version/dump.sql" # psql's own commands
    psql -q "$server/postgres" -c "DROP DATABASE $database"
    pack "$version-postgres" "$scratch/postgres-$version"
  )
  git worktree remove --force "$tree"
done
