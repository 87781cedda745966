"""AHU511 to AHU516: how many connections a configuration may open, and how many there are."""

from __future__ import annotations

from ahu_sql.linter.findings import Code

_INI = "pgbouncer.ini"
_ALIAS = "[databases]\nahu_read = host=/var/run/postgresql dbname=ahu_monitoring auth_user="
_READ = _ALIAS + "ahu_pgbouncer pool_mode=transaction"

CODES = (
    Code(
        code="AHU511",
        title="the pools of a role are larger than its connection limit",
        explanation=(
            "The reserve comes on top of each pool, and the default reserve_pool_size holds for "
            "each alias that does not say its own. What is above the role's connection limit fails "
            "at the server, with too many connections for role, at the very moment when the "
            "reserve is needed. Needs --server, which tells the limit."
        ),
        path=_INI,
        bad=f"{_READ} pool_size=40 reserve_pool_size=5 max_db_client_connections=180\n",
        good=f"{_READ} pool_size=20 reserve_pool_size=5 max_db_client_connections=180\n",
    ),
    Code(
        code="AHU512",
        title="all pools together are larger than the server",
        explanation=(
            "Every pool with its reserve, and the connections that look up passwords, must fit "
            "into max_connections beside what is reserved for superusers and what other roles may "
            "take by their limits. Otherwise a full pooler keeps everybody else out, and the DBA "
            "has the last word only as a superuser. Needs --server, which tells these numbers; "
            "aliases with the same host and port are added up."
        ),
        path=_INI,
        bad=f"{_READ} pool_size=99 max_db_client_connections=180\n",
        good=f"{_READ} pool_size=20 max_db_client_connections=180\n",
    ),
    Code(
        code="AHU513",
        title="dashboards can lock the ETL out",
        explanation=(
            "max_client_conn counts the clients of all aliases together. When dashboards hold "
            "every place, the ETL is refused with no more connections allowed, and readings stay "
            "out. From 1.24 on, max_db_client_connections on the line of ahu_read keeps places "
            "free."
        ),
        path=_INI,
        bad=f"{_READ} pool_size=20\n",
        good=f"{_READ} pool_size=20 max_db_client_connections=180\n",
    ),
    Code(
        code="AHU514",
        title="dashboards can lock the ETL out, and this version cannot prevent it",
        explanation=(
            "max_client_conn counts the clients of all aliases together, and before 1.24 pgbouncer "
            "cannot keep some of them for one alias. When dashboards hold every place, the ETL is "
            "refused with no more connections allowed. A second pgbouncer for the ETL alone, or an "
            "upgrade, is the cure."
        ),
        path=_INI,
        bad="[pgbouncer]\n; pgbouncer 1.18\nmax_client_conn = 200\n",
        good="[pgbouncer]\n; pgbouncer 1.24, and max_db_client_connections=180 on ahu_read\n"
        "max_client_conn = 200\n",
        is_note=True,
    ),
    Code(
        code="AHU515",
        title="clients of another alias can lock the ETL out",
        explanation=(
            "max_client_conn counts the clients of all aliases together, whatever server they lead "
            "to. A third alias without max_db_client_connections may take the places that those "
            "of ahu_read keep free. The limits of all aliases but ahu_write must together be "
            "smaller than max_client_conn."
        ),
        path=_INI,
        bad="[databases]\nreports = host=/var/run/postgresql dbname=plant\n",
        good="[databases]\n"
        "reports = host=/var/run/postgresql dbname=plant max_db_client_connections=10\n",
    ),
    Code(
        code="AHU516",
        title="a full pool leaves no connection to look up passwords",
        explanation=(
            "max_db_connections counts all connections of an alias: its pool, its reserve, and "
            "those of auth_user. Where it is smaller, a part of the pool is never opened, and at "
            "the peak of the day every new client waits for a look-up until somebody else is done."
        ),
        path=_INI,
        bad=f"{_READ} pool_size=20 reserve_pool_size=5 max_db_connections=20 "
        "max_db_client_connections=180\n",
        good=f"{_READ} pool_size=20 reserve_pool_size=5 max_db_connections=29 "
        "max_db_client_connections=180\n",
    ),
)
