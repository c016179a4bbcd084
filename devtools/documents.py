"""Generates the AsyncAPI and OpenAPI documents from the running code.

`python -m devtools.documents` writes them to docs/.
"""

import json
import os
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from fastapi import FastAPI
from faststream.specification.asyncapi import AsyncAPI

import services.console.app
import services.crm.app
import services.intake.app
import services.notify.app
import services.scheduler.app
from domain.journey.model import json_schema
from pauta.running.compose_file import PROJECT, read_recipes

APPS: dict[str, Callable[[], FastAPI]] = {
    "intake": services.intake.app.create_app,
    "crm": services.crm.app.create_app,
    "notify": services.notify.app.create_app,
    "scheduler": services.scheduler.app.create_app,
    "console": services.console.app.create_app,
}


def every_document() -> dict[str, dict[str, Any]]:
    """Returns every document by its path under docs/. The services are created, never started."""
    recipes = read_recipes({})
    documents: dict[str, dict[str, Any]] = {"journey.schema.json": json_schema()}
    for name, create_app in APPS.items():
        with patch.dict(os.environ, dict(recipes[name].environment), clear=True):
            app = create_app()
        documents[f"asyncapi/{name}.json"] = _asyncapi(name, app)
        if name == "intake":
            documents["openapi/intake.json"] = app.openapi()
    return documents


def _asyncapi(name: str, app: FastAPI) -> dict[str, Any]:
    specification = AsyncAPI(
        app.state.broker, title=f"Pauta: {name}", version="1", schema_version="3.0.0"
    )
    document: dict[str, Any] = json.loads(specification.to_specification().to_json())
    document["servers"] = {}
    for channel in document["channels"].values():
        channel["servers"] = []
    # FastStream's own key sequence differs from run to run
    ordered: dict[str, Any] = json.loads(json.dumps(document, sort_keys=True))
    return ordered


def write_documents() -> None:
    for name, document in every_document().items():
        path = PROJECT / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        print(path.relative_to(PROJECT))


if __name__ == "__main__":
    write_documents()
