"""The program `aisle`: runs the command line, and prints what a user can mend as one line."""

import sys


def main() -> None:
    """Run the command line; exit with 2 on a user's error."""
    from aisle.cli.main import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
