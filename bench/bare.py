"""Intake that validates and answers but stores nothing: the floor for the cost of storing."""

import itertools

from fastapi import FastAPI

from services.intake.app import create_app as create_intake
from services.intake.decisions.persons import NewLead, Verdict
from services.intake.use_cases.accept_submissions import Received

_ids = itertools.count(1)


async def store_nothing(_: Received) -> Verdict:
    lead_id = next(_ids)
    return NewLead(lead_id, lead_id)


def create_app() -> FastAPI:
    return create_intake(accept=store_nothing)
