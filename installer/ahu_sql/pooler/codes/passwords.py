"""AHU541 to AHU546: how a client proves who it is, and where passwords lie."""

from __future__ import annotations

from ahu_sql.linter.findings import Code

_INI = "pgbouncer.ini"
_ALIAS = "[databases]\nahu_write = host=/var/run/postgresql dbname=ahu_monitoring pool_size=5"

CODES = (
    Code(
        code="AHU541",
        title="a client does not log in by SCRAM",
        explanation=(
            "pgbouncer logs in to the server as its client with what it learns while the client "
            "logs in by SCRAM. With trust, password or peer it learns nothing of use, and the "
            "server refuses it. md5 works with a SCRAM secret, and sends a hash that is as good as "
            "the password wherever a secret is no SCRAM secret."
        ),
        path="pgbouncer_hba.conf",
        bad="host  ahu_read  ahu_read  0.0.0.0/0  password\n",
        good="host  ahu_read  ahu_read  0.0.0.0/0  scram-sha-256\n",
    ),
    Code(
        code="AHU542",
        title="a role whose password the server keeps stands in the userlist",
        explanation=(
            "The userlist comes before auth_query. A password that is changed on the server, or "
            "whose VALID UNTIL is over, goes on working or failing by what the file says, until "
            "somebody remembers the file. The SCRAM secret there must be the server's own, salt "
            "included."
        ),
        path="userlist.txt",
        bad='"ahu_read" "SCRAM-SHA-256$4096:..."\n',
        good='"ahu_pgbouncer" "..."\n',
    ),
    Code(
        code="AHU543",
        title="everybody on the machine may read a password",
        explanation=(
            "The userlist holds pgbouncer's own password in clear, since a SCRAM secret cannot log "
            "in to the server. Its owner is the user that runs pgbouncer, and nobody else needs to "
            "read it. A password= in pgbouncer.ini is one more. Over the server's Unix socket with "
            "peer map= no password is needed at all."
        ),
        path="userlist.txt",
        bad='; mode 644\n"ahu_pgbouncer" "..."\n',
        good='; mode 600\n"ahu_pgbouncer" "..."\n',
    ),
    Code(
        code="AHU544",
        title="a stranger can end this pgbouncer",
        explanation=(
            "Before 1.20, with auth_user in [pgbouncer], a client that asks for the database "
            "pgbouncer as a user that is not in the userlist ends the process, without a password, "
            "where that auth_user is called pgbouncer; under another name the client waits and "
            "keeps its place. Both were seen on 1.18. With auth_user on each line of [databases] "
            "neither happens."
        ),
        path=_INI,
        bad="[pgbouncer]\n; pgbouncer 1.18\nauth_user = ahu_pgbouncer\n",
        good=f"{_ALIAS} auth_user=ahu_pgbouncer\n",
    ),
    Code(
        code="AHU545",
        title="nobody looks up the passwords of an alias",
        explanation=(
            "auth_query is asked only as an auth_user. Without one, on the alias or in "
            "[pgbouncer], pgbouncer knows the users of its userlist and nobody else, and refuses "
            "the role of this alias."
        ),
        path=_INI,
        bad=f"{_ALIAS}\n",
        good=f"{_ALIAS} auth_user=ahu_pgbouncer\n",
    ),
    Code(
        code="AHU546",
        title="others may write a file of the pooler",
        explanation=(
            "Whoever may write pgbouncer.ini, what it includes, the HBA file or the userlist says "
            "who gets in, and as whom: a line of trust, a password of their own, a forced "
            "superuser. The next reload does it. A group may read these files; only their owner "
            "writes them."
        ),
        path=_INI,
        bad="[pgbouncer]\n; mode 664\n",
        good="[pgbouncer]\n; mode 644\n",
    ),
)
