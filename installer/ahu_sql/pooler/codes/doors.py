"""AHU531 to AHU539: who gets in by which alias."""

from __future__ import annotations

from ahu_sql.linter.findings import Code

_INI = "pgbouncer.ini"
_ALIASES = (
    "[databases]\n"
    "ahu_read = host=/var/run/postgresql dbname=ahu_monitoring auth_user=ahu_pgbouncer "
    "pool_mode=transaction pool_size=20 max_db_client_connections=180"
)

CODES = (
    Code(
        code="AHU531",
        title="an alias is missing",
        explanation=(
            "Dashboards come in by ahu_read and the ETL by ahu_write, each with a pool of its own, "
            "so that neither waits for the other. Where one of the two is missing, its clients "
            "stay beside the pooler or share the other's pool."
        ),
        path=_INI,
        bad="[databases]\nahu = host=/var/run/postgresql dbname=ahu_monitoring\n",
        good=f"{_ALIASES}\n"
        "ahu_write = host=/var/run/postgresql dbname=ahu_monitoring auth_user=ahu_pgbouncer "
        "pool_size=5\n",
    ),
    Code(
        code="AHU532",
        title="a rule lets another role in by an alias",
        explanation=(
            "The pools keep dashboards and ETL apart only while each alias admits its own role: "
            "pgbouncer makes a pool of full size for each user of an alias. all as a database "
            "opens both aliases and whatever is added later, all as a user lets anybody in who has "
            "a password. What no rule admits is refused, so no reject is needed."
        ),
        path="pgbouncer_hba.conf",
        bad="host  all  ahu_read,ahu_write  0.0.0.0/0  scram-sha-256\n",
        good="host  ahu_read   ahu_read   0.0.0.0/0  scram-sha-256\n"
        "host  ahu_write  ahu_write  0.0.0.0/0  scram-sha-256\n",
    ),
    Code(
        code="AHU533",
        title="no HBA file says which role may use which alias",
        explanation=(
            "Only auth_type = hba knows aliases: every other kind admits each user that has a "
            "password to every alias, and any and trust admit those without one. With any, "
            "everybody is a master of the console too."
        ),
        path=_INI,
        bad="[pgbouncer]\nauth_type = scram-sha-256\n",
        good="[pgbouncer]\nauth_type = hba\n",
    ),
    Code(
        code="AHU534",
        title="an alias forces a user",
        explanation=(
            "With user= everybody who comes in by the alias is that user on the server: its "
            "rights, its limits and its name in every log. Its password must lie in clear in a "
            "file, since a client's own SCRAM login cannot be passed on. Without it pgbouncer logs "
            "in as whoever came in. On an alias beside ours, a forced superuser, role of ours or "
            "password in the file opens a door around all of that."
        ),
        path=_INI,
        bad=f"{_ALIASES} user=ahu_read password=...\n",
        good=f"{_ALIASES}\n",
    ),
    Code(
        code="AHU535",
        title='the alias "*" opens every database',
        explanation=(
            "Whatever name a client asks for becomes an alias, with a pool of full size and "
            "without the limits of the aliases that somebody thought about. The sizes of the pools "
            "promise nothing to the server then."
        ),
        path=_INI,
        bad="[databases]\n* = host=/var/run/postgresql max_db_client_connections=10\n",
        good="[databases]\n"
        "ahu_monitoring = host=/var/run/postgresql max_db_client_connections=10\n",
    ),
    Code(
        code="AHU536",
        title="a role of ours is a user of the console",
        explanation=(
            "Who is among admin_users may pause, kill and shut down everything, and among "
            "stats_users may see every client. The passwords of ahu_read and ahu_write lie with "
            "dashboards and DAGs. The console is for people: over the Unix socket with peer it "
            "needs no password."
        ),
        path=_INI,
        bad="[pgbouncer]\nadmin_users = postgres, ahu_write\n",
        good="[pgbouncer]\nadmin_users = postgres\n",
    ),
    Code(
        code="AHU537",
        title="no rule lets anybody in by an alias",
        explanation=(
            "What no rule of the HBA file admits is refused, and the first rule that fits decides. "
            "Where the file is empty, has no line for a role, or refuses it before that line, "
            "every client of that alias is turned away. hostssl fits nobody while "
            "client_tls_sslmode is disable."
        ),
        path="pgbouncer_hba.conf",
        bad="host  ahu_read   ahu_read   0.0.0.0/0  scram-sha-256\n",
        good="host  ahu_read   ahu_read   0.0.0.0/0  scram-sha-256\n"
        "host  ahu_write  ahu_write  0.0.0.0/0  scram-sha-256\n",
    ),
    Code(
        code="AHU538",
        title="the console lets people in without proof",
        explanation=(
            "Whoever comes to the database pgbouncer under a name of admin_users may pause, kill "
            "and shut down everything, and under one of stats_users see every client. With trust "
            "anybody may use such a name. A map for peer says in another file who may, and "
            "password or md5 over the network show what gets one in. peer over the Unix socket "
            "needs none of it."
        ),
        path="pgbouncer_hba.conf",
        bad="# admin_users = admin\nhost   pgbouncer  admin  0.0.0.0/0  trust\n",
        good="# admin_users = admin\nlocal  pgbouncer  admin             peer\n",
    ),
    Code(
        code="AHU539",
        title="anybody comes in by another alias",
        explanation=(
            "An alias beside ours leads to a server too, and takes places for clients and "
            "connections that ours need. With trust nobody is asked for a password, and where the "
            "alias forces a user with user=, whoever reaches pgbouncer is that user."
        ),
        path="pgbouncer_hba.conf",
        bad="# reports = host=/var/run/postgresql dbname=plant\n"
        "host  reports  all  10.0.0.0/8  trust\n",
        good="# reports = host=/var/run/postgresql dbname=plant\n"
        "host  reports  all  10.0.0.0/8  scram-sha-256\n",
    ),
)
