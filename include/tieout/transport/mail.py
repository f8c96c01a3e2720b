"""Mail by SMTP. Whether a message was taken is told apart from whether it left us at all."""

import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tieout.kernel.settings import ConnectionInfo
from tieout.transport.files import NoAnswer, NotReached, Refused

PATIENCE_S = 60.0


@contextmanager
def smtp(info: ConnectionInfo) -> Iterator["Mail"]:
    """An open connection to a mail server; TLS is used unless the extra `tls` is "none".

    The extra `tls` is `starttls` (default), `wrapped` (usually port 465) or `none`.
    Raises NotReached when the server cannot be reached or does not let us in.
    """
    server: smtplib.SMTP | None = None
    try:
        server = _connect(info)
    except (OSError, smtplib.SMTPException) as error:
        raise NotReached(
            f"The mail server of connection {info.conn_id!r} was not reached: {error}.",
            remedy="Check host, port, login and the extra tls of the connection.",
            connection=info.conn_id,
        ) from error
    try:
        yield Mail(server)
    finally:
        server.close()


class Mail:
    """An open connection to a mail server."""

    def __init__(self, server: smtplib.SMTP) -> None:
        self._server = server

    def send(self, sender: str, recipients: Sequence[str], message: bytes) -> None:
        """Hand over one message (RFC 5322) for all recipients.

        Raises Refused when the server says no, to any of the recipients too, and NoAnswer when the
        connection ends first: then the message may have gone or not.
        """
        try:
            refused = self._server.sendmail(sender, recipients, message)
        except smtplib.SMTPServerDisconnected as error:
            raise _no_answer(error) from error
        except smtplib.SMTPException as error:
            raise _refused(str(error)) from error
        except OSError as error:
            raise _no_answer(error) from error
        if refused:
            raise _refused(f"it did not take the recipients {sorted(refused)}")


def _connect(info: ConnectionInfo) -> smtplib.SMTP:
    tls = str(info.extras.get("tls") or "starttls")
    trust = ssl.create_default_context()
    if tls == "wrapped":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            info.host, info.port or 465, timeout=PATIENCE_S, context=trust
        )
    else:
        server = smtplib.SMTP(info.host, info.port or 25, timeout=PATIENCE_S)
    if tls == "starttls":
        server.starttls(context=trust)
    if info.login:
        server.login(info.login, info.password)
    return server


def _refused(why: str) -> Refused:
    return Refused(
        f"The mail server says no: {why}.", remedy="Check the sender and the recipients."
    )


def _no_answer(error: Exception) -> NoAnswer:
    return NoAnswer(
        f"The mail server gave no answer: {error or type(error).__name__}.",
        remedy="Ask the recipients whether the mail came before it is sent again.",
    )
