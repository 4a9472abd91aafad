#!/usr/bin/env bash
# Backs axbridge up into a new folder, while it runs:  backup.sh FOLDER
#
# DATABASE_URL        the database (PostgreSQL's own clients of the server's version, or a newer one, are needed)
# AXBRIDGE_DATA_DIR   the data folder: seal.key, node-id, announcements, recordings. With recordings in a bucket those that still wait
#
# seal.key opens the numbers in the database. Who keeps both in one place keeps the numbers in the clear.
set -euo pipefail
umask 077

to=${1:?usage: backup.sh FOLDER}
data=${AXBRIDGE_DATA_DIR:?the data folder of axbridge}
: "${DATABASE_URL:?the database of axbridge}"
. "$(dirname "$(realpath "$0")")/database.sh"
mkdir "$to"

# The database first: whatever recording it names is then still there when the files are read.
pg_dump --format=custom --no-owner --no-privileges --file="$to/database.dump" "$DATABASE_URL"

files=()
for name in seal.key node-id announcements recordings; do
  if [ -e "$data/$name" ]; then files+=("$name"); fi
done
# Recordings come and go while tar reads (status 1); anything worse ends this. Without --files-from it makes no empty archive.
tar --create --file="$to/files.tar" --directory="$data" --files-from=/dev/null "${files[@]}" || [ $? -eq 1 ]

(cd "$to" && sha256sum database.dump files.tar >SHA256SUMS)
du -sh "$to" | cut -f1
