#!/usr/bin/env bash
# Runs a part of ToGo in a container or under a service manager. `entrypoint.sh` alone lists the commands.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
  cat >&2 <<'TEXT'
usage: entrypoint.sh COMMAND
  web             wait for the database, migrate it, create the first admin, and serve on port 8000
  worker          run the jobs
  beat            send the periodic jobs to the workers
  manage …        run a command of manage.py
  healthy ROLE    exit 0 if this container's web, worker or beat works
  secrets FOLDER DATABASE_FOLDER [ADDRESS…]  create the key and the database's password there, unless they exist
TEXT
  exit 64
}

fail() {
  echo "togo: $*" >&2
  exit 1
}

# Reads each secret NAME from the file that NAME_FILE names: a container's variables are easy to see, a file isn't.
read_secrets() {
  local name file
  for name in TOGO_SECRET_KEY TOGO_SECRET_KEY_FALLBACKS DATABASE_URL DATABASE_REPLICA_URL CELERY_BROKER_URL TOGO_ADMIN_PASSWORD TOGO_OIDC_CLIENT_SECRET TOGO_EMAIL_URL; do
    file=${name}_FILE
    [[ -n ${!file:-} ]] || continue
    [[ -z ${!name:-} ]] || fail "$name and $file are both set; set only one of them."
    [[ -r ${!file} ]] || fail "$file names a file that can't be read: ${!file}."
    export "$name=$(<"${!file}")"
  done
}

require_database() {
  [[ -n ${DATABASE_URL:-} ]] || fail "DATABASE_URL or DATABASE_URL_FILE must name the database."
}

# Waits a minute until the database answers and `web` has migrated it.
wait_until_migrated() {
  local problem end=$((SECONDS + 60))
  until problem=$(python manage.py migrate --check 2>&1); do
    # Waiting doesn't help if a setting can't be used, nor does another start.
    if (($? == 78)); then
      echo "togo: ${problem##*togo: }" >&2
      exit 78
    fi
    if ((SECONDS > end)); then
      [[ -n $problem ]] || fail "the database isn't migrated; entrypoint.sh web does that."
      fail "the database can't be reached: ${problem##*Error: }"
    fi
    sleep 2
  done
}

web() {
  require_database
  python manage.py migrate_under_lock
  python manage.py ensure_admin
  # Fails if somebody can sign in with a demonstration password, or if waits for locks behind a pooler have no time-out.
  python manage.py check --deploy --tag demo --tag pooler --tag names --database default
  serve
}

# Granian ends if a web process dies twice within seconds. This starts it again, at most four times; after that the
# container ends with Granian's exit code.
serve() {
  local child='' stopping='' status try
  trap 'stopping=1; [[ -z $child ]] || kill -TERM "$child" 2>/dev/null || true' TERM INT
  for try in 1 2 3 4 5; do
    # Only with HTTP/1.1 alone does Granian drop a client that sends nothing, or little, after 30 s. Headers may have 64
    # KiB.
    granian --interface wsgi --http 1 --http1-buffer-size 65536 --no-ws --respawn-failed-workers \
      --workers-kill-timeout 20 togo.wsgi:application &
    child=$!
    status=0
    wait "$child" || status=$?
    # A signal ends `wait` before Granian has ended.
    while kill -0 "$child" 2>/dev/null; do
      status=0
      wait "$child" || status=$?
    done
    [[ -z $stopping ]] || exit 0
    ((status != 0)) || exit 0
    echo "togo: the web server has ended (exit code $status), start $try of 5." >&2
    ((try == 5)) || sleep "$try"
  done
  exit "$status"
}

worker() {
  require_database
  wait_until_migrated
  # On SIGTERM, Celery gives its jobs some seconds, and puts unfinished jobs back into the queue.
  export REMAP_SIGTERM=SIGQUIT
  exec celery --app togo.celery worker --loglevel info --concurrency "${TOGO_WORKER_PROCESSES:-2}"
}

beat() {
  require_database
  exec celery --app togo.celery beat --loglevel info
}

# Checks that the process answers, under a host name that it accepts.
web_is_healthy() {
  python - <<'PYTHON'
import http.client
import os
from urllib.parse import urlsplit

names = [name.strip() for name in os.environ.get("TOGO_ALLOWED_HOSTS", "").split(",") if name.strip()]
public = urlsplit(os.environ.get("TOGO_PUBLIC_URL", "").strip()).hostname or "localhost"
host = (names or [public])[0].lstrip(".")
web = http.client.HTTPConnection("127.0.0.1", int(os.environ["GRANIAN_PORT"]), timeout=4)
web.request("GET", "/health/live/", headers={"Host": "localhost" if host == "*" else host})
status = web.getresponse().status
raise SystemExit(0 if status == 200 else f"/health/live/ answers {status}")
PYTHON
}

# Checks that the worker answers through the broker.
worker_is_healthy() {
  celery --app togo.celery inspect ping --destination "celery@$HOSTNAME" --timeout 5
}

# Checks that the periodic job, which beat sends and a worker runs, has lately run to its end.
beat_is_healthy() {
  python - <<'PYTHON'
import django

django.setup()

from django.utils import timezone

from apps.models import JobRun
from apps.services import health

lately = JobRun.objects.filter(pk=health.LIMIT_JOB, finished_at__gt=timezone.now() - health.JOB_SILENCE).exists()
raise SystemExit(None if lately else f"the periodic job was not done for {health.JOB_SILENCE}: does a worker run?")
PYTHON
}

make_secrets() {
  local folder=$1 database=$2 number='' address
  shift 2
  # `database` is the service of docker-compose.yml.
  (($#)) || set -- postgres://togo@database/togo
  umask 077
  make_secret "$folder/secret_key"
  # Version 0.1.0 kept the password beside the key.
  [[ ! -s $folder/database_password ]] || mv "$folder/database_password" "$database/password"
  make_secret "$database/password"
  # Of several addresses, the second one is in database_url2, and so on.
  for address; do
    echo "${address/togo@/togo:$(<"$database/password")@}" >"$folder/database_url$number"
    number=$((${number:-1} + 1))
  done
}

# Writes a file completely or not at all, and never overwrites one.
make_secret() {
  [[ ! -s $1 ]] || return 0
  python -c 'import secrets; print(secrets.token_urlsafe(64))' >"$1.draft"
  mv "$1.draft" "$1"
}

export DJANGO_SETTINGS_MODULE=togo.settings
# Granian reads these itself.
export GRANIAN_HOST=${GRANIAN_HOST:-0.0.0.0} GRANIAN_PORT=${GRANIAN_PORT:-8000}
export GRANIAN_WORKERS=${GRANIAN_WORKERS:-2} GRANIAN_BLOCKING_THREADS=${GRANIAN_BLOCKING_THREADS:-4}
command=${1:-}
shift || usage
case "$command $#" in
"web 0" | "worker 0" | "beat 0")
  read_secrets
  "$command"
  ;;
"manage "*)
  read_secrets
  exec python manage.py "$@"
  ;;
"healthy 1")
  [[ $1 == web || $1 == worker || $1 == beat ]] || usage
  read_secrets
  "$1_is_healthy"
  ;;
"secrets "*)
  (($# >= 2)) || usage
  make_secrets "$@"
  ;;
*) usage ;;
esac
