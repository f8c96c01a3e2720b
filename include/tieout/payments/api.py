"""What storefronts ask of payments by HTTP: keep a card, charge, tell how a charge stands.

The app of the storefront API mounts the router and says who is asking. The clock is read once, as a
request comes. Only a registration takes a card's number, and nothing that is answered or logged
holds one.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, status
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from tieout.kernel.errors import TieoutError
from tieout.kernel.settings import settings
from tieout.payments.model import Card, CardRefused, NoAnswer, NotSent, PaymentRefused
from tieout.payments.tenders import PaymentRequest, PaymentState, pay, state_of
from tieout.payments.vault import KeptCard, Registration, register

Ref = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,40}$")]
Out = TypeVar("Out")
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class CardIn(_Strict):
    """A card as its holder gives it; it goes to the gateway's vault and stays nowhere here."""

    number: SecretStr
    code: SecretStr
    expires_year: int = Field(ge=2000, le=2999)
    expires_month: int = Field(ge=1, le=12)


class RegistrationIn(_Strict):
    """A card to be kept: itself, or a token that the gateway's own form gave for it."""

    registration_ref: Ref
    customer_ref: str
    customer_name: str
    customer_email: str
    gateway: str
    card: CardIn | None = None
    once_token: SecretStr | None = None


class RegistrationOut(BaseModel):
    """How a kept card stands."""

    registration_ref: str
    status: str
    last_four: str
    brand: str
    reason: str


class PaymentIn(_Strict):
    """What is to be charged, by a kept card or by a token that is good for this one charge.

    `attempt_no` counts from 1: the same number again asks how that attempt stands, the next one
    tries again after a decline.
    """

    payment_ref: Ref
    attempt_no: int = Field(default=1, ge=1, le=99)
    entry_id: UUID
    order_ref: str
    customer_ref: str
    customer_name: str = ""
    customer_email: str = ""
    gateway: str
    currency: Currency
    amount_minor: int = Field(gt=0, lt=10**15)
    registration_ref: Ref | None = None
    once_token: SecretStr | None = None


class PaymentOut(BaseModel):
    """How a payment stands: PAID, DECLINED, NOT_CHARGED, REVIEW (by a second person) or PENDING.

    PENDING is not a decline: the gateway is still asked. Never tell a customer that it failed.
    """

    payment_ref: str
    attempt_no: int
    state: str


def payment_router(storefront: Callable[..., object], clock: Callable[[], datetime]) -> APIRouter:
    """The routes; `storefront` is the dependency that says whose key a request carries."""
    routes = APIRouter(prefix="/v1", tags=["payments"])
    Asking = Annotated[str, Depends(storefront)]  # noqa: N806 (it is a type)

    @routes.post("/registrations")
    def add_registration(wanted: RegistrationIn, asking: Asking) -> RegistrationOut:
        """Keep a card for a customer; the same registration_ref again is the same registration."""
        return _told(lambda: _shown(_register(wanted, asking, clock())))

    @routes.post("/payments")
    def add_payment(wanted: PaymentIn, asking: Asking) -> PaymentOut:
        """Charge once, however often it is asked for."""
        return _told(
            lambda: _standing(pay(settings().database_url, _request(wanted, asking), as_of=clock()))
        )

    @routes.get("/payments/{payment_ref}")
    def get_payment(payment_ref: Ref, asking: Asking) -> PaymentOut:
        """How a payment stands."""
        return _told(
            lambda: _standing(state_of(settings().database_url, payment_ref, storefront=asking))
        )

    return routes


def _told(call: Callable[[], Out]) -> Out:
    """What a call returns; what it refuses as an answer by HTTP, in words that may be shown."""
    try:
        return call()
    except CardRefused as error:
        raise _problem(status.HTTP_422_UNPROCESSABLE_CONTENT, error) from error
    except PaymentRefused as error:
        raise _problem(status.HTTP_409_CONFLICT, error) from error
    except (NotSent, NoAnswer) as error:
        raise _problem(status.HTTP_503_SERVICE_UNAVAILABLE, error) from error


def _problem(code: int, error: TieoutError) -> HTTPException:
    told = {"error": error.slug, "message": f"{error.message} {error.remedy}"}
    return HTTPException(code, detail=told)


def _register(wanted: RegistrationIn, asking: str, as_of: datetime) -> KeptCard:
    return register(
        settings().database_url,
        Registration(
            registration_ref=wanted.registration_ref,
            storefront=asking,
            customer_ref=wanted.customer_ref,
            customer_name=wanted.customer_name,
            customer_email=wanted.customer_email,
            gateway=wanted.gateway,
            card=_card(wanted.card),
            once_token=_secret(wanted.once_token) or "",
        ),
        as_of=as_of,
        zone=settings().zone,
    )


def _card(card: CardIn | None) -> Card | None:
    if card is None:
        return None
    return Card(
        number=card.number.get_secret_value(),
        code=card.code.get_secret_value(),
        expires_year=card.expires_year,
        expires_month=card.expires_month,
    )


def _request(wanted: PaymentIn, asking: str) -> PaymentRequest:
    return PaymentRequest(
        payment_ref=wanted.payment_ref,
        attempt_no=wanted.attempt_no,
        storefront=asking,
        customer_ref=wanted.customer_ref,
        customer_name=wanted.customer_name,
        customer_email=wanted.customer_email,
        order_ref=wanted.order_ref,
        entry_id=str(wanted.entry_id),
        gateway=wanted.gateway,
        currency=wanted.currency,
        amount_minor=wanted.amount_minor,
        registration_ref=wanted.registration_ref,
        once_token=_secret(wanted.once_token),
        asked_by=f"storefront/{asking}",
    )


def _secret(value: SecretStr | None) -> str | None:
    return value.get_secret_value() if value else None


_STANDINGS = {"SOFT_DECLINE": "DECLINED", "HARD_DECLINE": "DECLINED"}


def _standing(state: PaymentState) -> PaymentOut:
    told = _STANDINGS.get(state.attempt, "PENDING")
    if state.tender == "DONE":
        told = "PAID"
    elif state.tender == "HELD":
        told = "REVIEW"
    elif state.tender == "STOPPED" and state.attempt in {"", "NOT_SENT"}:
        told = "NOT_CHARGED"
    return PaymentOut(payment_ref=state.payment_ref, attempt_no=state.attempt_no, state=told)


def _shown(kept: KeptCard) -> RegistrationOut:
    return RegistrationOut(**vars(kept))
