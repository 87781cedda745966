"""`python -m ahu_sql`: the command line without an installed script."""

from ahu_sql.cli import main

main()
