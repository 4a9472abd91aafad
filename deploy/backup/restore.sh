#!/usr/bin/env bash
# Puts a backup back, into an empty database and a data folder of no axbridge:  restore.sh FOLDER
#
# DATABASE_URL        an empty database
# AXBRIDGE_DATA_DIR   the data folder; made if it is not there
#
# No axbridge may run on either meanwhile. Calls that were in progress when the backup was made are closed at the next start.
set -euo pipefail
umask 077

from=$(realpath "${1:?usage: restore.sh FOLDER}")
data=${AXBRIDGE_DATA_DIR:?the data folder of axbridge}
: "${DATABASE_URL:?an empty database}"
. "$(dirname "$(realpath "$0")")/database.sh"

(cd "$from" && sha256sum --check --quiet SHA256SUMS)
tables=$(psql --no-psqlrc --tuples-only --no-align --command="SELECT count(*) FROM pg_tables WHERE schemaname = 'public'" "$DATABASE_URL")
if [ "$tables" != 0 ]; then
  echo "restore.sh: the database is not empty: it has $tables tables" >&2
  exit 1
fi
if [ -e "$data/seal.key" ] || [ -e "$data/node-id" ]; then
  echo "restore.sh: $data is the data folder of an axbridge" >&2
  exit 1
fi

mkdir -p "$data"
tar --extract --file="$from/files.tar" --directory="$data"
pg_restore --exit-on-error --no-owner --no-privileges --jobs=4 --dbname="$DATABASE_URL" "$from/database.dump"
# Plans are made of figures that a restored database does not have yet.
psql --no-psqlrc --quiet --command=ANALYZE "$DATABASE_URL"
