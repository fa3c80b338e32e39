"""The program `aisle`: runs the command line, and prints what a user can mend as one line."""

import sys
import warnings
from typing import TextIO


def main() -> None:
    """Run the command line; exit with 2 on a user's error, with 130 when interrupted."""
    try:
        from aisle.cli.main import run

        warnings.showwarning = _show_warning
        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # while modules are imported; once a command runs, it says what is left
        print("aisle: interrupted; no output was written", file=sys.stderr)  # noqa: T201
        code = 130
    sys.exit(code)


def _show_warning(
    message: Warning | str,
    category: type[Warning],  # noqa: ARG001  the signature is that of warnings.showwarning
    filename: str,  # noqa: ARG001
    lineno: int,  # noqa: ARG001
    file: TextIO | None = None,  # noqa: ARG001
    line: str | None = None,  # noqa: ARG001
) -> None:
    """Show a warning as one line, without the place in the code that it comes from."""
    print(f"aisle: warning: {message}", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    main()
