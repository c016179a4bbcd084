"""Composition root of crm."""

import httpx
from fastapi import FastAPI

from kit.clock import now
from kit.leader import Leader
from kit.service import make_app, make_frame, traced
from providers.kommo.client import KommoClient
from services.crm.deps import Deps
from services.crm.handlers import SAYS, router
from services.crm.settings import Settings
from services.crm.store import Store
from services.crm.ticks import ticks
from services.crm.tokens import TokenKeeper
from services.crm.worker import Worker


def create_app(settings: Settings | None = None) -> FastAPI:
    settings = settings or Settings()
    frame = make_frame("crm", settings)

    async def open_deps() -> Deps:
        store = Store(frame.database)
        http = httpx.AsyncClient(timeout=15)
        kommo = KommoClient(
            base_url=settings.kommo.base_url,
            token=TokenKeeper(settings.kommo, store, http, now),
            timeout=settings.kommo_timeout,
        )
        frame.closing.push_async_callback(http.aclose)
        frame.closing.push_async_callback(kommo.close)
        worker = Worker(store, kommo, settings)
        leader = Leader(dsn=settings.dsn, name="tell_kommo", work=worker.round, elected=worker.elected)
        return Deps(settings=settings, store=store, kommo=kommo, leader=leader)

    return traced(make_app(frame, open_deps=open_deps, handlers=router, ticks=ticks, says=SAYS), frame)
