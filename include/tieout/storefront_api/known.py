"""What the API knows of keys, stores and wordings; in a file too, for when the database is out.

A key is tsk_<id>_<secret>, shown once when it is made. The database and the file hold the SHA-256
of the secret only; it is 256 random bits, so that no slower hash is needed.
"""

import hashlib
import hmac
import json
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from tieout.exchange.notices import Wording, wordings
from tieout.kernel.audit import Decision, audit
from tieout.kernel.database import execute, fetch, transaction
from tieout.kernel.errors import SettingsError
from tieout.kernel.settings import settings

PREFIX = "tsk"
ALARM = ("DATABASE_FAILURE", "STAFF")
_NOBODY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True)
class Key:
    """A storefront's key, as we keep it."""

    key_id: str
    storefront: str
    secret_sha256: str = field(repr=False)


@dataclass(frozen=True)
class StoreState:
    """Whether a storefront may sell; `since` is ISO 8601, null where it was never switched."""

    storefront: str
    state: str
    since: str | None
    reason: str | None


@dataclass(frozen=True)
class Known:
    """Keys that are good, states of stores, and how staff is told that the database is out."""

    keys: tuple[Key, ...] = ()
    stores: tuple[StoreState, ...] = ()
    alarm: Wording | None = None

    def storefront_of(self, key: str) -> str | None:
        """Whose key that is; None when it is nobody's. Takes the same time either way."""
        _, key_id, secret = (*key.split("_", 2), "", "")[:3]
        known = {each.key_id: each for each in self.keys}.get(key_id)
        expected = known.secret_sha256 if known else _NOBODY
        given = hashlib.sha256(secret.encode()).hexdigest()
        return known.storefront if hmac.compare_digest(given, expected) and known else None

    def store(self, storefront: str) -> StoreState:
        """The state of a store; open where nothing else is known."""
        found = {each.storefront: each for each in self.stores}.get(storefront)
        return found or StoreState(storefront, "OPEN", None, None)

    def save(self) -> None:
        """Keep it in the file, whole or not at all, for our eyes only."""
        file = known_file()
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = file.with_name(f".{file.name}.part")
        part.touch(mode=0o600)
        part.write_text(json.dumps(asdict(self)), encoding="utf-8")
        part.replace(file)


def known_file() -> Path:
    """Where the API keeps what it knows."""
    return settings().var / "storefront-api" / "known.json"


def load_known() -> Known:
    """What was known when the file was last kept; nothing where there is none."""
    file = known_file()
    if not file.exists():
        return Known()
    kept: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return Known(
        tuple(Key(**each) for each in kept["keys"]),
        tuple(StoreState(**each) for each in kept["stores"]),
        Wording(**kept["alarm"]) if kept["alarm"] else None,
    )


def ask_known(url: str) -> Known:
    """What the database says."""
    with transaction(url, actor="storefront_api") as connection:
        keys = fetch(connection, "storefront_api/keys")
        stores = fetch(connection, "storefront_api/stores")
        return Known(
            tuple(Key(**row) for row in keys),
            tuple(StoreState(**row) for row in stores),
            wordings(connection).get(ALARM),
        )


def make_key(connection: Connection, storefront: str, decision: Decision) -> str:
    """Make a key for a storefront; returns it, which nobody can tell again.

    Raises SettingsError when no partner of kind STOREFRONT has that name.
    """
    key_id, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    made = execute(
        connection,
        "storefront_api/make_key",
        key_id=key_id,
        storefront=storefront,
        secret_sha256=hashlib.sha256(secret.encode()).hexdigest(),
        made_at=decision.at,
    )
    if not made:
        raise SettingsError(
            f"There is no storefront {storefront!r}.",
            remedy="Add it to the partners file and load it: `tieout partners load`.",
        )
    _audit(connection, "make", key_id, decision)
    return f"{PREFIX}_{key_id}_{secret}"


def revoke_key(connection: Connection, key_id: str, decision: Decision) -> None:
    """Make a key bad for ever; the API follows within seconds.

    Raises SettingsError when there is no such key, or when it is revoked already.
    """
    if not execute(connection, "storefront_api/revoke_key", key_id=key_id, revoked_at=decision.at):
        raise SettingsError(
            f"There is no key {key_id!r} that is good.",
            remedy="`tieout keys list` shows the keys that there are.",
        )
    _audit(connection, "revoke", key_id, decision)


def list_keys(connection: Connection) -> list[dict[str, Any]]:
    """All keys, the newest first, without their secrets."""
    return fetch(connection, "storefront_api/list_keys")


def _audit(connection: Connection, verb: str, key_id: str, decision: Decision) -> None:
    audit(
        connection,
        actor=decision.actor,
        action=f"storefront_key.{verb}",
        subject=f"storefront_key:{key_id}",
        reason=decision.reason,
        occurred_at=decision.at,
    )
