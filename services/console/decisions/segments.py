"""Counts the segments in which an SMS is sent and charged.

A text of the GSM 03.38 alphabet has 160 characters in one segment; any other is sent as UCS-2, with
70.
"""

import math
from dataclasses import dataclass

BASIC = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
ESCAPED = set("^{}\\[~]|€\f")


@dataclass(frozen=True, slots=True)
class Segments:
    """The segments of a text. `odd` are its characters outside GSM 03.38, which make it longer."""

    count: int
    units: int
    odd: str


def segments(text: str) -> Segments:
    odd = "".join(sorted(set(text) - BASIC - ESCAPED))
    if odd:
        units = len(text.encode("utf-16-le")) // 2
        in_one_segment = 70
        in_each_of_several = 67
    else:
        units = sum(2 if character in ESCAPED else 1 for character in text)
        in_one_segment = 160
        in_each_of_several = 153
    count = 1 if units <= in_one_segment else math.ceil(units / in_each_of_several)
    return Segments(count, units, odd)
