"""What the fields of forms are called, in Spanish, English and Portuguese. Pure."""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from sources.values import as_text

MAX_NAME = 200
MAX_ATTRIBUTION = 500


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# spellings without case, accents and separators; words of NOISE around them do not matter
SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "name": (
        "nombre", "nombres", "nombre completo", "nombre apellido", "nombre apellidos",
        "nombres apellidos", "nombre persona", "nombre usuario completo", "como llamas",
        "como llama", "como llamamos", "como podemos llamarte", "como gusta llamemos",
        "quien eres", "quien tenemos gusto", "yourname", "tunombre", "name", "full name",
        "first last name",
        "first name last name", "complete name", "display name", "how should we call you",
        "nome", "nome completo", "nome sobrenome", "como voce chama", "como chama",
    ),
    "first_name": (
        "first name", "fname", "first", "given name", "forename", "name first", "primer nombre",
        "nombre pila", "nombre primero", "primeiro nome", "prenome", "firstname",
    ),
    "middle_name": ("middle name", "segundo nombre", "name middle", "middle", "nome meio"),
    "last_name": (
        "last name", "lname", "last", "surname", "family name", "name last", "apellido",
        "apellidos", "apellido paterno", "paterno", "primer apellido", "sobrenome",
        "ultimo nome", "lastname",
    ),
    "second_last_name": ("apellido materno", "materno", "segundo apellido", "second last name"),
    "email": (
        "email", "mail", "correo", "correo electronico", "correo e", "correo elec", "correo elect",
        "email address", "mail address", "address email", "direccion correo",
        "direccion correo electronico", "direccion email", "direccion electronica", "cuenta correo",
        "correo personal", "email personal", "correo trabajo", "work email", "business email",
        "personal email", "user email", "email usuario", "correo usuario", "endereco email",
        "endereco mail", "direccion mail",
        "endereco eletronico", "correio eletronico", "email principal", "correo principal",
        "primary email", "email primary", "youremail", "tucorreo", "tuemail", "correo gmail",
        "gmail", "emailadress", "emial",
    ),
    "phone": (
        "telefono", "telefonos", "tel", "telf", "tlf", "tfno", "fono", "telefono celular",
        "telefono movil", "telefono whatsapp", "telefono principal", "telefono personal",
        "numero", "numero telefono", "numero telefonico", "numero celular", "numero movil",
        "numero whatsapp", "num tel", "num telefono", "num cel", "num celular", "no tel",
        "no telefono", "no cel", "no celular", "nro telefono", "nro celular", "tel cel",
        "tel celular", "tel movil", "celular", "cel", "celular whatsapp", "movil", "whatsapp",
        "whats app", "whats", "whatsapp celular", "whatsapp telefono", "wa", "wsp", "wpp",
        "whatsapp number", "number whatsapp", "phone", "phone number", "phone no", "phone full",
        "full phone", "phone mobile", "mobile", "mobile number", "mobile phone", "mobile no",
        "cell", "cell number", "cell phone", "cell phone number", "telephone", "telephone number",
        "number", "work phone", "business phone", "user phone", "primary phone", "phone primary",
        "yourphone", "tutelefono", "tel usuario", "telefone", "telefone celular",
        "numero telefone", "fone", "telemovel", "celular zap",
        "zap", "telefono usuario", "linea telefonica",
    ),
    "country_code": (
        "country code", "phone country code", "phone code", "dial code", "calling code",
        "country calling code", "codigo pais", "codigo telefono", "codigo internacional",
        "clave pais", "lada pais", "prefijo", "prefijo telefono", "prefijo pais", "ddi",
    ),
    "area_code": (
        "area code", "codigo area", "clave lada", "lada", "ddd", "codigo ddd",
    ),
    "company": (
        "empresa", "nombre empresa", "empresa nombre", "empresa negocio", "empresa organizacion",
        "negocio", "nombre negocio", "como llama empresa", "compania", "nombre compania",
        "organizacion", "nombre organizacion", "institucion", "razon social", "despacho", "company",
        "company name", "name company", "business", "business name", "name business",
        "organization", "organization name", "organisation", "nome empresa", "companhia",
        "organizacao",
    ),
    "service": (
        "servicio", "servicios", "tipo servicio", "servicio interes", "servicio interesa",
        "servicios interes", "servicios interesan", "servicio interesado", "servicio requerido",
        "servicio solicitado", "servicio solicita", "servicio necesitas", "servicio buscas",
        "producto", "productos", "producto interes", "producto interesa", "producto servicio",
        "interes", "intereses", "interesa", "interesado", "service", "services", "service type",
        "type service", "service interest", "service interested", "product", "products",
        "product interest", "interest", "interests", "interested", "servico", "servicos",
        "servico interesse", "servico interessa", "produto", "interesse",
    ),
    "source": (
        "fuente", "fuente lead", "source", "lead source", "source lead", "origen", "origen lead",
        "origem", "origem lead", "fonte",
    ),
    "time_zone": (
        "zona horaria", "time zone", "timezone", "time zone name", "tz", "user time zone",
        "huso horario", "fuso horario", "iana time zone",
    ),
    "consent": ("consentimiento", "consent", "consentimento"),
}  # fmt: skip
CARD_FIELDS = tuple(SPELLINGS)

