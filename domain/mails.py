"""Finds what somebody wrote in a mail, between what mail programs and companies add to it.

Quotes of our mail repeat our own `BAJA`, and confidentiality notices ask to delete the mail: read
as the person's words, they would stop everything. A signature hides a word that stands alone.
"""

import re
import unicodedata

HEADER_LINES = 3  # of one quote's header, which mail programs wrap
WITHOUT_NOTICE = 12  # words between `this mail` and `confidential`
_LABEL = (
    r"(?:de|from|von|da|para|to|cc|enviad[oa](?: el| em)?|sent|date|fecha|data|asunto|subject"
    r"|assunto)\s{0,3}:"
)
_LABELLED = re.compile(rf"^{_LABEL}")
_LABELLED_TWICE = re.compile(rf"^(?:de|from|von)\s{{0,3}}:.{{1,200}}(?:\s{_LABEL}|@)")
_ORIGINAL = re.compile(
    r"^(?:[-_]{2,80}\s{0,3}(?:original|mensaje|mensagem|message|forwarded|reenviado|correo)"
    r"|(?:begin forwarded message|inicio del mensaje reenviado|mensaje original"
    r"|original message|mensagem original)\s{0,3}:?$|_{5,200}$)"
)
_WROTE = re.compile(
    r"^(?:(?:el|on|em|le|am|a) .{0,400}(?:escribio|wrote|escreveu|schrieb|ecrit)\s{0,3}:$"
    r"|.{0,200}<[^<>]{0,200}@[^<>]{1,200}>.{0,100}:$"
    r"|.{0,100} (?:escribio|wrote|escreveu) (?:el|on|em) .{0,100}:$)"
)
_BEGINS_QUOTE = re.compile(r"^(?:(?:el|on|em|le|am|a) .{0,200}\d|.{0,200}<[^<>]{0,200}@)")
_FOOTER = re.compile(
    r"^(?:(?:mensaje |correo )?(?:enviad[oa]|mandad[oa]|sent|escrito|envoye)"
    r" (?:desde|de(?:l| mi| meu| minha| mon)|do|from|via|with|con|com|by|a partir d[eo]|pel[oa])"
    r" .{1,60}$"
    r"|(?:obtener|obten|obtenga|get|obter|obtenha|descarga(?:r)?|download) (?:el |o )?outlook\b"
    r"|(?:--|—|–)$)"
)
_REGARDS = re.compile(
    r"^(?:(?:muchas|gracias|thanks|y|and|&|quedo|al pendiente|atent[oa]|reciba[ns]?"
    r"|con|un|una|muchos|mis|muy|mas|cordial(?:es)?|with|my|kind|best|warm|many"
    r"|com os melhores|melhores|os|um|grande),? ){0,4}"
    r"(?:saludos?|slds|atte|att|atentamente|atentos saludos|cordialmente|respetuosamente|regards"
    r"|quedo atent[oa]|best|wishes|sincerely|yours|truly|cheers|respectfully|atenciosamente"
    r"|cumprimentos|respeitosamente|abracos?|abrazos?)"
    r"(?: (?:cordial(?:es)?|atentamente|afectuosos?|y gracias|e obrigad[oa]|sincerely|truly"
    r"|regards|yours|faithfully|a todos)){0,2}\W{0,3}$"
)
_AFTERTHOUGHT = re.compile(r"^(?:p\.? ?[ds]\.?\s{0,2}[:.\-]|(?:pd|ps)\s)")
_TITLE = (
    r"(?:(?:aviso|nota|clausula|declaracion|advertencia)\s{1,3}(?:legal|importante|juridico|de"
    r"\s{1,3}(?:confidencialidad|privacidad|confidencialidade|privacidade|proteccion\s{1,3}de"
    r"\s{1,3}datos))|proteccion\s{1,3}de\s{1,3}datos(?=\s{0,3}:)"
    r"|confidentiality\s{1,3}(?:notice|note|statement)|legal\s{1,3}(?:notice|disclaimer)"
    r"|disclaimer|confidencial(?:idad|idade)?)"
)
# people name a privacy notice too: as a title it begins a line, or has a colon
_NOTICE = re.compile(
    rf"(?m:^[\W_]{{0,3}}){_TITLE}\b|\b(?:{_TITLE}\s{{0,3}}(?::|\.-|\*)"
    r"|(?:este|esta|el\s{1,3}presente|this|o\s{1,3}presente)\s{1,3}(?:mensaje|correo|comunicacion"
    r"|mensagem|comunicacao|e-?mail|message|communication|transmission)"
    rf"(?:[\s,;/()]{{1,3}}[\w-]{{1,20}}){{0,{WITHOUT_NOTICE}}}?[\s,;/()]{{1,3}}"
    r"(?:confidencia\w{1,5}|confidential|privilegiad[oa]s?|privileged|exclusiv[oa]s?"
    r"|exclusivamente|unicamente|solely|intended\s{1,3}(?:only|for)|legally)"
    r"|(?:la|the|a|as)\s{1,3}(?:informacion|information|informacao|informacoes)\s{1,3}"
    r"(?:contenida\s|contained\s|contidas?\s|transmitida\s|transmitted\s"
    r"|(?:(?:en|de)\s{1,3}este|in\s{1,3}this|nest[ea]|dest[ea])"
    r"\s{1,3}(?:mensaje|correo|e-?mail|message|mensagem))"
    r"|(?:si|se|if)\s{1,3}(?:(?:usted|ud|tu|voce|v\.?\s?sa|you|o\s{1,3}senhor)\.?\s{1,3})?"
    r"(?:(?:ha\s{1,3}|have\s{1,3}|has\s{1,3})?(?:recibio|recibe|recibido|recibiste|received"
    r"|recebeu|recebido)\s{1,3}(?:(?:por\s{1,3}error|in\s{1,3}error|por\s{1,3}engano)\s{1,3})?"
    r"(?:este|esta|el|la|this|it|essa|esse)\b"
    r"|l[aoe]\s{1,3}(?:ha\s{1,3})?recibi(?:do|o)\s{1,3}por\s{1,3}error"
    r"|no\s{1,3}es\s{1,3}(?:el|la|usted)\s{1,3}(?:destinatari|persona\s{1,3}a)"
    r"|(?:are|is)\s{1,3}not\s{1,3}(?:the|an)\s{1,3}(?:intended|addressee|named)"
    r"|nao\s{1,3}(?:e|for|seja)\s{1,3}(?:o|a)\s{1,3}(?:destinatari|pessoa\s{1,3}a))"
    r"|(?:en\s{1,3}cumplimiento|de\s{1,3}conformidad|de\s{1,3}acuerdo|conforme|em\s{1,3}conformidade)\s[^.]{0,120}"
    r"(?:ley|lfpdppp|rgpd|lgpd|reglamento|lei)\b[^.]{0,200}"
    r"(?:informamos|pued\w{1,3}\s{1,3}ejercer|podran?\s{1,3}ejercer|consult|sus\s{1,3}datos|seus\s{1,3}dados)"
    r"|caso\s{1,3}(?:tenha|voce\s{1,3}tenha)\s{1,3}recebido|no\s{1,3}imprima\s{1,3}este"
    r"|piense\s{1,3}en\s{1,3}el\s{1,3}medio|antes\s{1,3}de\s{1,3}imprimir|(?:please\s{1,3})?consider\s{1,3}the\s{1,3}environment"
    r"|si\s{1,3}(?:ya\s{1,3})?no\s{1,3}(?:desea|deseas|quiere|quieres)\s{1,3}(?:seguir\s{1,3})?"
    r"recibi(?:r|endo)"
    r"|si\s{1,3}(?:desea|deseas|quiere|quieres)\s{1,3}dejar\s{1,3}de\s{1,3}recibir"
    r"|(?:sus|seus|your)\s{1,3}(?:personal\s{1,3})?(?:datos|dados|data)\s{1,3}"
    r"(?:persona(?:les|is)\s{1,3})?(?:(?:son|seran|han\s{1,3}sido|sao|serao|are|will\s{1,3}be)"
    r"\s{1,3}(?:tratad|utilizad|incorporad|recabad|processed)|forman\s{1,3}parte)"
    r"|(?:usted\s{1,3})?(?:puede|podra|podras|puedes|tiene\s{1,3}derecho\s{1,3}a|pode|podera)\s{1,3}"
    r"(?:ejercer|ejercitar|exercer)\s{1,3}(?:sus|los|tus|seus|os)\s{1,3}d[ie]re[ci]"
    r"|(?m:^[\W_]{0,3})(?:unsubscribe|(?:darse|date|darme)\s{1,3}de\s{1,3}baja|cancelar\s{1,3}"
    r"suscripcion|descadastre-se)\s{0,3}[|·•–]|you\s{1,3}can\s{1,3}unsubscribe"
    r"|para\s{1,3}(?:dejar\s{1,3}de\s{1,3}recibir|cancelar\s{1,3}(?:su|tu|la)\s{1,3}su[bs])\w*"
    r"[^.\n]{0,60}(?:clic|aqui|enlace|visit|link)"
    r"|(?:to\s{1,3}unsubscribe|if\s{1,3}you\s{1,3}(?:no\s{1,3}longer|do\s{1,3}not|don.t)\s{1,3}"
    r"(?:wish|want)\s{1,3}to\s{1,3}receive)"
    r"|se\s{1,3}nao\s{1,3}(?:deseja|quiser|quer)\s{1,3}(?:mais\s{1,3})?receber)"
)


