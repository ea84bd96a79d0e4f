"""The project: settings, routes, servers and the Celery app."""

import pymysql

from togo.celery import app

# Django speaks to MySQL and MariaDB through a module of this name; mysqlclient has no wheels for Linux.
pymysql.install_as_MySQLdb()

__all__ = ["app"]