_NOISE = _words(
    """
    tu tus su sus mi my your seu sua meu minha the el la los las lo o a os as un una an
    de del da do dos of y e and para for en in por favor please con
    cual es qual what s is whats which que te le se me nos i am we you can are estas esta u
    ingresa ingrese escribe escriba introduce introduzca proporciona dejanos deja indica indicanos
    digite digita informe insira enter write type fill here aqui
    required obligatorio obligatoria requerido opcional optional obrigatorio
    field fields campo campos form formulario input data datos dados payload body value values
    answer answers respuesta respuestas item response wpforms wpcf7 gform nf et pb mauticform
    fld txt text
    contact contacto contato lead leads person persona pessoa customer cliente client prospect
    prospecto interesado applicant solicitante
    """
)
_EMAIL_WORDS = frozenset({"correo", "email", "mail", "emails", "correos", "correio"})
_PHONE_WORDS = _words(
    """
    telefono telefonos tel celular cel movil whatsapp whats phone mobile cell telephone telefone
    fone numero marcamos llamamos lada
    """
)
_CONSENT_WORDS = _words(
    """
    acepto acepta aceptas aceptar acepte aceptacion accept acceptance agree agreement consent
    consiento consentimiento autorizo autoriza autorizas autorizacion aceito aceite concordo
    concordar privacidad privacy privacidade gdpr lgpd optin terminos terms termos aviso
    """
)
# what has a name or an address of its own, in a path such as `agent.name`
_OTHER_THINGS = _words(
    """
    owner agent agente assigned assignee advisor asesor vendedor seller account site author team
    page form formulario campaign campana ad anuncio file archivo headers product producto event
    """
)
# the address of another person, or of the business itself
_OTHERS = _words(
    """
    jefe referido referida referidos amigo amiga conocido emergencia emergency referencia
    friend boss conyuge esposo esposa tutor fax recomendado invitado
    recipient destinatario cc bcc sender admin replyto
    """
)

_OF_OTHERS = _OTHERS | _OTHER_THINGS

_STANDARD_UTM = ("source", "medium", "campaign", "term", "content", "id")
_CLICKS = ("gclid", "gbraid", "wbraid", "fbclid", "fbc", "fbp", "ctwa_clid", "ttclid", "msclkid")
_IDS = ("ad", "adset", "campaign", "form")
_PAGES = (
    "page", "page url", "page link", "url", "url pagina", "url de la pagina", "pagina",
    "pagina url", "landing page", "landing url", "source url", "current url", "page location",
)  # fmt: skip
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORDS = re.compile(r"[a-z0-9]+")
_DIGITS = "0123456789"


