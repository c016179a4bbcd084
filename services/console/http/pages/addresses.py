"""The page *Addresses*: the addresses to which nothing more goes, and why."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.console.deps import HttpDeps
from services.console.http.pages.shared import frame
from services.console.session import Viewer

routes = APIRouter(prefix="/console", include_in_schema=False)


@routes.get("/addresses")
async def addresses(request: Request, deps: HttpDeps, user: Viewer) -> HTMLResponse:
    """Shows the suspended addresses, as notify has them; none where it does not answer."""
    top = await frame(request, deps, user, "addresses")
    suspended = await deps.services.suspended_addresses()
    lead_ids = [address.lead_id for address in suspended or []]
    return deps.pages.page(
        "addresses",
        request,
        **top,
        addresses=suspended,
        names=await deps.metrics.names(lead_ids),
    )
