"""What all connectors share: the way to the gateway, and what its failures mean.

A failure before the first byte left is NotSent, one after it NoAnswer. An answer that fits a row of
gateway_quirk is taken for what that row says, whatever else it may say.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from tieout.kernel.cards import mask_cards
from tieout.kernel.errors import TieoutError
from tieout.kernel.settings import ConnectionInfo
from tieout.payments.model import Answer, ErrorClass, NoAnswer, NotSent, Verdict
from tieout.payments.rules import Quirk, quirk_of
from tieout.transport import wire
from tieout.transport.files import NoAnswer as NothingCame
from tieout.transport.files import NotReached

_NOT_REACHED = {
    wire.NAME: ErrorClass.NAME_NOT_FOUND,
    wire.TLS: ErrorClass.TLS,
    wire.REFUSED: ErrorClass.REFUSED,
    wire.CONNECT_TIMEOUT: ErrorClass.CONNECT_TIMEOUT,
}
_NO_ANSWER = {wire.TIMEOUT: ErrorClass.TIMEOUT, wire.BROKEN_OFF: ErrorClass.BROKEN_OFF}
_DECLINES = {
    "SOFT_DECLINE": Verdict.SOFT_DECLINE,
    "HARD_DECLINE": Verdict.HARD_DECLINE,
}
_STORED_TEXT = 300


class Judged(Exception):  # noqa: N818 (it says what happened)
    """A quirk has judged an answer; connectors give `answer` back as if the gateway had said it."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.text)
        self.answer = answer


class Gateway:
    """The way to one address of a gateway, as it is at the instant `as_of`."""

    def __init__(self, info: ConnectionInfo, quirks: Sequence[Quirk], as_of: datetime) -> None:
        self.info, self.as_of = info, as_of
        self._quirks = quirks
        self._wire = wire.Wire(info)

    @property
    def base_url(self) -> str:
        """The scheme, host and port that the connection leads to."""
        return self._wire.base_url

    def exchange(
        self, method: str, url: str, content: bytes, headers: Mapping[str, str]
    ) -> wire.Reply:
        """One request and its answer. Raises NotSent, NoAnswer, or Judged where a quirk says so."""
        try:
            reply = self._wire.exchange(method, url, content, headers)
        except NotReached as error:
            found = _NOT_REACHED[_why(error)]
            raise NotSent(error.message, error_class=found, retry=True) from error
        except NothingCame as error:
            raise NoAnswer(error.message, error_class=_NO_ANSWER[_why(error)]) from error
        words = reply.body.decode("utf-8", errors="replace")
        if quirk := quirk_of(reply.status, words, self._quirks):
            raise _judgement(quirk, words)
        return reply


def stored_text(text: str) -> str:
    """A gateway's words as they may be kept: short, and card numbers masked."""
    return mask_cards(text)[:_STORED_TEXT]


def server_error(status: int) -> NoAnswer:
    """A gateway broke down over a request: it may have acted before that."""
    return NoAnswer(f"The gateway answered {status}.", error_class=ErrorClass.SERVER_ERROR)


def garbled(what: str) -> NoAnswer:
    """A gateway answered something that cannot be read: it may have acted."""
    return NoAnswer(f"The gateway's answer cannot be read: {what}.", error_class=ErrorClass.GARBLED)


def too_busy(code: str) -> NotSent:
    """A gateway says that it would not begin now."""
    return NotSent(
        f"The gateway is too busy ({code}).", error_class=ErrorClass.TOO_BUSY, retry=True
    )


def key_refused(code: str) -> NotSent:
    """A gateway does not let us in."""
    return NotSent(
        f"The gateway does not take our key ({code}).",
        error_class=ErrorClass.KEY_EXPIRED,
        retry=False,
        remedy="Put a valid key into the gateway's connection; then it is sent by itself.",
    )


def bad_request(code: str, text: str) -> NotSent:
    """A gateway did nothing because the request is not as it wants it."""
    return NotSent(
        f"The gateway does not take the request: {code} {stored_text(text)}",
        error_class=ErrorClass.BAD_REQUEST,
        retry=False,
        remedy="Read what it names. A person has to mend that first.",
    )


def _why(error: TieoutError) -> str:
    return str(error.fields["why"])


def _judgement(quirk: Quirk, words: str) -> Exception:
    text = stored_text(words)
    if quirk.action in _DECLINES:
        return Judged(Answer(_DECLINES[quirk.action], code="quirk", text=text))
    if quirk.error_class == "DUPLICATE":
        return Judged(Answer(Verdict.DUPLICATE, code="quirk", text=text))
    found = ErrorClass(quirk.error_class)
    if quirk.action == "ASK":
        return NoAnswer(f"A known fault of the gateway: {text}", error_class=found)
    retry = quirk.action == "RETRY"
    return NotSent(f"A known fault of the gateway: {text}", error_class=found, retry=retry)
