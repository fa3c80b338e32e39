"""How long `aisle --help` takes, beside a Python that does nothing."""

import argparse
import sys

from timing import AISLE, Contender, describe, race, table


def main() -> None:
    """Time the commands and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=21)
    arguments = parser.parse_args()
    contenders = [
        Contender(name="aisle --help", command=[AISLE, "--help"]),
        Contender(name="Python alone", command=[sys.executable, "-c", "pass"]),
    ]
    taken = race(contenders, arguments.runs)
    describe("none", contenders, arguments.runs)
    table(contenders, taken)


if __name__ == "__main__":
    main()
