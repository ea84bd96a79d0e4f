"""Real clusters of databases on one machine, for the proof: PostgreSQL under Patroni, and MariaDB with Galera."""
