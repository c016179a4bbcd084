"""The demonstration's texts in Spanish, by their English text in the code."""

from collections.abc import Mapping

SPANISH: Mapping[str, str] = {
    "[bold]Starting Pauta[/] with Docker Compose …": "[bold]Arranca Pauta[/] con Docker Compose …",
    "[bold]Starting Pauta[/] with plain processes …": (
        "[bold]Arranca Pauta[/] con procesos sueltos …"
    ),
    (
        "Up after {:.1f} s. Console {}, phone {},\n"
        "actions {}, RabbitMQ management {} (pauta / rabbitmq-demo)\n"
    ): (
        "Lista en {:.1f} s. Consola {}, teléfono {},\n"
        "acciones {}, página de RabbitMQ {} (pauta / rabbitmq-demo)\n"
    ),
    "{}'s second form within a day: {} {} – the same lead, no second welcome": (
        "Segundo formulario de {} en el mismo día: {} {} – el mismo lead, sin segunda bienvenida"
    ),
    "A form full of mistakes: {} {}\n": "Un formulario lleno de errores: {} {}\n",
    "Twelve days of follow-up pass in about 15 seconds here: deploy/journey.demo.yml": (
        "Aquí los doce días de seguimiento pasan en unos 15 segundos: deploy/journey.demo.yml"
    ),
    "Everything happened as it should.": "Todo pasó como debía.",
    "Something is wrong.": "Algo anda mal.",
    "{} {:.0f} s in all.": "{} {:.0f} s en total.",
    "never answers: all four follow-ups": "nunca contesta: los cuatro seguimientos",
    "gets a voicemail, and books after the third day": (
        "recibe un mensaje de voz, y agenda después del tercer día"
    ),
    "presses 1, books, and moves the meeting": "presiona 1, agenda y mueve la reunión",
    "books, then cancels: the follow-up goes on": "agenda y luego cancela: el seguimiento continúa",
    "answers BAJA: nothing more": "responde BAJA: nada más",
    "is on the phone and has no WhatsApp: SMS every time": (
        "tiene la línea ocupada y no tiene WhatsApp: siempre SMS"
    ),
    "has a number that Twilio refuses: by email only": (
        "tiene un número que Twilio rechaza: solo por correo"
    ),
    "left no phone, and the mailbox bounces: nothing is left to try": (
        "no dejó teléfono y su buzón rebota: no queda nada por intentar"
    ),
    "Twilio accepts the call but its answer is lost: checked, not repeated": (
        "Twilio acepta la llamada pero su respuesta se pierde: se consulta, no se repite"
    ),
    "fills in a form on Facebook": "llena un formulario en Facebook",
    "fills in a form on Instagram": "llena un formulario en Instagram",
    "fills in a form of Google Ads": "llena un formulario de Google Ads",
    "fills in a form on TikTok": "llena un formulario en TikTok",
    "answers a Typeform": "contesta un Typeform",
    "answers a Tally": "contesta un Tally",
    "fills in a form made with Webflow": "llena un formulario hecho con Webflow",
    "writes from a WhatsApp ad: answered there, without a call": (
        "escribe desde un anuncio de WhatsApp: se le contesta ahí, sin llamada"
    ),
    "[bold]{}[/] by {} ({})": "[bold]{}[/] por {} ({})",
    "A test lead of {}: kept, and nobody is contacted": (
        "Un lead de prueba de {}: se guarda y no se contacta a nadie"
    ),
}


def language_of(variables: Mapping[str, str]) -> str:
    """Returns `es`, or `en` where `PAUTA_LANGUAGE` asks for English."""
    return "en" if variables.get("PAUTA_LANGUAGE", "").startswith("en") else "es"


def translate(text: str, language: str) -> str:
    return SPANISH[text] if language == "es" else text
