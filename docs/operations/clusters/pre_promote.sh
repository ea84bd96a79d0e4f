#!/bin/sh
# Patroni runs this on a replica that is about to lead. Patroni has just told PostgreSQL that commits must wait for a
# standby (`synchronous_standby_names`), but they don't until the checkpointer has read that, which takes seconds while
# it waits for the disk. A write that is acknowledged meanwhile is lost with this node. A checkpoint that began after
# the change shows that the checkpointer has read it.
set -eu
export PGHOST="${PGHOST:-/tmp}" PGUSER=postgres PGDATABASE=postgres PGCONNECT_TIMEOUT=3
tries=0
# A new session shows what the postmaster has read, and by then it has told the checkpointer.
until [ -n "$(psql --no-psqlrc --tuples-only --no-align --command 'SHOW synchronous_standby_names')" ]; do
  tries=$((tries + 1))
  # Patroni lets another node lead then.
  [ "$tries" -lt 50 ] || exit 1
  sleep 0.1
done
psql --no-psqlrc --quiet --command CHECKPOINT