def _squeezed(spelling: str) -> str:
    return spelling.replace(" ", "").replace("_", "")


def _by_spelling() -> dict[str, str]:
    meanings: dict[str, str] = {}
    for field, spellings in SPELLINGS.items():
        for spelling in (field, *spellings):
            meanings.setdefault(_squeezed(spelling), field)
    return meanings


def _attribution_names() -> dict[str, str]:
    names = [f"utm_{name}" for name in _STANDARD_UTM]
    names += _CLICKS
    names += [f"{level}_id" for level in _IDS]
    names += [f"{level}_name" for level in _IDS]
    found = {_squeezed(name): name for name in names}
    found |= {_squeezed(name): "page" for name in _PAGES}
    return found | {"adgroupid": "adset_id", "adgroupname": "adset_name", "platform": "platform"}


_MEANINGS = _by_spelling()
_ATTRIBUTION = _attribution_names()


def words_of(name: str) -> tuple[str, ...]:
    """Returns the words of a field's name, without case, accents and separators."""
    spaced = name if name.islower() else _CAMEL.sub(" ", name.replace("WhatsApp", "whatsapp"))
    if not spaced.isascii():
        spaced = "".join(
            letter
            for letter in unicodedata.normalize("NFKD", spaced)
            if not unicodedata.combining(letter)
        )
    return tuple(_WORDS.findall(spaced.casefold()))


def squeezed(name: str) -> str:
    """Returns the form in which names of fields are compared."""
    return "".join(words_of(name))


@lru_cache(maxsize=4096)
def _card_field(name: str) -> str | None:
    words = words_of(name)
    exact = _MEANINGS.get("".join(words))
    if exact or "".join(words) in _ATTRIBUTION:
        return exact
    bare = [word.rstrip(_DIGITS) for word in words]
    plain = "".join(word for word in bare if word not in _NOISE)
    known = _MEANINGS.get(plain) or _MEANINGS.get("".join(bare))
    outside, dot, last = name.replace("[", ".").rpartition(".")
    if known is None and dot and not _OF_OTHERS.intersection(words_of(outside)):
        return _card_field(last)
    return known


def card_field(name: str) -> str | None:
    """Returns the field of the card that a form's field of this name holds, or None."""
    return _card_field(name[:MAX_NAME])


@lru_cache(maxsize=4096)
def _probable_field(name: str) -> str | None:
    if _attribution_name(name):
        return None
    words = frozenset(word.rstrip(_DIGITS) for word in words_of(name))
    if words & _CONSENT_WORDS:
        return "consent"
    if words & _OTHERS:
        return None
    if words & _EMAIL_WORDS:
        return "email"
    if words & _PHONE_WORDS:
        return "phone"
    return None


def probable_field(name: str) -> str | None:
    """Returns the field of the card that a question with such words in it may ask for, or None.

    Whether it does shows its answer.
    """
    return _probable_field(name[:MAX_NAME])


def is_of_another(name: str) -> bool:
    """Returns whether the name speaks of the address of somebody else than the person."""
    return not _OTHERS.isdisjoint(words_of(name[:MAX_NAME]))


@lru_cache(maxsize=4096)
def _attribution_name(name: str) -> str | None:
    words = words_of(name)
    known = _ATTRIBUTION.get("".join(words))
    if known or len(words) < 2 or words[0] != "utm":
        return known
    return "_".join(words)


def attribution_name(name: str) -> str | None:
    """Returns the name of what the field says about the ad, the click or the page, or None."""
    return _attribution_name(name[:MAX_NAME])


def attribution_of(fields: Mapping[str, object]) -> dict[str, str]:
    """Returns what the fields say about the ad, the campaign, the form, the click and the page."""
    found: dict[str, str] = {}
    for name, value in fields.items():
        known = attribution_name(name)
        if known is None or known in found:
            continue
        text = " ".join(as_text(value).split())[:MAX_ATTRIBUTION]
        if text and (known != "page" or text.startswith(("http://", "https://"))):
            found[known] = text
    return found
