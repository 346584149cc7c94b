"""`python -m benchmarks [--rows N] [--repeats N] [--flat] [--s3]`: measure, print, write benchmarks/results.json.

With --s3 the files are kept on a real S3 server, and written is results-s3.json.
"""

import argparse
import shutil

import django

from benchmarks import place


def main() -> None:
    """Measure with the arguments of the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measure Listkeep against its floors.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--flat",
        action="store_true",
        help="compare the memory at ROWS with that at five times as many, and not with that at a fifth",
    )
    parser.add_argument(
        "--s3", action="store_true", help="keep the files on a real S3 server; what knows no storage is left out"
    )
    arguments = parser.parse_args()
    try:
        with place.services(s3=arguments.s3):
            django.setup()
            from benchmarks.run import run  # noqa: PLC0415  # models can be imported only when Django is set up

            run(arguments.rows, arguments.repeats, flat=arguments.flat, s3=arguments.s3)
    finally:
        shutil.rmtree(place.FOLDER)


if __name__ == "__main__":
    main()
