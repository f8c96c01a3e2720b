"""The words of sending: an effect as it was claimed, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tieout.transport.files import Content


@dataclass(frozen=True)
class Effect:
    """A claimed effect, in the state in which it was found."""

    effect_id: int
    kind: str
    status: str
    target: str
    sha256: str
    size_bytes: int
    partner_id: str | None
    connection_id: str | None
    facts: Mapping[str, Any]

    @property
    def content(self) -> Content:
        """What should stand at the target."""
        return Content(self.size_bytes, self.sha256)


@dataclass(frozen=True)
class Result:
    """The state that an effect came to, and why."""

    effect_id: int
    status: str
    reason: str | None = None
