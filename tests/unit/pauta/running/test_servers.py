"""Ports that were given out are reserved for this process."""

import subprocess
import sys

from pauta.running.servers import free_ports

ASK = "from pauta.running.servers import _reserve; print(_reserve({port}))"


def test_no_other_process_gets_a_port_that_was_given_to_this_one() -> None:
    [port] = free_ports(1)

    reserved = subprocess.run(
        [sys.executable, "-c", ASK.format(port=port)], capture_output=True, text=True, check=True
    ).stdout

    assert reserved.strip() == "False"
