"""PostgreSQL in a folder that only root may enter: a checkout in root's home, or in a private temporary folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.embedded.folders import database_user

# As PostgreSQL looks for its programs: access(2) asks for the real user, which other calls do not.
LOOKS = "import os, sys; sys.exit(not (os.getuid() and os.access(sys.argv[1], os.R_OK)))"


@pytest.mark.skipif(os.geteuid() != 0, reason="PostgreSQL runs as oneself when one is not root")
def test_who_runs_the_database_finds_its_programs_in_a_closed_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    program = tmp_path / "postgres"
    program.touch(0o600)
    user = database_user(program)
    looked = subprocess.run([*user.prefix, sys.executable, "-c", LOOKS, str(program)], check=False)
    assert (bool(user.prefix), looked.returncode) == (True, 0)
