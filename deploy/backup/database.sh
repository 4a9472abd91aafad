# Sourced by backup.sh and restore.sh. Whatever a command line holds stands in the list of processes for everybody, so the
# password of DATABASE_URL goes to PostgreSQL's clients by PGPASSWORD.
if [[ $DATABASE_URL =~ ^(postgres(ql)?://[^:@/?]*):([^@/?]*)(@.*)$ ]]; then
  DATABASE_URL="${BASH_REMATCH[1]}${BASH_REMATCH[4]}"
  encoded=${BASH_REMATCH[3]//\\/%5C}
  printf -v PGPASSWORD %b "${encoded//%/\\x}"
  export PGPASSWORD
fi
