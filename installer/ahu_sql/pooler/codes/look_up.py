"""AHU551 to AHU558: the query that looks passwords up, and what it finds on the server."""

from __future__ import annotations

from ahu_sql.linter.findings import Code

_INI = "pgbouncer.ini"
_SERVER = "the server, as SQL"
_OURS = (
    "[pgbouncer]\nauth_query = select l.user_name, l.password from ahu.pgbouncer_login($1) as l\n"
)
_ROW = "rolname, rolpassword from pg_catalog.pg_authid where rolname operator(pg_catalog.=) $1"

CODES = (
    Code(
        code="AHU551",
        title="auth_query leaves schemas to the search_path",
        explanation=(
            "A client that may set search_path before it has proved who it is "
            "(track_extra_parameters, before 1.25.1) can put a table, a function or an operator of "
            "its own in the place of those that the query means, and run SQL as auth_user: "
            "CVE-2025-12819. Even the default query has a bare = and <. A function with a pinned "
            "search_path, called by its full name, is out of reach."
        ),
        path=_INI,
        bad=_OURS.replace("ahu.", ""),
        good=_OURS,
    ),
    Code(
        code="AHU552",
        title="auth_query lets expired passwords in",
        explanation=(
            "PostgreSQL refuses a password whose VALID UNTIL is over, but only when it checks the "
            "password itself. Behind pgbouncer it is the query that must not give it out: "
            "CVE-2025-2291, for pgbouncer before 1.24.1 and for every query of one's own."
        ),
        path=_INI,
        bad=f"[pgbouncer]\nauth_query = select {_ROW}\n",
        good=_OURS,
    ),
    Code(
        code="AHU553",
        title="auth_query asks something unknown",
        explanation=(
            "What it gives out, or a part of it, cannot be seen from here: whatever a union or a "
            "second function adds is let in as well. A good one asks nothing but a SECURITY "
            "DEFINER function with a pinned search_path that knows our two roles alone, honours "
            "VALID UNTIL, and gives no row for anybody else: pgbouncer takes a row of nulls for a "
            "fault of its configuration."
        ),
        path=_INI,
        bad="[pgbouncer]\nauth_query = select u.usename, u.passwd from ops.user_lookup($1) as u\n",
        good=_OURS,
    ),
    Code(
        code="AHU554",
        title="the function of auth_query is not in the database",
        explanation=(
            "pgbouncer runs auth_query in the database of the alias. Only an install by a "
            "superuser makes ahu.pgbouncer_login there, since only a superuser can own it. Without "
            "it nobody gets in, and the log of pgbouncer says why. Needs --server."
        ),
        path=_SERVER,
        bad="drop function ahu.pgbouncer_login(text);\n",
        good="-- AHU_READ_PASSWORD_FILE=read.secret ahu-sql install, as a superuser\n",
    ),
    Code(
        code="AHU555",
        title="the function of auth_query may not read passwords",
        explanation=(
            "It runs as its owner, and only a superuser may read pg_authid. With another owner "
            "every look-up fails and nobody gets in. Needs --server."
        ),
        path=_SERVER,
        bad="alter function ahu.pgbouncer_login(text) owner to ahu_owner;\n",
        good="alter function ahu.pgbouncer_login(text) owner to postgres;\n",
    ),
    Code(
        code="AHU556",
        title="auth_user may not call the function of auth_query",
        explanation=(
            "auth_user needs usage on schema ahu and execute on the function, and nothing else. "
            "The role ahu_pgbouncer has both after ahu-sql install. Needs --server."
        ),
        path=_SERVER,
        bad="revoke execute on function ahu.pgbouncer_login(text) from ahu_pgbouncer;\n",
        good="grant execute on function ahu.pgbouncer_login(text) to ahu_pgbouncer;\n",
    ),
    Code(
        code="AHU557",
        title="a role has no password that gets it in",
        explanation=(
            "Clients log in by SCRAM, for which the server must keep a SCRAM secret of the role. "
            "None at all, an MD5 hash, or a VALID UNTIL that is over keep it out. Needs --server, "
            "as a superuser, for all but VALID UNTIL."
        ),
        path=_SERVER,
        bad="alter role ahu_read password null;\n",
        good="-- AHU_READ_PASSWORD_FILE=read.secret ahu-sql install\n",
    ),
    Code(
        code="AHU558",
        title="pgbouncer's own password does not get it in",
        explanation=(
            "Where the server is reached by TCP, pgbouncer proves that it is ahu_pgbouncer with a "
            "password: it stands in clear in the userlist, and as a SCRAM secret on the server. "
            "Where one of the two is missing or of another password, no look-up succeeds and "
            "nobody gets in. install and render take both from AHU_PGBOUNCER_PASSWORD_FILE. What "
            "is on the server needs --server, as a superuser."
        ),
        path="userlist.txt",
        bad='; no line of ahu_pgbouncer, and host=db1 in pgbouncer.ini\n"operator" ""\n',
        good='"ahu_pgbouncer" "..."\n',
    ),
)
