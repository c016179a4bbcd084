"""What the servers' own helpers promise."""

import subprocess
import sys

from pauta.running.servers import free_ports

ASK = "from pauta.running.servers import _reserve; print(_reserve({port}))"


def test_no_other_process_gets_a_port_that_was_given_to_this_one() -> None:
    [port] = free_ports(1)

    asked = subprocess.run(
        [sys.executable, "-c", ASK.format(port=port)], capture_output=True, text=True, check=True
    ).stdout

    assert asked.strip() == "False"
