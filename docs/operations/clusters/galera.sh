#!/bin/bash
# Starts a node of docker-compose.galera.yml. At its very first start node1 makes the cluster and ToGo's database. Once
# all nodes were stopped, the one that stopped last makes the cluster again: Galera notes which one that was.
set -euo pipefail
name=$1 data=$PWD/mariadb
options=(--no-defaults --datadir="$data" --socket=/tmp/mariadb.sock --port=3306 --skip-name-resolve
  --max-connections=300 --character-set-server=utf8mb4 --collation-server=utf8mb4_bin
  --binlog-format=ROW --default-storage-engine=InnoDB --innodb-autoinc-lock-mode=2
  --wsrep-on=ON --wsrep-provider=/usr/lib/galera/libgalera_smm.so --wsrep-cluster-name=togo
  --wsrep-node-name="$name" --wsrep-node-address="$name" --wsrep-cluster-address=gcomm://node1,node2,node3
  --wsrep-sst-method=rsync "--wsrep-provider-options=gcache.size=512M;gcache.recover=yes")
if [[ -d $data/mysql ]]; then
  if grep -q '^safe_to_bootstrap: 1' "$data/grastate.dat"; then
    options+=(--wsrep-new-cluster)
  else
    # After a crash: how far it had come, so that it gets only what it missed.
    position=$(mariadbd "${options[@]}" --wsrep-recover 2>&1 | sed -n 's/.*Recovered position: *//p' | tail -n 1)
    [[ -z $position ]] || options+=(--wsrep-start-position="$position")
  fi
elif [[ $name == node1 ]]; then
  mariadb-install-db --no-defaults --datadir="$data" --skip-test-db >/dev/null
  (
    umask 077
    printf "CREATE DATABASE togo CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;\nCREATE USER togo@'%%' IDENTIFIED BY '%s';\n" \
      "$(</run/togo-database/password)"
    echo "GRANT ALL ON togo.* TO togo@'%';"
  ) >/tmp/create.sql
  options+=(--wsrep-new-cluster --init-file=/tmp/create.sql)
else
  # The others send it everything.
  mkdir -p "$data"
fi
exec mariadbd "${options[@]}"
