"""Where the command starts; also `python -m ahu_sql`."""

import signal
import sys


def main() -> None:
    """The command line, with an orderly end also for who interrupts it while it loads.

    What stops a container or a unit (SIGTERM) is an interruption like that of a terminal.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        from ahu_sql.cli import main as command_line

        command_line()
    except KeyboardInterrupt:
        sys.exit("Aborted!")


if __name__ == "__main__":
    main()
