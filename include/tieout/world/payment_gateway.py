"""The payment gateway of the outside world: Authorize.net and Stripe by their own wire protocols.

Two addresses, one set of books. TLS is real, and so are its failure (another certificate) and a
refused connection (a closed port). Faults are played by name: for some requests, or until lifted.
"""

import ipaddress
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import SHUT_RDWR, socket
from typing import Any, ClassVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tieout.world import payment_authorize_net, payment_stripe
from tieout.world.payment_books import Books
from tieout.world.payment_calls import Call, Fault, Reply

HOST = "127.0.0.1"
LOGIN, KEY = "world-login", "sk_test_world"  # the world lets in whoever has these
SLOW_S, PATIENCE_S = 0.2, 60.0
_SETTLING = {Fault.REFUSED, Fault.TLS_FAILURE}


@dataclass
class _Played:
    fault: Fault
    operations: frozenset[str]
    addresses: frozenset[int]
    left: int | None


@dataclass
class PaymentGateway:
    """A running gateway. `on_request` is called with each request before anything is done.

    `judge` says which fault is played on a request; where it says none, `play` does.
    """

    books: Books
    ca_file: Path
    now: datetime
    on_request: Callable[[Call], None] | None = None
    judge: Callable[[Call], Fault | None] = lambda _: None
    _played: list[_Played] = field(default_factory=list)
    doors: "list[_Door]" = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def play(
        self,
        fault: str,
        *,
        times: int | None = None,
        of: tuple[str, ...] = ("charge",),
        at: tuple[int, ...] = (0, 1),
    ) -> None:
        """Play a fault on the next requests of some operations, at some addresses.

        Without `times` it is played until it is lifted. A closed door and a wrong certificate are
        there for all requests.
        """
        found = Fault(fault)
        if found in _SETTLING:
            for number in at:
                self.doors[number].spoil(found)
            return
        with self._lock:
            self._played.append(_Played(found, frozenset(of), frozenset(at), times))

    def lift(self) -> None:
        """Play no fault any more."""
        with self._lock:
            self._played.clear()
        for door in self.doors:
            door.mend()

    def connection(self, address: int = 0, *, answer_s: float = 30.0) -> dict[str, Any]:
        """The connection to one of the addresses, as the connections file has it."""
        extra = {"ca_file": str(self.ca_file), "answer_s": answer_s}
        whole = {"conn_type": "http", "host": HOST, "port": self.doors[address].port}
        return {**whole, "login": LOGIN, "password": KEY, "extra": extra}

    def captured(self, payment_ref: str) -> list[int]:
        """The amounts that were captured under the references of a payment."""
        rows = self.books.rows(
            "SELECT captured_minor FROM charge WHERE payment_ref = ? AND status = 'captured'"
            " ORDER BY number",
            payment_ref,
        )
        return [row["captured_minor"] for row in rows]

    def asked(self, operation: str) -> int:
        """How many requests of an operation have come."""
        query = "SELECT count(*) AS n FROM asked WHERE operation = ?"
        return int(self.books.rows(query, operation)[0]["n"])

    def take(self, call: Call, address: int) -> Fault | None:
        """Note a request; the fault that is played on it."""
        if self.on_request is not None:
            self.on_request(call)
        fault = self.judge(call) or self._next(call.operation, address)
        with self.books.turn():
            self.books.write(
                "INSERT INTO asked (operation, our_ref, address, fault) VALUES (?, ?, ?, ?)",
                *(call.operation, call.our_ref, address, fault or ""),
            )
        return fault

    def _next(self, operation: str, address: int) -> Fault | None:
        with self._lock:
            for played in self._played:
                if operation in played.operations and address in played.addresses:
                    if played.left is not None:
                        played.left -= 1
                        if not played.left:
                            self._played.remove(played)
                    return played.fault
        return None


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    wbufsize, disable_nagle_algorithm = -1, True  # else a body waits 40 ms for its head's receipt
    server: "_Server"
    PROTOCOLS: ClassVar[tuple[Any, ...]] = (payment_authorize_net, payment_stripe)

    def do_POST(self) -> None:
        """Answer a request, or not, as the fault says."""
        self._answer()

    def do_GET(self) -> None:
        """Answer a request, or not, as the fault says."""
        self._answer()

    def do_DELETE(self) -> None:
        """Answer a request, or not, as the fault says."""
        self._answer()

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        protocol = next(each for each in self.PROTOCOLS if each.speaks(self.path))
        call = protocol.read(self.command, self.path, dict(self.headers), body)
        gateway = self.server.gateway
        fault = gateway.take(call, self.server.address)
        if fault in {Fault.TIMEOUT_BEFORE, Fault.ACTS_LATE}:
            self._wait_until_they_leave()
            if fault is Fault.ACTS_LATE:
                protocol.act(gateway.books, call, None)
            return
        if fault is Fault.ERROR_BEFORE:
            self._send(Reply(500, b'{"error": {"type": "api_error"}}'))
            return
        if fault in {Fault.TOO_BUSY, Fault.KEY_EXPIRED}:
            self._send(protocol.refuse(fault))
            return
        reply = protocol.act(gateway.books, call, fault)
        if fault is Fault.TIMEOUT_AFTER:
            self._wait_until_they_leave()
            return
        if fault is Fault.ERROR_AFTER:
            reply = Reply(502, b"<html>Bad Gateway</html>")
        elif fault is Fault.GARBLED:
            reply = Reply(200, b"\x1f\x8b<!-- " + reply.body[:7])
        elif fault is Fault.SLOW:
            threading.Event().wait(SLOW_S)
        self._send(reply)

    def _send(self, reply: Reply) -> None:
        with suppress(OSError):
            self.send_response(reply.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

    def _wait_until_they_leave(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.settimeout(PATIENCE_S)
            self.connection.recv(1)

    def log_message(self, *_: object) -> None:
        """The books say who asked for what."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, port: int, gateway: PaymentGateway, address: int, context: ssl.SSLContext
    ) -> None:
        super().__init__((HOST, port), _Handler)
        self.gateway, self.address, self.context = gateway, address, context
        self._open: set[socket] = set()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands in the connection's own thread; who does not like the certificate leaves."""
        with (
            suppress(OSError, ssl.SSLError),
            self.context.wrap_socket(request, server_side=True) as wrapped,
        ):
            self._open.add(wrapped)
            try:
                super().finish_request(wrapped, client_address)
            finally:
                self._open.discard(wrapped)

    def server_close(self) -> None:
        """Listen no more, and break off the connections that are kept open."""
        super().server_close()
        for each in list(self._open):
            with suppress(OSError):
                socket.shutdown(each, SHUT_RDWR)

    def handle_error(self, request: socket | tuple[bytes, socket], client_address: Any) -> None:
        """A client that left is no error of ours; anything else is."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Door:
    """One address: a port that stays the same while the server behind it comes and goes."""

    def __init__(
        self, gateway: PaymentGateway, address: int, good: ssl.SSLContext, bad: ssl.SSLContext
    ) -> None:
        self._gateway, self._address, self._good, self._bad = gateway, address, good, bad
        self.port = 0
        self._server: _Server | None = None
        self.mend()

    def spoil(self, fault: Fault) -> None:
        """Close the port, or show a certificate that nobody trusts."""
        if fault is Fault.TLS_FAILURE:
            self._open(self._bad)
        else:
            self.close()

    def mend(self) -> None:
        """Open the port, with the right certificate."""
        if self._server is None or self._server.context is not self._good:
            self._open(self._good)

    def _open(self, context: ssl.SSLContext) -> None:
        self.close()
        self._server = _Server(self.port, self._gateway, self._address, context)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


@contextmanager
def payment_gateway(folder: Path, now: datetime) -> Iterator[PaymentGateway]:
    """The gateway, for as long as the block runs; its folder keeps books and certificates."""
    folder.mkdir(parents=True, exist_ok=True)
    good, bad = _certificate(folder, "good", HOST), _certificate(folder, "bad", "192.0.2.1")
    gateway: PaymentGateway
    books = Books(folder / "gateway.sqlite", lambda: gateway.now)
    gateway = PaymentGateway(books, folder / "good.pem", now)
    gateway.doors += [_Door(gateway, number, good, bad) for number in (0, 1)]
    try:
        yield gateway
    finally:
        for door in gateway.doors:
            door.close()
        books.close()


def _certificate(folder: Path, name: str, host: str) -> ssl.SSLContext:
    """A context with a certificate for an address, made anew if it is not there."""
    file = folder / f"{name}.pem"
    if not file.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tieout world")])
        alt = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))])
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime(2016, 1, 1, tzinfo=UTC))
            .not_valid_after(datetime.now(UTC) + timedelta(days=825))
            .add_extension(alt, critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        secret = key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file.with_suffix(".key").write_bytes(secret)
        file.write_bytes(made.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, file.with_suffix(".key"))
    return context
