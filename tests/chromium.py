"""The browser of the tests: the system's Chromium. `python -m tests.chromium` installs it where that is possible."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")
INSTALL = (["apt-get", "update", "-q"], ["apt-get", "install", "-q", "-y", "chromium", "fonts-liberation"])


def find_chromium() -> str | None:
    """The path of the system's Chromium, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def main() -> int:
    """See that there is a Chromium; as root on Debian install it. The exit code is 1 when there is none afterwards."""
    if find_chromium():
        return 0
    if os.geteuid() == 0 and shutil.which("apt-get"):
        sys.stdout.write("Installing Chromium for the browser tests ...\n")
        for command in INSTALL:
            subprocess.run(
                command, check=True, stdout=subprocess.DEVNULL, env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
            )
        return 0
    sys.stderr.write("The browser tests need Chromium: install the package `chromium`, then run make test again.\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
