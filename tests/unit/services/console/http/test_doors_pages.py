"""The pages of held submissions, of sources and of files, rendered without a server."""

from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.api.submissions import (
    Delivery,
    DeliveryDetail,
    FileImport,
    HeldList,
    HeldSubmission,
    SourceKey,
    SourceStatus,
)
from contracts.events.submission import HoldReason
from services.console.decisions.users import Role, User
from tests.unit.services.console.http.test_pages import text_of
from tests.unit.services.console.rendered import (
    a_request,
    imports_page,
    now_page,
    rendered,
    source_page,
    sources_page,
    submissions_page,
)

AT = datetime(2026, 3, 2, 16, tzinfo=UTC)
VIEWER = User("luis", Role.VIEWER, "")
ATTACK = "<script>alert(1)</script>{}{0}"
SUBMISSION = HeldSubmission(
    submission_id=41,
    source="form",
    reason=HoldReason.LINK_IN_NAME,
    received_at=AT,
    name=ATTACK,
    phone="+528112345678",
    fields={"nombre": ATTACK, "sitio_web": ""},
)
HELD = HeldList(counts={HoldReason.LINK_IN_NAME: 1}, submissions=[SUBMISSION])
META = SourceStatus(
    name="meta", kind="platform", path="/webhooks/meta", configured=True, last_delivery_at=AT
)
LANDING = SourceStatus(
    name="landing-verano",
    kind="form",
    path="/api/lead/…",
    configured=True,
    keys=(SourceKey(key_id=3, hint="hJ2p8s", created_at=AT),),
)
DELIVERY = Delivery(
    delivery_id=9, source="meta", received_at=AT, state="done", outcome="new 2, held 1"
)


def test_a_held_submission_has_its_reason_what_was_sent_and_two_buttons() -> None:
    page = submissions_page(HELD)

    assert "un enlace o código en el nombre" in text_of(page)
    assert "+52 81 1234 5678" in page
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;{}{0}") == 2
    assert 'name="ids" value="41" form="review"' in page
    assert 'formaction="/console/submissions/accept"' in page
    assert 'formaction="/console/submissions/discard"' in page


def test_who_may_only_look_has_no_buttons() -> None:
    pages = [
        submissions_page(HELD, user=VIEWER),
        source_page(LANDING, user=VIEWER),
        imports_page(user=VIEWER),
    ]

    assert ['method="post"' in page for page in pages] == [False, False, False]


@pytest.mark.parametrize(
    ("held", "text"),
    [
        (HeldList(counts={}, submissions=[]), "No hay nada retenido."),
        (None, "intake no responde"),
    ],
)
def test_a_page_that_holds_nothing_says_why(held: HeldList | None, text: str) -> None:
    assert text in text_of(submissions_page(held))


def test_a_test_lead_stands_apart_and_cannot_be_accepted() -> None:
    tested = SUBMISSION.model_copy(update={"submission_id": 42, "reason": HoldReason.TEST})
    page = submissions_page(HeldList(counts={HoldReason.TEST: 1}, submissions=[tested]))
    apart = page.split('aria-labelledby="tests-title"')[1]

    assert 'value="42" form="try"' in apart
    assert 'formaction="/console/submissions/discard"' in apart
    assert 'formaction="/console/submissions/accept"' not in apart
    assert "No hay nada retenido." in text_of(page)


def test_more_than_a_page_of_them_lead_on() -> None:
    assert "?before=41" in submissions_page(HELD, shown=1)
    assert "?before" not in submissions_page(HELD)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "bien"),
        ({"last_delivery_at": None}, "lista"),
        ({"configured": False}, "sin conectar"),
        ({"silent": True}, "en silencio"),
        ({"silent": True, "problem": "the token is no longer valid"}, "ya no es válido"),
    ],
)
def test_a_source_s_state_is_one_word_or_what_is_wrong(changes: dict[str, Any], text: str) -> None:
    page = sources_page([META.model_copy(update=changes)])

    assert "Meta (Facebook e Instagram)" in page
    assert text in text_of(page.split("<tbody>")[1].split("</tbody>")[0])