def own_words(text: str) -> str:
    """Returns what the sender wrote: without quotes, notices and what follows a signature."""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\xa0", " ")
    return _without_signature(_without_notice("\n".join(_unquoted(text.split("\n"))))).strip()


def _folded(text: str) -> str:
    """Returns the text in lower case and without accents, each letter at its place."""
    return "".join(unicodedata.normalize("NFKD", char)[0].lower()[0] for char in text)


def _plain(line: str) -> str:
    """Returns a line as it is compared: folded, short, and without Markdown's marks around it."""
    bare = re.sub(r"[*\[\]#\\]", "", _folded(line[:1000])).strip()
    return bare.strip("_ ") or bare


def _unquoted(lines: list[str]) -> list[str]:
    """Returns the lines that are no quote. What stands below a marked quote (`>`) is an answer."""
    kept: list[str] = []
    at = 0
    while at < len(lines):
        if lines[at].lstrip().startswith(">"):
            at += 1
        elif length := _quote_header(lines, at):
            rest = (line.lstrip() for line in lines[at + length :] if line.strip())
            if not next(rest, "").startswith(">"):
                break
            at += length
        else:
            kept.append(lines[at])
            at += 1
    return kept


def _quote_header(lines: list[str], at: int) -> int:
    """Returns of how many lines the header is with which a quote begins here; 0 where none does.

    Gmail wraps its header before `escribió:`; Outlook writes a block of labelled lines.
    """
    line = _plain(lines[at])
    if _ORIGINAL.match(line) or _WROTE.match(line) or _LABELLED_TWICE.match(line):
        return 1
    following = [_plain(other) for other in lines[at + 1 : at + HEADER_LINES + 1]]
    if _LABELLED.match(line) and any(_LABELLED.match(other) for other in following[:2]):
        return 1
    if _BEGINS_QUOTE.match(line):
        for count in range(1, HEADER_LINES):
            if _WROTE.match(" ".join([line, *following[:count]])):
                return count + 1
    return 0


def _without_notice(text: str) -> str:
    found = _NOTICE.search(_folded(text))
    return text[: found.start()] if found else text


def _without_signature(text: str) -> str:
    """Returns the lines above the signature or footer, and any afterthought (`P.D.`) below."""
    kept: list[str] = []
    begun = False
    signed = False
    for line in text.split("\n"):
        plain = _plain(line)
        if _FOOTER.match(plain) or (begun and _REGARDS.match(plain)):
            signed = True
        elif signed and _AFTERTHOUGHT.match(plain):
            signed = False
        if not signed:
            kept.append(line)
            begun = begun or bool(plain)
    return "\n".join(kept)
