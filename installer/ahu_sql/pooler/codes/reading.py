"""AHU501 to AHU507: what pgbouncer cannot read, or reads otherwise than one thinks."""

from __future__ import annotations

from ahu_sql.linter.findings import Code

_INI = "pgbouncer.ini"

CODES = (
    Code(
        code="AHU501",
        title="a line is not pgbouncer's syntax",
        explanation=(
            "A comment begins with ; or # at the start of its line and nowhere else; a value goes "
            "on to the end of the line. At any other line of pgbouncer.ini, pgbouncer refuses to "
            "start, or to reload. In the HBA file it passes over such a line, so that a reject may "
            "be missing, and the userlist it reads only as far as that."
        ),
        path=_INI,
        bad="[pgbouncer]\nquery_wait_timeout 15\n",
        good="[pgbouncer]\nquery_wait_timeout = 15\n",
    ),
    Code(
        code="AHU502",
        title="a setting is unknown to this version",
        explanation=(
            "pgbouncer refuses to start with a setting that it does not know, be it misspelt or "
            "younger than itself. Debian 12 has pgbouncer 1.18 and Debian 13 has 1.24, and one "
            "file that uses what is new serves only the latter. ahu-sql pgbouncer render --set "
            "pgbouncer.version=1.18 leaves out what a version lacks, and says so."
        ),
        path=_INI,
        bad="[pgbouncer]\nquery_wait_timout = 15\n",
        good="[pgbouncer]\nquery_wait_timeout = 15\n",
    ),
    Code(
        code="AHU503",
        title="a file is missing",
        explanation=(
            "Without the file that %include names pgbouncer does not start. Without its HBA file "
            "or userlist it starts and says so in its log only: then every client is refused, or "
            "pgbouncer cannot log in to look up a password."
        ),
        path=_INI,
        bad="[pgbouncer]\nauth_hba_file = /nowhere/hba.conf\n",
        good="[pgbouncer]\nauth_hba_file = /etc/pgbouncer/pgbouncer_hba.conf\n",
    ),
    Code(
        code="AHU504",
        title="a value that pgbouncer refuses",
        explanation=(
            "A value reaches to the end of its line, a comment behind it included. Where a number "
            "or one of a few words is wanted, anything else keeps pgbouncer from starting. 1 and 0 "
            "stand for on and off."
        ),
        path=_INI,
        bad="[pgbouncer]\nserver_check_delay = 30 ; seconds\n",
        good="[pgbouncer]\n; in seconds\nserver_check_delay = 30\n",
    ),
    Code(
        code="AHU505",
        title="the section [pgbouncer] begins a second time",
        explanation=(
            "Where a section begins anew, pgbouncer 1.18 and 1.24 set everything in it back to the "
            "default, and forget what stood above: pool sizes, timeouts, even auth_type. It "
            "happens easily with %include, behind which one wants to change a setting or two. A "
            "section goes on behind an included file, so no header is needed there."
        ),
        path=_INI,
        bad="[pgbouncer]\nlisten_addr = *\n",
        good="; in the section that the lines above are in\nlisten_addr = 127.0.0.1\n",
    ),
    Code(
        code="AHU506",
        title="the host of an alias holds a port",
        explanation=(
            "pgbouncer looks for a server of the whole name, colon and port included, and finds "
            "none: clients wait and are told that DNS failed. The port is a parameter of its own, "
            "and one for all hosts of an alias. An IPv6 address stands without brackets."
        ),
        path=_INI,
        bad="[databases]\nahu_write = host=127.0.0.1:5456 dbname=ahu_monitoring "
        "auth_user=ahu_pgbouncer pool_size=5\n",
        good="[databases]\nahu_write = host=127.0.0.1 port=5456 dbname=ahu_monitoring "
        "auth_user=ahu_pgbouncer pool_size=5\n",
    ),
    Code(
        code="AHU507",
        title="the aliases lead to different databases",
        explanation=(
            "Where dbname differs, the ETL writes where no dashboard reads, or one of the two "
            "finds nothing of ours. Without dbname the name of the alias is that of the database. "
            "template0 and template1 belong to the server, and whatever is made in template1 is "
            "in every later database."
        ),
        path=_INI,
        bad="[databases]\nahu_write = host=/var/run/postgresql dbname=plant "
        "auth_user=ahu_pgbouncer pool_size=5\n",
        good="[databases]\nahu_write = host=/var/run/postgresql dbname=ahu_monitoring "
        "auth_user=ahu_pgbouncer pool_size=5\n",
    ),
)