def test_the_figures_are_shown_while_intake_does_not_answer() -> None:
    page = text_of(sources_page(None))

    assert "intake no responde" in page
    assert "Lo que trae cada fuente" in page


def test_a_platform_shows_the_address_to_paste_and_what_to_set() -> None:
    connected = source_page(META, deliveries=[DELIVERY])
    missing = source_page(META.model_copy(update={"configured": False}))

    assert 'value="https://leads.ejemplo.mx/webhooks/meta"' in connected
    assert "lead nuevo: 2, retenido para revisión" in text_of(connected)
    assert "/console/deliveries/9" in connected
    assert "Enviar una prueba" in connected
    assert "META_APP_SECRET" not in connected
    assert "META_APP_SECRET" in missing
    assert "Enviar una prueba" not in missing


def test_of_a_key_only_its_beginning_is_shown() -> None:
    page = source_page(LANDING)

    assert "hJ2p8s…" in page
    assert 'action="/console/sources/landing-verano/keys/3/revoke"' in page
    assert 'action="/console/sources/landing-verano/rotate"' in page
    assert "https://leads.ejemplo.mx/api/lead" not in page


@pytest.mark.parametrize(("state", "asks"), [("done", 0), ("failed", 0), ("refused", 1)])
def test_a_delivery_shows_what_was_sent_and_can_be_processed_again(state: str, asks: int) -> None:
    detail = DeliveryDetail(
        **DELIVERY.model_dump(exclude={"state", "lead_ids"}),
        state=state,
        lead_ids=(77,),
        body=ATTACK,
        mapping=(
            {"field": "Tu correo", "value": "ana@example.com", "card": "email"},
            {"field": "Notas", "value": ATTACK, "card": ""},
        ),
    )
    page = rendered("delivery", a_request("lang=es"), delivery=detail)

    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    assert "Tu correo ana@example.com Correo" in text_of(page)
    assert 'href="/console/leads/77"' in page
    assert 'action="/console/deliveries/9/replay"' in page
    assert page.count("data-sure") == asks


def test_a_plan_shows_each_column_with_a_choice_and_what_would_happen() -> None:
    plan = FileImport(
        name="leads.csv",
        journey="none",
        mapping={'Correo "personal"': "email", "Notas": ""},
        total=3,
        done=0,
        outcomes={"new": 2, "held": 1},
    )
    lines = [(4, "Beto", "held", "disposable_email")]
    page = imports_page(plan=plan, journey="none", lines=lines)

    assert 'name="column" value="Correo &#34;personal&#34;"' in page
    assert page.count('<option value="email" selected>') == 1
    assert '<option value="none" selected>' in page
    assert "4 Beto retenido para revisión un correo desechable" in text_of(page)
    assert "¿Importar 3 renglones ahora?" in page
    assert 'formaction="/console/imports"' not in imports_page()


@pytest.mark.parametrize(("done", "polls"), [(1, 1), (3, 0)])
def test_an_import_is_followed_until_it_is_finished(done: int, polls: int) -> None:
    file = FileImport(
        import_id=5,
        name="leads.csv",
        journey="current",
        mapping={},
        total=3,
        done=done,
        outcomes={"new": done},
    )
    page = rendered("import", a_request("lang=es"), file=file, finished=done == 3, lines=[])

    assert f"{done} de 3 renglones" in text_of(page)
    assert page.count("data-poll") == polls


def test_the_first_page_counts_what_is_held_and_names_the_sources_in_trouble() -> None:
    broken = META.model_copy(update={"problem": "the token is no longer valid"})
    page = now_page(in_review=3, troubled=[broken])

    assert "En revisión 3 retenidos" in text_of(page)
    assert "Meta (Facebook e Instagram) META_PAGE_TOKEN ya no es válido" in text_of(page)
    assert 'href="/console/sources/meta"' in page
    assert "sin datos" in text_of(now_page(in_review=None, troubled=None))
