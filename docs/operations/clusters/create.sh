#!/bin/sh
# Makes ToGo's role and database once, on the first leader. Patroni passes the address of a superuser.
set -eu
password=$(cat /run/togo-database/password)
# The address has no password: Patroni gives it in PGPASSFILE.
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --set password="$password" "$1" <<'SQL'
CREATE ROLE togo LOGIN PASSWORD :'password';
CREATE DATABASE togo OWNER togo;
-- Shows it at once when a replica follows a new leader.
GRANT pg_read_all_stats TO togo;
SQL
