"""Requests by HTTP as effects: asked for where they may have gone, then sent.

The server is asked by GET at the effect's `ask` path. What it has there proves the effect if it
holds every member of `expected`, and its absence (404) that nothing was done.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from tieout.exchange.effects import Effect, Result
from tieout.kernel import archive
from tieout.transport.files import NotReached, Refused, TransportError
from tieout.transport.http import Http

AT_ONCE = 8
"""How many requests are on their way to one server at a time."""


def ask_all(server: Http, effects: Sequence[Effect]) -> list[Result]:
    """What the server has of effects that may have been carried out, in their order."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(partial(_ask, server), effects))


def send_all(server: Http, effects: Sequence[Effect]) -> tuple[list[Result], list[TransportError]]:
    """Make the requests; their results in order, and the errors of those that never left us.

    What never left us is PLANNED again.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        done = list(pool.map(partial(_send, server), effects))
    return [result for result, _ in done], [lost for _, lost in done if lost is not None]


def _ask(server: Http, effect: Effect) -> Result:
    try:
        found = server.ask(effect.facts["ask"])
    except TransportError as error:
        return Result(effect.effect_id, "UNKNOWN", error.message)
    if found is None:
        return Result(effect.effect_id, "PLANNED", "the server does not have it")
    expected = effect.facts["expected"]
    if {name: found.get(name) for name in expected} == expected:
        return Result(effect.effect_id, "CONFIRMED", "found at the server")
    return Result(effect.effect_id, "PLANNED", "the server has something else there")


def _send(server: Http, effect: Effect) -> tuple[Result, TransportError | None]:
    facts = effect.facts
    try:
        server.send(facts["method"], facts["path"], archive.get(effect.sha256), facts["effect_key"])
    except NotReached as error:
        return Result(effect.effect_id, "PLANNED", error.message), error
    except Refused as error:
        return Result(effect.effect_id, "REFUSED", error.message), None
    except TransportError as error:
        return Result(effect.effect_id, "UNKNOWN", error.message), None
    return Result(effect.effect_id, "CONFIRMED"), None
