"""Intake's messages to people, in Spanish and English."""

from collections.abc import Mapping

from kit.languages import preferred

SPANISH: Mapping[str, str] = {
    "missing_contact": "Escribe tu correo o tu teléfono para poder responderte.",
    "bad_email": "El correo no parece válido. Ejemplo: ana@empresa.com",
    "bad_phone": (
        "El teléfono no parece válido. Escribe los 10 dígitos, "
        "o el número con + y la clave de tu país."
    ),
    "unusable_phone": (
        "A ese número no podemos llamarte ni escribirte. Deja tu celular, o tu correo."
    ),
    "bad_json": "El cuerpo no es JSON válido.",
    "not_object": "El cuerpo debe ser un objeto con los campos del formulario.",
    "bad_form": "No pudimos leer el formulario.",
    "too_large": "El envío supera el máximo de 64 KB.",
    "bad_key": "Idempotency-Key debe tener entre 1 y 255 caracteres visibles.",
    "unknown_key": "No conocemos esta clave de fuente.",
    "key_reused": "Esta Idempotency-Key ya se usó con otro contenido.",
    "too_many": "Recibimos demasiados envíos desde tu conexión. Intenta de nuevo en un momento.",
    "unavailable": "No pudimos guardar tus datos. Intenta de nuevo en unos segundos.",
    "form_problem": "Revisa tus datos",
    "not_taken": "No pudimos recibir tus datos",
    "go_back": "Volver al formulario.",
    "back_button": "Con el botón Atrás de tu navegador no pierdes lo que escribiste.",
    "thanks": "Gracias, recibimos tus datos.",
    "lang": "es",
}
ENGLISH: Mapping[str, str] = {
    "missing_contact": "Give your email or your phone so that we can answer you.",
    "bad_email": "The email does not look valid. Example: ana@company.com",
    "bad_phone": (
        "The phone does not look valid. Write its 10 digits, "
        "or the number with + and the country code."
    ),
    "unusable_phone": "We cannot call or write to that number. Give your mobile, or your email.",
    "bad_json": "The body is not valid JSON.",
    "not_object": "The body must be an object with the form's fields.",
    "bad_form": "The form could not be read.",
    "too_large": "The submission is over the limit of 64 KB.",
    "bad_key": "Idempotency-Key must have 1 to 255 visible characters.",
    "unknown_key": "We do not know this source key.",
    "key_reused": "This Idempotency-Key was already used with other content.",
    "too_many": "Too many submissions came from your connection. Try again in a moment.",
    "unavailable": "Your data could not be stored. Try again in a few seconds.",
    "form_problem": "Check your data",
    "not_taken": "Your data could not be taken",
    "go_back": "Back to the form.",
    "back_button": "With your browser's Back button you do not lose what you wrote.",
    "thanks": "Thank you, we received your data.",
    "lang": "en",
}


def language(accept_language: str) -> Mapping[str, str]:
    """Returns the English messages where English is preferred to Spanish, else the Spanish."""
    return ENGLISH if preferred(accept_language, ("es", "en")) == "en" else SPANISH
