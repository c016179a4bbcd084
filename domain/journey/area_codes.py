"""Corrects the zones of area codes that Google's metadata (9.0.43) has wrong or incomplete.

Each table maps zones, the likeliest first, to the first digits of the national numbers that may be
in any of them.
"""

NEW_YORK = "America/New_York"
CHICAGO = "America/Chicago"
DENVER = "America/Denver"
LOS_ANGELES = "America/Los_Angeles"
BOISE = "America/Boise"
EDMONTON = "America/Edmonton"
TORONTO = "America/Toronto"
SANTIAGO = "America/Santiago"
PUNTA_ARENAS = "America/Punta_Arenas"
EASTER = "Pacific/Easter"
ANYWHERE_IN_MEXICO = (
    "America/Mexico_City",
    "America/Cancun",
    "America/Hermosillo",
    "America/Tijuana",
)

_NORTH_AMERICA: dict[tuple[str, ...], tuple[str, ...]] = {
    (NEW_YORK, CHICAGO): ("423", "729", "574", "606", "812", "930"),
    (CHICAGO, NEW_YORK): ("219", "270", "364", "334", "448", "850", "931"),
    ("America/Detroit", "America/Menominee"): ("906",),
    (CHICAGO, DENVER): ("308", "432", "605", "620", "701", "785"),
    (DENVER, CHICAGO): ("915",),
    (BOISE, LOS_ANGELES): ("208", "986"),
    (LOS_ANGELES, BOISE): ("458", "541"),
    (LOS_ANGELES, DENVER): ("775",),
    ("America/Phoenix", DENVER): ("928",),
    ("America/Anchorage", "America/Adak"): ("907",),
    ("America/Vancouver", "America/Dawson_Creek", EDMONTON): ("236", "250", "257", "672", "778"),
    ("America/Regina", EDMONTON): ("306", "474", "639"),
    # Atikokan keeps the time of Panama
    (TORONTO, "America/Winnipeg", "America/Panama"): ("807",),
    # Blanc-Sablon keeps the time of Puerto Rico
    (TORONTO, "America/Halifax", "America/Puerto_Rico"): ("367", "418", "581"),
    ("America/St_Johns", "America/Goose_Bay"): ("709", "879"),
    (
        EDMONTON,
        "America/Whitehorse",
        "America/Inuvik",
        "America/Cambridge_Bay",
        "America/Rankin_Inlet",
        "America/Resolute",
        "America/Iqaluit",
    ): ("867",),
}
# Chihuahua left Mountain time in 2022, 663 is Tijuana's overlay, and towns on the border keep the
# time of the other side.
_MEXICO: dict[tuple[str, ...], tuple[str, ...]] = {
    ("America/Chihuahua",): (
        "614",
        "621",
        "625",
        "627",
        "628",
        "629",
        "635",
        "639",
        "648",
        "649",
        "652",
        "659",
    ),
    ("America/Chihuahua", "America/Ciudad_Juarez"): ("636", "657"),
    ("America/Ciudad_Juarez",): ("656",),
    ("America/Ojinaga", "America/Chihuahua"): ("626",),
    ("America/Tijuana",): ("663",),
    ("America/Matamoros",): ("868", "897"),
    ("America/Matamoros", "America/Monterrey"): ("862", "873", "891", "892"),  # 873: Anáhuac
    ("America/Mazatlan", "America/Bahia_Banderas"): ("311",),
    ("America/Bahia_Banderas",): ("329",),
    ("America/Merida", "America/Cancun"): ("997",),  # José María Morelos, in Quintana Roo
    ANYWHERE_IN_MEXICO: ("200", "201", "300", "500", "800", "888", "900"),  # not geographic
}
_BRAZIL: dict[tuple[str, ...], tuple[str, ...]] = {
    # the metadata has all of Pernambuco in the zone of the island
    ("America/Recife", "America/Noronha"): ("81",),
    ("America/Santarem",): ("93",),
    ("America/Manaus", "America/Eirunepe"): ("97",),
}
# A mobile number may be anywhere in the country. Only the zones of the mainland are listed for it,
# without Easter Island's.
_CHILE: dict[tuple[str, ...], tuple[str, ...]] = {
    (SANTIAGO, PUNTA_ARENAS, "America/Coyhaique"): ("9", "44"),
    (PUNTA_ARENAS,): ("61",),
    ("America/Coyhaique",): ("67",),
    (EASTER,): ("32210", "32255"),
}


def _by_prefix(areas: dict[tuple[str, ...], tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    by_prefix: dict[str, tuple[str, ...]] = {}
    for zones, prefixes in areas.items():
        by_prefix |= dict.fromkeys(prefixes, zones)
    return by_prefix


AREA_CODES: dict[str, dict[str, tuple[str, ...]]] = {
    "1": _by_prefix(_NORTH_AMERICA),
    "52": _by_prefix(_MEXICO),
    "55": _by_prefix(_BRAZIL),
    "56": _by_prefix(_CHILE),
}
