"""Connectors to payment gateways: one module each, found by its name.

A connector is a module of this package with a function `connect(gateway: Gateway) -> Connector`.
"""

from importlib import import_module
from pkgutil import iter_modules

from tieout.kernel.errors import SettingsError
from tieout.payments.gateway import Gateway
from tieout.payments.model import Connector


def connectors() -> list[str]:
    """The names of all connectors that there are."""
    return sorted(module.name for module in iter_modules(__path__))


def connect(name: str, gateway: Gateway) -> Connector:
    """The connector of that name, speaking with a gateway.

    Raises SettingsError when there is none of that name, or when the connection lacks something.
    """
    if name not in connectors():
        raise SettingsError(
            f"There is no payment connector {name!r}.",
            remedy=f"Write one of {', '.join(connectors())} into payment_gateway.connector.",
        )
    made: Connector = import_module(f"{__name__}.{name}").connect(gateway)
    return made
