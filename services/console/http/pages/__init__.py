"""The operators' pages: one module for each page, or for pages that share their data."""

from fastapi import APIRouter

from services.console.http.pages import (
    addresses,
    dead_letters,
    feed,
    imports,
    journey,
    leads,
    metrics,
    now,
    sources,
    submissions,
)

routes = APIRouter()
for page in (
    now,
    metrics,
    leads,
    dead_letters,
    submissions,
    addresses,
    journey,
    sources,
    imports,
    feed,
):
    routes.include_router(page.routes)
