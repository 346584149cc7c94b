"""`python -m benchmarks.export_once SOURCE FORM TARGET`: writes one export, and prints the most memory it had, in kB.

Each size has a process of its own, because a process keeps the memory that it once had. Knows no Django.
"""

import sys
from pathlib import Path
from typing import cast

from backups.exports.making import make_file
from backups.exports.options import Format, Options


def main() -> None:
    """Write the file that the command line asks for."""
    source, form, target = sys.argv[1:]
    with Path(source).open("rb") as file:
        make_file(
            file,
            Path(target),
            form=cast("Format", form),
            options=Options(language="de"),
            left_out=None,
            progress=lambda _done, _known: None,
        )
    (most,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:")]
    print(most.split()[1])


if __name__ == "__main__":
    main()
