#!/bin/sh
# Starts Patroni on a node. All nodes share one password, which the service `secrets` made.
set -eu
password=$(cat /run/togo-database/password)
export PATRONI_NAME="$1" PATRONI_RESTAPI_CONNECT_ADDRESS="$1:8008" PATRONI_POSTGRESQL_CONNECT_ADDRESS="$1:5432"
export PATRONI_SUPERUSER_USERNAME=postgres PATRONI_SUPERUSER_PASSWORD="$password"
export PATRONI_REPLICATION_USERNAME=replicator PATRONI_REPLICATION_PASSWORD="$password"
PYTHONPATH=/cluster/patroni exec python3 -m patroni /cluster/patroni.yml
