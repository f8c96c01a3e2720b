"""Single exchanges by HTTP with a server, told apart by how far they came.

`transport.http` is for servers that keep to our own ways (JSON, bearer token, Idempotency-Key).
This is for those that have ways of their own: bytes go out as they are, and come back as they are.
Nothing is repeated here. Proxies of the environment are not used.
"""

import os
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import httpx

from tieout.kernel.errors import Place, SettingsError
from tieout.kernel.settings import ConnectionInfo
from tieout.transport.files import NoAnswer, NotReached

CONNECT_S, ANSWER_S = 5.0, 30.0
KEPT_S = 4.0
"""How long an idle connection is kept: less than servers commonly wait before they close it."""

NAME, TLS, REFUSED, CONNECT_TIMEOUT = "name-not-found", "tls", "refused", "connect-timeout"
TIMEOUT, BROKEN_OFF = "timeout", "broken-off"


@dataclass(frozen=True)
class Reply:
    """What came back, whatever it says."""

    status: int
    body: bytes
    headers: Mapping[str, str]


class Wire:
    """A way to one server, over connections that the process keeps open for a few seconds.

    So whoever comes next to the same server need not shake hands again.

    TLS is used, and its certificate checked, unless the extra `tls` is "none"; the extra `ca_file`
    names certificates to trust instead of the usual ones, `answer_s` how many seconds an answer may
    take. May be used by several threads.
    """

    def __init__(self, info: ConnectionInfo) -> None:
        plain = info.extras.get("tls") == "none"
        scheme, port = ("http", 80) if plain else ("https", 443)
        self.base_url = f"{scheme}://{info.host}:{info.port or port}"
        self._conn_id = info.conn_id
        self._client = _client_for(info, plain=plain)

    def exchange(self, method: str, url: str, content: bytes, headers: Mapping[str, str]) -> Reply:
        """Send one request to a whole URL, or to a path of the server, and wait for the answer.

        Raises NotReached when no byte of the request has left us, and NoAnswer when some may have.
        The field `why` of both is one of the constants of this module.
        """
        whole = url if "://" in url else self.base_url + url
        try:
            answer = self._client.request(method, whole, content=content, headers=dict(headers))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            why = _why_not_reached(error)
            raise NotReached(
                f"The server of connection {self._conn_id!r} was not reached ({why}).",
                remedy="Check host, port and certificates of the connection.",
                why=why,
            ) from error
        except httpx.HTTPError as error:
            why = TIMEOUT if isinstance(error, httpx.TimeoutException) else BROKEN_OFF
            raise NoAnswer(
                f"The server of connection {self._conn_id!r} gave no whole answer ({why}).",
                remedy="Ask it what it did before anything is sent again.",
                why=why,
            ) from error
        return Reply(answer.status_code, answer.content, answer.headers)


def _client_for(info: ConnectionInfo, *, plain: bool) -> httpx.Client:
    ca_file, seconds = "" if plain else str(info.extras.get("ca_file") or ""), _seconds(info)
    try:
        changed_ns = Path(ca_file).stat().st_mtime_ns if ca_file else 0
        return _client(os.getpid(), ca_file, changed_ns, seconds)
    except OSError as error:
        raise SettingsError(
            f"The extra ca_file of connection {info.conn_id!r} cannot be read.",
            remedy="Name a file of certificates in PEM.",
            place=Place(ca_file),
        ) from error


@lru_cache(maxsize=16)
def _client(process: int, ca_file: str, changed_ns: int, seconds: float) -> httpx.Client:  # noqa: ARG001 (parts of the key)
    """The connections of a process to all servers that are trusted by the same certificates.

    A process that was forked uses none of its parent's; certificates are read again when their
    file has changed.
    """
    return httpx.Client(
        verify=ssl.create_default_context(cafile=ca_file or None),
        timeout=httpx.Timeout(seconds, connect=CONNECT_S),
        limits=httpx.Limits(keepalive_expiry=KEPT_S),
        trust_env=False,
    )


def _seconds(info: ConnectionInfo) -> float:
    given = info.extras.get("answer_s", ANSWER_S)
    try:
        seconds = float(given)
    except (TypeError, ValueError):
        seconds = 0.0
    if not 0 < seconds <= 600:
        raise SettingsError(
            f"The extra answer_s of connection {info.conn_id!r} is {given!r}.",
            remedy="Write a number of seconds above 0, up to 600.",
        )
    return seconds


def _why_not_reached(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return CONNECT_TIMEOUT
    causes = list(_causes(error))
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return TLS
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return NAME
    return REFUSED


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__
