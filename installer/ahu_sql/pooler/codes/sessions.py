"""AHU561 to AHU568: what a client finds in a session that another one had before."""

from __future__ import annotations

from ahu_sql.linter.findings import Code

_INI = "pgbouncer.ini"
_READ = (
    "[databases]\n"
    "ahu_read = host=/var/run/postgresql dbname=ahu_monitoring auth_user=ahu_pgbouncer "
    "pool_size=20 reserve_pool_size=5 max_db_client_connections=180 pool_mode="
)
_WRITE = (
    "[databases]\n"
    "ahu_write = host=/var/run/postgresql dbname=ahu_monitoring auth_user=ahu_pgbouncer "
    "pool_size=5 reserve_pool_size=5 pool_mode="
)

CODES = (
    Code(
        code="AHU561",
        title="prepared statements are lost in transaction pooling",
        explanation=(
            "psycopg 3, asyncpg and SQLAlchemy prepare statements by themselves, and execute them "
            "in later transactions, which run on other server connections. From 1.21 on pgbouncer "
            "carries them, but only where max_prepared_statements is more than 0: that is the "
            "default from 1.24 on, and was 0 before."
        ),
        path=_INI,
        bad="[pgbouncer]\nmax_prepared_statements = 0\n",
        good="[pgbouncer]\nmax_prepared_statements = 200\n",
    ),
    Code(
        code="AHU562",
        title="this version carries no prepared statements",
        explanation=(
            "Before 1.21 pgbouncer knows nothing of prepared statements, and no setting helps: in "
            "transaction pooling psycopg 3, asyncpg and SQLAlchemy fail with their defaults. "
            "psycopg 2 prepares nothing and works. prepare_threshold=None (psycopg) and "
            "statement_cache_size=0 (asyncpg) are right on every version; SQLAlchemy with asyncpg "
            "needs more, which docs/clients.md says."
        ),
        path=_INI,
        bad=f"; pgbouncer 1.18\n{_READ}transaction\n",
        good=f"; pgbouncer 1.24\n{_READ}transaction\n",
        is_note=True,
    ),
    Code(
        code="AHU563",
        title="pooling by statement breaks transactions",
        explanation=(
            "With pool_mode statement a server connection goes to somebody else after each "
            "statement, and pgbouncer ends every client that begins a transaction. Airflow and "
            "SQLAlchemy begin one for everything they do."
        ),
        path=_INI,
        bad=f"{_READ}statement\n",
        good=f"{_READ}transaction\n",
    ),
    Code(
        code="AHU564",
        title="a session goes on to the next client as it was",
        explanation=(
            "In session pooling a server connection is given back when its client goes, with its "
            "settings, temporary tables, prepared statements and session locks. DISCARD ALL, the "
            "default of server_reset_query, clears all of it."
        ),
        path=_INI,
        bad=f"{_WRITE}session\n[pgbouncer]\nserver_reset_query =\n",
        good=f"{_WRITE}session\n[pgbouncer]\nserver_reset_query = DISCARD ALL\n",
    ),
    Code(
        code="AHU565",
        title="dashboards pool by session",
        explanation=(
            "In session pooling each open dashboard keeps a server connection for as long as it is "
            "open, and the twenty-first reader of a pool of 20 waits until somebody leaves. In "
            "transaction pooling 20 connections served 200 readers. Session is also what holds "
            "where nothing is said."
        ),
        path=_INI,
        bad=f"{_READ}session\n",
        good=f"{_READ}transaction\n",
    ),
    Code(
        code="AHU566",
        title="a stranger can keep this pgbouncer at full CPU",
        explanation=(
            "pgbouncer reads the startup parameter options from 1.20 on. With extra_float_digits "
            "among ignore_startup_parameters, a client without a password that sends "
            "PGOPTIONS='-c=' spins 1.24.1 for ever; later versions were not tried. Old JDBC "
            "drivers needed it: psycopg 2 and 3, asyncpg and SQLAlchemy do not."
        ),
        path=_INI,
        bad="[pgbouncer]\nignore_startup_parameters = extra_float_digits\n",
        good="[pgbouncer]\nignore_startup_parameters =\n",
    ),
    Code(
        code="AHU567",
        title="settings that clients ask for are dropped",
        explanation=(
            "With options among ignore_startup_parameters a client that sends PGOPTIONS, or "
            "options= in its connection string, is let in and its settings are thrown away in "
            "silence: it believes in a statement_timeout or a search_path that it does not have. "
            "An error at the start is the better answer. Role settings do take effect through a "
            "pool."
        ),
        path=_INI,
        bad="[pgbouncer]\nignore_startup_parameters = options\n",
        good="[pgbouncer]\nignore_startup_parameters =\n",
    ),
    Code(
        code="AHU568",
        title="a query of the file runs as every client",
        explanation=(
            "pgbouncer runs connect_query in each new server connection, with the rights of the "
            "client's role: whoever may write the file acts as ahu_write, unseen, and a setting "
            "or temporary table of it is there for whoever gets the connection. Where it fails "
            "nobody gets in. Settings of a session belong to the role."
        ),
        path=_INI,
        bad=f"{_WRITE}transaction connect_query='set search_path to plant'\n",
        good=f"{_WRITE}transaction\n",
    ),
)
