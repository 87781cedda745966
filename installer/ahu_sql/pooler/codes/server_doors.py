"""AHU591 to AHU594: whether the server lets pgbouncer in, by its pg_hba.conf and pg_ident.conf."""

from __future__ import annotations

from ahu_sql.linter.findings import Code

_HBA = "pg_hba.conf of the server"
_OURS = (
    "local  ahu_monitoring  ahu_pgbouncer       peer map=ahu_pgbouncer\n"
    "local  ahu_monitoring  ahu_read,ahu_write  scram-sha-256\n"
)

CODES = (
    Code(
        code="AHU591",
        title="the server does not let pgbouncer in",
        explanation=(
            "pgbouncer logs in as ahu_pgbouncer to look passwords up, and as ahu_read and "
            "ahu_write for its clients. The first line of pg_hba.conf that is about the role, the "
            "database and the way decides, so ours stand at the top; with peer, pg_ident.conf must "
            "name the role too. Until then nobody gets in, and clients are told so by pgbouncer. "
            "Needs --server, as a superuser; both files are looked at, in force or not."
        ),
        path=_HBA,
        bad="local  all  all  peer\n",
        good=_OURS,
    ),
    Code(
        code="AHU592",
        title="the server lets a role in by something weaker than SCRAM",
        explanation=(
            "It works, and the pooler's care is in vain: with trust whoever reaches the server is "
            "that role without a password, password sends it in clear, and md5 takes a hash that "
            "is as good as the password wherever there is no SCRAM secret. Needs --server, as a "
            "superuser."
        ),
        path=_HBA,
        bad="local  all  all  trust\n",
        good=_OURS,
    ),
    Code(
        code="AHU593",
        title="the server cannot read a line of pg_hba.conf or pg_ident.conf",
        explanation=(
            "At a reload the server then keeps the rules that it had and says so in its log only; "
            "with a faulty pg_hba.conf it does not start again. pg_hba_file_rules and "
            "pg_ident_file_mappings show what is wrong. Needs --server, as a superuser."
        ),
        path=_HBA,
        bad="local  ahu_monitoring  ahu_read  scram\n",
        good="local  ahu_monitoring  ahu_read  scram-sha-256\n",
    ),
    Code(
        code="AHU594",
        title="pg_hba.conf or pg_ident.conf waits for a reload",
        explanation=(
            "The server reads both at its start and at pg_reload_conf(). The file is younger than "
            "that, so what it says, and what is found in it here, is not in force. Needs --server, "
            "as a superuser."
        ),
        path=_HBA,
        bad="-- pg_hba.conf was written after: select pg_conf_load_time()\n",
        good="select pg_reload_conf();\n",
    ),
)
