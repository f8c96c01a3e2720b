"""Requests by HTTP. Whether the other side acted is told apart from whether it was asked at all.

A request carries its Idempotency-Key (draft-ietf-httpapi-idempotency-key-header), so that a server
which knows it does the same thing once. Proxies of the environment are not used: a connection says
whole where it leads.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from tieout.kernel.settings import ConnectionInfo
from tieout.transport.files import NoAnswer, NotReached, Refused

PATIENCE = httpx.Timeout(20.0, connect=5.0)
KEY_HEADER = "Idempotency-Key"
_BUSY = {httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE}
_Json = Mapping[str, Any]


@contextmanager
def http(info: ConnectionInfo) -> Iterator["Http"]:
    """Requests to one server, over connections that are kept open while the block runs.

    TLS is used, and its certificate checked, unless the extra `tls` is "none". The extra `path`
    goes before every path; the connection's password is sent as a bearer token.
    """
    scheme, port = ("http", 80) if info.extras.get("tls") == "none" else ("https", 443)
    with httpx.Client(
        base_url=f"{scheme}://{info.host}:{info.port or port}{info.extras.get('path') or ''}",
        headers={"Authorization": f"Bearer {info.password}"} if info.password else {},
        timeout=PATIENCE,
        trust_env=False,
    ) as client:
        yield Http(client, info.conn_id)


class Http:
    """An open way to one server; may be used by several threads."""

    def __init__(self, client: httpx.Client, conn_id: str) -> None:
        self._client, self._conn_id = client, conn_id

    def send(self, method: str, path: str, body: bytes, key: str) -> None:
        """Ask the server to do something; `body` is JSON, `key` the Idempotency-Key.

        Returns when it answers that it did. Raises NotReached when nothing has left us, Refused
        when it says no (4xx), or later (429, 503), and NoAnswer else: it may have acted or not.
        """
        headers = {KEY_HEADER: key, "Content-Type": "application/json"}
        answer = self._exchange(method, path, content=body, headers=headers)
        if answer.is_success:
            return
        if answer.is_client_error or answer.status_code in _BUSY:
            raise Refused(
                f"{self._conn_id} says no to {method} {path}: {_says(answer)}.",
                remedy="Mend what it names; it is tried again by itself.",
            )
        raise self._no_answer(method, path, _says(answer))

    def ask(self, path: str) -> _Json | None:
        """What the server has at a path, or None where it has nothing (404).

        Raises NotReached, Refused (any other answer) or NoAnswer.
        """
        answer = self._exchange("GET", path)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        if not answer.is_success:
            raise Refused(
                f"{self._conn_id} does not answer GET {path}: {_says(answer)}.",
                remedy="Mend what it names; it is asked again by itself.",
            )
        try:
            found = answer.json()
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise self._no_answer("GET", path, "what came is no JSON object")
        return found

    def _exchange(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            return self._client.request(method, path, **options)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol) as error:
            raise NotReached(
                f"The server of connection {self._conn_id!r} was not reached: {error}.",
                remedy="Check host, port and the extra tls of the connection.",
                connection=self._conn_id,
            ) from error
        except httpx.HTTPError as error:
            raise self._no_answer(method, path, str(error) or type(error).__name__) from error

    def _no_answer(self, method: str, path: str, why: str) -> NoAnswer:
        return NoAnswer(
            f"{self._conn_id} gave no answer to {method} {path}: {why}.",
            remedy="It is asked what it did before anything is sent again.",
        )


def _says(answer: httpx.Response) -> str:
    """The status, and what the answer says in a word, if it is JSON with `error` or `detail`."""
    try:
        told = json.loads(answer.content)
    except ValueError:
        told = None
    word = (told.get("error") or told.get("detail")) if isinstance(told, dict) else None
    return f"{answer.status_code} {word[:200] if isinstance(word, str) else ''}".rstrip()
