"""Where the command starts; also `python -m ahu_sql`."""

import sys


def main() -> None:
    """The command line, with an orderly end also for who interrupts it while it loads."""
    try:
        from ahu_sql.cli import main as command_line

        command_line()
    except KeyboardInterrupt:
        sys.exit("Aborted!")


if __name__ == "__main__":
    main()
