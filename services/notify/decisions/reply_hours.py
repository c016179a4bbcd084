"""Finds the hour or day that somebody names in a message."""

import re
import unicodedata

_DAY = (
    r"(?:hoy|mañana|pasado mañana|tomorrow|today|amanhã|hoje|(?:el |este |el próximo |el proximo "
    r"|on |next |próxim[oa] |na )?(?:lunes|martes|mi[eé]rcoles|jueves|viernes|s[aá]bado|domingo"
    r"|monday|tuesday|wednesday|thursday|friday|saturday|sunday|segunda|ter[cç]a|quarta|quinta"
    r"|sexta)(?:-feira)?)"
)
_MONTH = (
    r"(?:enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|setiembre|octubre|noviembre"
    r"|diciembre|janeiro|fevereiro|março|maio|junho|julho|setembro|outubro|novembro|dezembro)"
)
_DATE = (
    rf"(?:(?:el |no )?(?:d[ií]a )?\d{{1,2}} de {_MONTH}"
    r"|el (?:d[ií]a )?\d{1,2}(?=$|[.,!?]| (?:a|por|en) l)"
    r"|(?:january|february|march|april|may|june|july|august|september|october|november|december)"
    r" \d{1,2}(?:st|nd|rd|th)?)"
)
_WEEK = (
    r"(?:(?:la |a )?(?:próxima|proxima|otra|siguiente) semana|(?:la )?semana (?:que (?:viene|entra"
    r"|vem)|próxima|proxima|entrante)|next week|(?:el próximo|el proximo|el otro) mes"
    r"|(?:el )?mes que (?:viene|entra|vem)|next month|(?:el )?fin de semana|fim de semana)"
)
_PART = (
    r"(?:(?:de|por|en|a|à) las? (?:mañanas?|tardes?|noches?|tardecita)|(?:al|a) medio ?d[ií]a"
    r"|temprano|a primera hora|(?:de|à|da) (?:manhã|tarde|noite)|ao meio[ -]dia"
    r"|in the (?:morning|afternoon|evening)|at noon)"
)
_NUMBER = (
    r"(?:una|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|two|three|four|five|six"
    r"|seven|eight|nine|ten|eleven|twelve|uma|duas|três|quatro|sete|oito|nove|dez|onze|doze)"
)
_AFTER = r"(?:a partir de|a eso de|como a|antes de|despu[eé]s de|hasta|desde|a)"
_AT = (
    rf"(?:{_AFTER}(?: las?)?|at|after|before|until|around|from|(?:depois|antes) das?"
    r"|até(?: as| às)?|às?|as)"
)
_AT_WORD = rf"(?:{_AFTER} las?|at|after|before|until|around|(?:depois|antes) das?|até as|às|as)"
_HALF = r"(?: (?:y|e) (?:media|meia|cuarto|quince|\d{2})| en punto| o'?clock)"
_UNIT = rf"(?: ?(?:hrs?|horas|h|[ap]\. ?m\.|[ap]m)(?!\w)|{_HALF})"
_DIGITS = r"\d{1,2}(?:[:.h]\d{2})?"
_NO_OTHER = r"(?! (?:meses|semanas|años|personas|días|dias|mil|pesos|months|minutos|amig))"
_CLOCK = rf"(?:{_DIGITS}|{_NUMBER}\b){_NO_OTHER}"
_AT_CLOCK = rf"(?:{_AT} {_DIGITS}|{_AT_WORD} {_NUMBER}\b){_NO_OTHER}{_UNIT}?"
_SPAN = (
    rf"(?:entre|de|between|from|das) (?:las? |as )?{_CLOCK}{_UNIT}? (?:y|a|e|and|to|às|hasta)"
    rf"(?: las?)? {_CLOCK}{_UNIT}?"
)
_IN = (
    r"(?:en|in|dentro de|em|daqui a|within) (?:unos |unas |como |about |uns |umas )?"
    rf"(?:\d{{1,3}}|{_NUMBER}|un|a|an|um|half an?|media|meia)(?: (?:hora|hour) y media)?"
    r" ?(?:horas?|hrs?|h|minutos?|mins?|minutes?|hours?|d[ií]as?|days?|semanas?|weeks?|rato|ratito"
    r"|momento|while)"
)
_EVENT = (
    r"(?:(?:saliendo|al salir|despu[eé]s|antes|(?:cuando|ya que) salga|after|before|depois|saindo)"
    r" (?:de |del |do |of )?(?:la |el |mi )?(?:trabajo|trabajar|comer|comida|clases?|escuela"
    r"|oficina|junta|work|lunch|trabalho|almoço|almoçar|cenar|mediodía))"
)
_LATER = r"(?:m[aá]s tarde|al rato|later|tonight|mais tarde)"
_HOUR = re.compile(
    rf"\b(?:(?:{_DAY} )?(?:{_SPAN}|{_AT_CLOCK}|{_DIGITS}{_UNIT}|\d{{1,2}}:\d{{2}}{_UNIT}?)"
    rf"(?: {_PART})?(?: {_DAY})?|{_IN}|{_WEEK}|{_DATE}(?: {_AT_CLOCK})?|{_EVENT}"
    rf"|{_DAY}(?: {_PART}| morning| afternoon| evening)?|{_PART}|{_LATER})(?!\w)",
    re.IGNORECASE,
)
_VAGUE = re.compile(rf"{_LATER}|{_WEEK}|{_IN}", re.IGNORECASE)


def hour_in(text: str) -> str:
    """Returns the hour or day that a message names, in its words; empty where it names none."""
    found = _HOUR.search(one_line(text))
    return found[0] if found else ""


def is_vague(hour: str) -> bool:
    """Returns whether what somebody names is no day and no hour, such as `más tarde`."""
    return _VAGUE.fullmatch(hour) is not None


def one_line(text: str) -> str:
    """Returns the text as it is searched: composed, with single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).split())
