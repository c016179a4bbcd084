"""pauta sources: where leads come in, the keys of forms, and what each source delivered."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.console import Console

from pauta.api_client import ask_console, operator
from pauta.running.compose_file import variables
from pauta.tables import print_records

app = typer.Typer(no_args_is_help=True, help="The sources that leads come in by, and their keys.")
out = Console(soft_wrap=True, highlight=False)

Name = Annotated[str, typer.Argument(help="The source's name, such as landing-verano or meta.")]
DeliveryId = Annotated[int, typer.Argument(help="The delivery's id.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def state_of(source: Mapping[str, Any]) -> str:
    """Returns the state of a source, or what is wrong with it."""
    if source["problem"]:
        return str(source["problem"])
    if not source["configured"]:
        return "not connected"
    if source["silent"]:
        return "silent"
    return "ok" if source["last_delivery_at"] else "ready"


def _address(path: str) -> str:
    """Returns the public address of a path of intake."""
    given = variables()
    port = given.get("GATEWAY_PORT") or 5000
    return (given.get("PUBLIC_BASE_URL") or f"http://localhost:{port}").rstrip("/") + path


@app.command("list")
def list_sources(as_json: AsJson = False) -> None:
    """List the sources: state, last delivery, address, keys and figures."""
    sources = ask_console("GET", "/api/sources")
    print_records(
        out,
        [
            source
            | {
                "state": state_of(source),
                "address": _address(source["path"]) if source["path"] else "",
                "keys": ", ".join(f"{key['key_id']}: {key['hint']}…" for key in source["keys"]),
            }
            for source in sources
        ],
        first=("name", "state", "last_delivery_at"),
        then=("address", "keys", "deliveries", "refused", "held"),
        as_json=as_json,
    )


@app.command()
def add(name: Name) -> None:
    """Add a form or tool with an address of its own, which is printed only this once."""
    _print_key(ask_console("POST", "/api/sources", json={"name": name, "by": operator()}))


@app.command()
def rotate(name: Name) -> None:
    """Make a further key of a form. The one before stays valid; a third one ends the oldest."""
    _print_key(ask_console("POST", f"/api/sources/{name}/rotate", json={"by": operator()}))


@app.command()
def revoke(
    name: Name, key_id: Annotated[int, typer.Argument(help="The key, as `list` numbers it.")]
) -> None:
    """End a key. Forms that use it are refused from now on."""
    path = f"/api/sources/{name}/keys/{key_id}/revoke"
    ask_console("POST", path, json={"by": operator()})
    out.print(f"Key {key_id} of {name} is revoked.")


@app.command()
def test(name: Name) -> None:
    """Send a test lead by the source's own way. It is held as a test, and never contacted."""
    delivery = ask_console("POST", f"/api/sources/{name}/test")
    out.print(
        f"Delivery {delivery['delivery_id']}: {delivery['state']} {delivery['outcome']}".rstrip()
    )


@app.command()
def deliveries(
    source: Annotated[str, typer.Option(help="Only of this source.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
    as_json: AsJson = False,
) -> None:
    """List the last deliveries and what came of each, also the refused ones."""
    print_records(
        out,
        ask_console("GET", "/api/deliveries", params={"source": source, "limit": limit}),
        first=("delivery_id", "source", "received_at", "state"),
        then=("outcome", "lead_ids"),
        as_json=as_json,
    )


@app.command()
def show(delivery_id: DeliveryId) -> None:
    """Show a delivery: what was sent, how its fields were read, and what came of it."""
    delivery = ask_console("GET", f"/api/deliveries/{delivery_id}")
    for name, value in delivery.items():
        out.print(f"[bold]{name}[/]", end="  ")
        out.print(value, markup=False)


@app.command()
def replay(delivery_id: DeliveryId) -> None:
    """Process a delivery again. What it brought already is not brought twice."""
    ask_console("POST", f"/api/deliveries/{delivery_id}/replay", json={"by": operator()})
    out.print(f"Delivery {delivery_id} is processed again.")


def _print_key(key: Mapping[str, Any]) -> None:
    out.print(f"The address of {key['name']}, shown only this once:")
    typer.echo(_address(key["path"]))
