"""Renders the WhatsApp templates as approved: our own texts, with a number for each value."""

from jinja2 import Environment, FileSystemLoader

from simulator.settings import Settings

# the numbers of the values in the approved templates, as .env.example names them
PLACES = {
    "first_name": "{{1}}",
    "booking_url": "{{2}}",
    "meeting_at": "{{2}}",
    "meeting_how": "{{3}}",
}


def read_contents(settings: Settings) -> dict[str, str]:
    """Returns the text of each Content SID. Templates without a text here are left out."""
    facts = PLACES | {"business": settings.business_name, "advisor": settings.advisor_name}
    loader = FileSystemLoader(settings.templates_path)
    texts = Environment(loader=loader, autoescape=False)  # noqa: S701 - plain text
    files = {sid: _file(name, settings.language) for name, sid in settings.content_sids}
    known = set(texts.list_templates())
    return {
        sid: texts.get_template(file).render(facts).strip()
        for sid, file in files.items()
        if file in known
    }


def _file(name: str, language: str) -> str:
    """Returns the path of the text of a template such as `welcome` or `welcome.en`."""
    template, _, own_language = name.partition(".")
    return f"{own_language or language}/whatsapp/{template}.txt"
