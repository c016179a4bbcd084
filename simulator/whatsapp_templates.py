"""The WhatsApp templates as they were approved: our own texts, with a number where each value goes."""

from jinja2 import Environment, FileSystemLoader

from simulator.settings import Settings

# the numbers that the business gave its values when it had the templates approved, as .env.example names them
PLACES = {
    "first_name": "{{1}}",
    "booking_url": "{{2}}",
    "meeting_when": "{{2}}",
    "meeting_url": "{{3}}",
}


def read_contents(settings: Settings) -> dict[str, str]:
    """The text of each Content SID; of a template that has no text here, nothing."""
    facts = PLACES | {"business": settings.business_name, "advisor": settings.advisor_name}
    texts = Environment(loader=FileSystemLoader(settings.templates_path), autoescape=False)  # noqa: S701 - plain text
    files = {sid: _file(named, settings.language) for named, sid in settings.content_sids}
    known = set(texts.list_templates())
    return {
        sid: texts.get_template(file).render(facts).strip()
        for sid, file in files.items()
        if file in known
    }


def _file(named: str, language: str) -> str:
    """Where the text of `welcome`, or of `welcome.en`, stands."""
    template, _, other = named.partition(".")
    return f"{other or language}/whatsapp/{template}.txt"
