"""The servers that each transport test runs against."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.transport.servers import Server, asyncssh_server, openssh, openssh_server


@pytest.fixture(scope="module", params=["asyncssh", "openssh"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    if request.param == "asyncssh":
        folder: Path = tmp_path_factory.mktemp("asyncssh")
        with asyncssh_server(folder) as running:
            yield running
        return
    if openssh() is None:
        pytest.skip(
            "NOT TESTED against OpenSSH: sshd is not installed (apt-get install openssh-server)"
        )
    with openssh_server() as running:
        yield running
