"""How many parts an SMS is sent, and charged, in: by GSM 03.38's alphabet, or by UCS-2 where that lacks a letter."""

from dataclasses import dataclass

BASIC = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
ESCAPED = set("^{}\\[~]|€\f")


@dataclass(frozen=True, slots=True)
class Segments:
    """`odd` are the letters that make the text twice as long, by not being in the short alphabet."""

    count: int
    units: int
    odd: str


def segments(text: str) -> Segments:
    odd = "".join(sorted(set(text) - BASIC - ESCAPED))
    if odd:
        units, alone, joined = len(text.encode("utf-16-le")) // 2, 70, 67
    else:
        units, alone, joined = sum(2 if c in ESCAPED else 1 for c in text), 160, 153
    return Segments(1 if units <= alone else -(-units // joined), units, odd)
