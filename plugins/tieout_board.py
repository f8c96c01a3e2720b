"""The board inside Airflow: in its navigation, for whoever is logged in there.

Reads and writes what tieout.board says. Whoever may change Airflow's pools (an operator, not a
viewer) may decide on the board, whoever may see them may look, and anyone else gets a 403.
"""

from typing import Annotated, Any, ClassVar

from airflow.plugins_manager import AirflowPlugin
from fastapi import Depends, HTTPException, Request

from tieout.board.app import board
from tieout.board.web import Person

PREFIX = "/tieout"


async def airflow_user(request: Request) -> Any:
    """Airflow's user, by the bearer token or else the cookie; 401 without, 403 with a wrong one.

    Imported here because every process of Airflow loads the plugin, and only one serves pages.
    """
    from airflow.api_fastapi.core_api.security import bearer_scheme, get_user

    return await get_user(request, None, await bearer_scheme(request))


def who(user: Annotated[Any, Depends(airflow_user)]) -> Person:
    """The person who asks the board, as Airflow's auth manager knows them."""
    from airflow.api_fastapi.app import get_auth_manager

    manager = get_auth_manager()
    if not manager.is_authorized_pool(method="GET", user=user):
        raise HTTPException(403, "Your role in Airflow does not let you see the board.")
    return Person(user.get_name(), manager.is_authorized_pool(method="PUT", user=user))


class TieoutBoard(AirflowPlugin):
    """Mounts the board in the API server and shows it in the navigation."""

    name = "tieout_board"
    fastapi_apps: ClassVar[list[Any]] = [
        {"app": board(who), "url_prefix": PREFIX, "name": "Tieout board"}
    ]
    external_views: ClassVar[list[Any]] = [
        {
            "name": "Tieout",
            "href": f"{PREFIX}/",
            "destination": "nav",
            "url_route": "tieout-board",
        }
    ]
