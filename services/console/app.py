"""Composition root of console."""

from fastapi import FastAPI

from kit.leader import Leader
from kit.service import make_app, make_frame, traced
from services.console.actions_log import ActionsLog
from services.console.dead_letters import DeadLetters
from services.console.deps import Deps
from services.console.handlers import SAYS, router
from services.console.routes import routes
from services.console.settings import Settings
from services.console.store import Store
from services.console.ticks import ticks


def create_app(settings: Settings | None = None) -> FastAPI:
    settings = settings or Settings()
    frame = make_frame("console", settings)

    async def open_deps() -> Deps:
        store = Store(frame.database)
        file = ActionsLog(
            settings.actions_log_path,
            store,
            rotate_at=settings.actions_log_rotate_at,
            keep=settings.actions_log_keep,
        )
        leader = Leader(dsn=settings.dsn, name="actions_log", work=file.follow, elected=file.elected)
        dead_letters = DeadLetters(settings.amqp_url.get_secret_value(), store.say)
        return Deps(store=store, dead_letters=dead_letters, log_writer=leader)

    app = make_app(frame, open_deps=open_deps, handlers=router, routes=[routes], ticks=ticks, says=SAYS)
    return traced(app, frame)
