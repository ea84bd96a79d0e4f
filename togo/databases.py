"""The settings with which ToGo connects to each kind of database."""

from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

# For how many seconds PostgreSQL's client waits for a connection, and how soon it finds out that the machine of an open
# one is gone: it asks after 10 s of silence, every 5 s, three times. The system's own default is two hours.
_POSTGRESQL = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    # In milliseconds, for what was sent.
    "tcp_user_timeout": 15000,
}


def with_connection_settings(database: dict[str, Any], *, prepare_statements: str, home: Path) -> dict[str, Any]:
    """Add what ToGo relies on to a database of `env.database`. What `DATABASE_URL` itself sets takes precedence.

    A wait for a lock ends after 5 s, then the work is tried again (PostgreSQL's default is no bound, MariaDB's 50 s).
    """
    options = dict(database["OPTIONS"])
    database = database | {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True, "OPTIONS": options}
    match database["ENGINE"].rpartition(".")[2]:
        case "sqlite3":
            options |= {
                # A transaction takes the write lock when it begins, so that it can't fail to get it half-way.
                "transaction_mode": "IMMEDIATE",
                "timeout": 5,
                # FULL: with WAL, NORMAL can lose acknowledged writes when the power fails.
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            }
            # A file, as in production: tests share it with the servers and workers that they start.
            database["TEST"] = {"NAME": str(home / "test.sqlite3")}
        case "postgresql":
            for name, value in _POSTGRESQL.items():
                options.setdefault(name, value)
            # A pooler refuses or drops the settings of a session. `apps/models/database_sessions.py` checks whether the
            # mark togo.session arrived, and if not, sets the others in another way; docs/scaling.md says what to set
            # for the role.
            if options.pop("prepare_statements", prepare_statements) == "auto":
                session = f"{options.get('options', '')} -c lock_timeout=5000 -c togo.session=own"
                options["options"] = session.strip()
        case "mysql":
            import pymysql

            # Django uses the module MySQLdb for MySQL and MariaDB; mysqlclient, which has it, has no wheels for Linux.
            pymysql.install_as_MySQLdb()
            options |= {
                "charset": "utf8mb4",
                # A guarded update must see the rows that others committed while it waited.
                "isolation_level": "read committed",
                "init_command": "SET SESSION innodb_lock_wait_timeout = 5, sql_mode = 'STRICT_TRANS_TABLES'",
            }
            # The collation of an installation: "Bob" and "bob" are two people, as on the other databases.
            database["TEST"] = {"CHARSET": "utf8mb4", "COLLATION": "utf8mb4_bin"}
    return database


def as_replica(
    database: dict[str, Any], *, writer: dict[str, Any], prepare_statements: str, home: Path
) -> dict[str, Any]:
    """Add what ToGo relies on to the database of `DATABASE_REPLICA_URL`, beside the writer's of `DATABASE_URL`."""
    if not database["ENGINE"] == writer["ENGINE"] == "django.db.backends.postgresql":
        raise ImproperlyConfigured("DATABASE_REPLICA_URL must lead to a PostgreSQL that follows that of DATABASE_URL.")
    if _server(database) == _server(writer):
        raise ImproperlyConfigured("DATABASE_REPLICA_URL must lead to another server than DATABASE_URL.")
    # A server that can't be reached must not hold a read up for long: the writer answers it as well.
    database["OPTIONS"].setdefault("connect_timeout", 2)
    database = with_connection_settings(database, prepare_statements=prepare_statements, home=home)
    # Each read begins with a question to the server, so the connection needs no other check. Tests have one database.
    return database | {"CONN_HEALTH_CHECKS": False, "TEST": {"MIRROR": "default"}}


def _server(database: dict[str, Any]) -> tuple[str, str]:
    return database["HOST"] or database["OPTIONS"].get("host", ""), database["PORT"]
