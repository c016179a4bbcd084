"""A person's zones: by the number; a stated zone narrows the hours or is for email."""

from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from domain.journey.time_zones import Whereabouts, _sharing_an_hour, is_zone_of_people, whereabouts

BUSINESS = "America/Merida"
FORTNIGHTS = [
    datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=14 * number) for number in range(52)
]


def where(stated: str | None, phone: str | None) -> Whereabouts:
    return whereabouts(stated, phone, zone=BUSINESS, region="MX")


def clocks(zones: tuple[str, ...]) -> set[tuple[timedelta | None, ...]]:
    """Returns the offsets of the zones over two years, which may be equal for different names."""
    return {
        tuple(day.astimezone(ZoneInfo(zone)).utcoffset() for day in FORTNIGHTS) for zone in zones
    }


# ---- every area code of Mexico, by hand

MEXICO: dict[tuple[str, ...], str] = {
    # Mexico City and State, Puebla, Tlaxcala, Veracruz, Oaxaca, Guerrero, Morelos, Hidalgo,
    # Querétaro, Guanajuato, Michoacán, Jalisco, Colima, Aguascalientes, Zacatecas,
    # San Luis Potosí, Tabasco, Chiapas
    ("America/Mexico_City",): """
        33 55 56
        220 221 222 223 224 225 226 227 228 229 231 232 233 235 236 237 238
        241 243 244 245 246 247 248 249
        271 272 273 274 275 276 278 279 281 282 283 284 285 287 288 294 296 297
        312 313 314 315 316 317 321 322 326 328
        330 331 332 333 334 335 336 337 338 339 341 342 343 344 345 346 347 348 349
        351 352 353 354 355 356 357 358 359 371 372 373 374 375 376 377 378
        381 382 383 384 385 386 387 388 391 392 393 394 395
        411 412 413 414 415 417 418 419 421 422 423 424 425 426 427 428 429
        431 432 433 434 435 436 437 438 440 441 442 443 444 445 446 447 448 449
        450 451 452 453 454 455 456 457 458 459 461 462 463 464 465 466 467 468 469
        471 472 473 474 475 476 477 478 479 481 482 483 485 486 487 488 489
        492 493 494 495 496 498 499
        550 551 552 553 554 555 556 557 558 559 560 561 562 563 564 565 566 567 568 569
        588 591 592 593 594 595 596 597 599
        711 712 713 714 715 716 717 718 719 720 721 722 723 724 725 726 727 728 729
        731 732 733 734 735 736 737 738 739 741 742 743 744 745 746 747 748 749
        751 753 754 755 756 757 758 759 761 762 763 764 765 766 767 768 769
        770 771 772 773 774 775 776 777 778 779 781 782 783 784 785 786 789 791 797
        845 846 913 914 916 917 918 919 921 922 923 924 932 933 934 936 937
        951 953 954 958 960 961 962 963 964 965 966 967 968 971 972 992 993 994 995
    """,
    # Nuevo León, Coahuila, Durango and Tamaulipas, away from the border
    ("America/Monterrey",): """
        81 810 811 812 813 814 815 816 817 818 819 821 823 824 825 826 828 829
        831 832 833 834 835 836 841 842 844 861 864 866 869 870 871 872
        618 671 674 675 676 677
    """,
    # Yucatán and Campeche
    ("America/Merida",): "938 969 981 982 985 986 988 990 991 996 999",
    # Nuevo Laredo, Matamoros, Reynosa, Valle Hermoso, Río Bravo, Acuña, Piedras Negras: the time
    # of Texas
    ("America/Matamoros",): "867 868 877 878 894 897 899",
    # towns on the border and behind it: Allende and Nava, Anáhuac, Camargo, China
    ("America/Matamoros", "America/Monterrey"): "862 873 891 892",
    # Quintana Roo; 997 is Tekax in Yucatán and José María Morelos in Quintana Roo
    ("America/Cancun",): "983 984 987 998",
    ("America/Merida", "America/Cancun"): "997",
    # Chihuahua; Ciudad Juárez in the time of El Paso, Ojinaga in that of Presidio
    ("America/Chihuahua",): "614 621 625 627 628 629 635 639 648 649 652 659",
    ("America/Ciudad_Juarez",): "656",
    ("America/Chihuahua", "America/Ciudad_Juarez"): "636 657",
    ("America/Chihuahua", "America/Ojinaga"): "626",
    # Sonora
    ("America/Hermosillo",): "622 623 631 632 633 634 637 638 641 642 643 644 645 647 651 653 662",
    # Sinaloa, Baja California Sur, Nayarit
    ("America/Mazatlan",): """
        660 667 668 669 672 673 687 694 695 696 697 698
        612 613 615 624
        319 323 324 325 327 389
    """,
    # Tepic, and Bahía de Banderas in the time of Puerto Vallarta
    ("America/Mazatlan", "America/Bahia_Banderas"): "311",
    ("America/Bahia_Banderas",): "329",
    # Baja California
    ("America/Tijuana",): "616 646 658 661 663 664 665 686",
    # not geographic
    (
        "America/Tijuana",
        "America/Hermosillo",
        "America/Mexico_City",
        "America/Cancun",
    ): "200 201 300 500 800 888 900",
}
MEXICAN_CODES = list(
    chain.from_iterable(zip(codes.split(), repeat(zones)) for zones, codes in MEXICO.items())
)


def test_the_table_has_each_mexican_area_code_once() -> None:
    codes = [code for code, _ in MEXICAN_CODES]

    assert len(codes) == len(set(codes)) == 456 + len(("33", "55", "56", "81"))


@pytest.mark.parametrize(("code", "zones"), MEXICAN_CODES)
def test_a_mexican_area_code(code: str, zones: tuple[str, ...]) -> None:
    for subscriber in ("12345678", "76543210"):
        found = where(None, f"+52{code}{subscriber[: 10 - len(code)]}")

        assert found.country == "MX"
        assert clocks(found.phone_zones) == clocks(zones)


# ---- ranges of other countries, by hand

EASTERN = "America/New_York"
CENTRAL = "America/Chicago"
MOUNTAIN = "America/Denver"
PACIFIC = "America/Los_Angeles"
ARGENTINA = "America/Argentina/Buenos_Aires"
BOGOTA = "America/Bogota"
LIMA = "America/Lima"
CHILE = "America/Santiago"
MAGALLANES = "America/Punta_Arenas"
SAO_PAULO = "America/Sao_Paulo"
MANAUS = "America/Manaus"
MADRID = "Europe/Madrid"
CANARY = "Atlantic/Canary"
ECUADOR = "America/Guayaquil"
GALAPAGOS = "Pacific/Galapagos"
RANGES: list[tuple[str, str, tuple[str, ...]]] = [
    ("+12125550123", "US", (EASTERN,)),
    ("+13055550123", "US", (EASTERN,)),
    ("+14235550123", "US", (EASTERN, CENTRAL)),
    ("+17292340123", "US", (EASTERN, CENTRAL)),
    ("+12195550123", "US", (EASTERN, CENTRAL)),
    ("+12705550123", "US", (EASTERN, CENTRAL)),
    ("+13645550123", "US", (EASTERN, CENTRAL)),
    ("+19315550123", "US", (EASTERN, CENTRAL)),
    ("+18505550123", "US", (EASTERN, CENTRAL)),
    ("+14485550123", "US", (EASTERN, CENTRAL)),
    ("+18125550123", "US", (EASTERN, CENTRAL)),
    ("+19305550123", "US", (EASTERN, CENTRAL)),
    ("+15745550123", "US", (EASTERN, CENTRAL)),
    ("+19065550123", "US", (EASTERN, CENTRAL)),
    ("+13345550123", "US", (EASTERN, CENTRAL)),
    ("+16065550123", "US", (EASTERN, CENTRAL)),
    ("+13125550123", "US", (CENTRAL,)),
    ("+17135550123", "US", (CENTRAL,)),
    ("+19565550123", "US", (CENTRAL,)),
    ("+16055550123", "US", (CENTRAL, MOUNTAIN)),
    ("+17015550123", "US", (CENTRAL, MOUNTAIN)),
    ("+13085550123", "US", (CENTRAL, MOUNTAIN)),
    ("+17855550123", "US", (CENTRAL, MOUNTAIN)),
    ("+16205550123", "US", (CENTRAL, MOUNTAIN)),
    ("+14325550123", "US", (CENTRAL, MOUNTAIN)),
    ("+19155550123", "US", (CENTRAL, MOUNTAIN)),
    ("+13035550123", "US", (MOUNTAIN,)),
    ("+16025550123", "US", ("America/Phoenix",)),
    ("+19285550123", "US", ("America/Phoenix", MOUNTAIN)),
    ("+12085550123", "US", (MOUNTAIN, PACIFIC)),
    ("+19865550123", "US", (MOUNTAIN, PACIFIC)),
    ("+15415550123", "US", (MOUNTAIN, PACIFIC)),
    ("+14585550123", "US", (MOUNTAIN, PACIFIC)),
    ("+17755550123", "US", (MOUNTAIN, PACIFIC)),
    ("+14155552671", "US", (PACIFIC,)),
    ("+16195550123", "US", (PACIFIC,)),
    ("+19075550123", "US", ("America/Anchorage", "America/Adak")),
    ("+18085550123", "US", ("Pacific/Honolulu",)),
    ("+14165550123", "CA", ("America/Toronto",)),
    ("+16045550123", "CA", ("America/Vancouver",)),
    ("+12505550123", "CA", ("America/Vancouver", "America/Dawson_Creek", "America/Edmonton")),
    ("+17785550123", "CA", ("America/Vancouver", "America/Dawson_Creek", "America/Edmonton")),
    ("+12045550123", "CA", ("America/Winnipeg",)),
    ("+13065550123", "CA", ("America/Regina", "America/Edmonton")),
    ("+18075550123", "CA", ("America/Toronto", "America/Winnipeg", "America/Atikokan")),
    ("+14185550123", "CA", ("America/Toronto", "America/Halifax", "America/Blanc-Sablon")),
    ("+17095550123", "CA", ("America/St_Johns", "America/Goose_Bay")),
    ("+19025550123", "CA", ("America/Halifax",)),
    ("+573001234567", "CO", (BOGOTA,)),
    ("+576011234567", "CO", (BOGOTA,)),
    ("+576041234567", "CO", (BOGOTA,)),
    ("+56961234567", "CL", (CHILE, MAGALLANES)),
    ("+56912345678", "CL", (CHILE, MAGALLANES)),
    ("+56226123456", "CL", (CHILE,)),
    ("+56322612345", "CL", (CHILE,)),
    ("+56612212345", "CL", (MAGALLANES,)),
    ("+56672212345", "CL", ("America/Coyhaique",)),
    ("+56322100123", "CL", ("Pacific/Easter",)),
    ("+5491123456789", "AR", (ARGENTINA,)),
    ("+5493515123456", "AR", (ARGENTINA,)),
    ("+541145678901", "AR", (ARGENTINA,)),
    ("+51987654321", "PE", (LIMA,)),
    ("+5114567890", "PE", (LIMA,)),
    ("+5511987654321", "BR", (SAO_PAULO,)),
    ("+5521987654321", "BR", (SAO_PAULO,)),
    ("+5571987654321", "BR", ("America/Bahia",)),
    ("+5581987654321", "BR", ("America/Recife", "America/Noronha")),
    ("+5585987654321", "BR", ("America/Fortaleza",)),
    ("+5591987654321", "BR", ("America/Belem",)),
    ("+5593987654321", "BR", ("America/Santarem",)),
    ("+5592987654321", "BR", (MANAUS,)),
    ("+5597987654321", "BR", (MANAUS, "America/Eirunepe")),
    ("+5565987654321", "BR", ("America/Cuiaba",)),
    ("+5567987654321", "BR", ("America/Campo_Grande",)),
    ("+5568987654321", "BR", ("America/Rio_Branco",)),
    ("+5569987654321", "BR", ("America/Porto_Velho",)),
    ("+5595987654321", "BR", ("America/Boa_Vista",)),
    ("+593991234567", "EC", (ECUADOR, GALAPAGOS)),
    ("+59322123456", "EC", (ECUADOR,)),
    ("+59352521234", "EC", (ECUADOR, GALAPAGOS)),
    ("+34612345678", "ES", (MADRID, CANARY)),
    ("+34912345678", "ES", (MADRID,)),
    ("+34928123456", "ES", (CANARY,)),
    ("+34956512345", "ES", ("Africa/Ceuta",)),
    ("+50255123456", "GT", ("America/Guatemala",)),
    ("+50222123456", "GT", ("America/Guatemala",)),
    ("+50585123456", "NI", ("America/Managua",)),
    ("+50522123456", "NI", ("America/Managua",)),
    ("+18765551234", "JM", ("America/Jamaica",)),
    ("+16582345678", "JM", ("America/Jamaica",)),
]


@pytest.mark.parametrize(
    ("phone", "country", "zones"), RANGES, ids=lambda value: value if "+" in value else ""
)
def test_a_range_of_another_country(phone: str, country: str, zones: tuple[str, ...]) -> None:
    found = where(None, phone)

    assert found.country == country
    assert clocks(found.phone_zones) == clocks(zones)


# ---- the zone that a person states

MONTERREY = "+528112345678"
TOKYO = "Asia/Tokyo"
MEXICO_CITY = ("America/Mexico_City",)


@pytest.mark.parametrize(
    ("stated", "phone", "found"),
    [
        pytest.param(
            None, MONTERREY, Whereabouts("MX", MEXICO_CITY, "America/Mexico_City"), id="nothing"
        ),
        pytest.param(
            TOKYO, MONTERREY, Whereabouts("MX", MEXICO_CITY, TOKYO), id="abroad: for email only"
        ),
        pytest.param(
            "America/Tijuana",
            MONTERREY,
            Whereabouts("MX", ("America/Mexico_City", "America/Tijuana"), "America/Tijuana"),
            id="in the number's country: both",
        ),
        pytest.param(
            "Mexico/BajaNorte",
            MONTERREY,
            Whereabouts("MX", ("America/Mexico_City", "America/Tijuana"), "America/Tijuana"),
            id="by its old name",
        ),
        pytest.param(
            "Mexico/General",
            MONTERREY,
            Whereabouts("MX", MEXICO_CITY, "America/Mexico_City"),
            id="the same",
        ),
        pytest.param(
            " Asia/Calcutta ",
            MONTERREY,
            Whereabouts("MX", MEXICO_CITY, "Asia/Kolkata"),
            id="a link",
        ),
        pytest.param(
            "Marte", MONTERREY, Whereabouts("MX", MEXICO_CITY, "America/Mexico_City"), id="no zone"
        ),
        pytest.param(
            "US/Eastern",
            None,
            Whereabouts("MX", (EASTERN,), EASTERN),
            id="no phone: what is stated",
        ),
        pytest.param(
            "UTC", None, Whereabouts("MX", (BUSINESS,), BUSINESS), id="no phone, and no place"
        ),
        pytest.param(None, "", Whereabouts("MX", (BUSINESS,), BUSINESS), id="nothing known"),
        pytest.param(TOKYO, "nonsense", Whereabouts("ZZ", (), TOKYO), id="no number"),
    ],
)
def test_the_zone_that_a_person_states(
    stated: str | None, phone: str | None, found: Whereabouts
) -> None:
    assert where(stated, phone) == found


@pytest.mark.parametrize(
    "phone",
    ["+881612345678", "+88216123456789", "+8835100012345", "+870123456789", "+80012345678"],
)
def test_a_number_of_no_country_has_no_hours_for_calls(phone: str) -> None:
    assert where(None, phone) == Whereabouts("ZZ", (), BUSINESS)
    assert where("America/Monterrey", phone) == Whereabouts("ZZ", (), "America/Monterrey")


OFFSETS = (
    "UTC GMT GMT0 Zulu Universal Factory Etc/UTC Etc/GMT+6 Etc/Unknown "
    "localtime posixrules SystemV/EST5EDT"
)
ABBREVIATIONS = "EST5EDT CST6CDT MST7MDT PST8PDT EST MST HST CET EET MET WET"
GARBAGE = ["", ".", "..", "../../etc/passwd", "+02:00", "undefined", "null"]


@pytest.mark.parametrize("name", [*OFFSETS.split(), *ABBREVIATIONS.split(), *GARBAGE])
def test_a_name_without_a_place_is_ignored(name: str) -> None:
    assert not is_zone_of_people(name)
    assert where(name, MONTERREY) == where(None, MONTERREY)
    assert where(name, None) == where(None, None)


@pytest.mark.parametrize(
    "name",
    [
        "America/Monterrey",
        "America/Buenos_Aires",
        "Asia/Calcutta",
        "US/Eastern",
        "Mexico/General",
        "Cuba",
        "Japan",
    ],
)
def test_a_zone_of_people(name: str) -> None:
    assert is_zone_of_people(name)


@pytest.mark.parametrize(
    ("phone", "zones"),
    [
        pytest.param(
            "+79161234567",
            ("Europe/Kaliningrad", "Asia/Kamchatka"),
            id="Russia: three hours of a day",
        ),
        pytest.param(
            "+15005550006",
            (EASTERN, "Pacific/Honolulu"),
            id="a person's own number, anywhere in a country",
        ),
    ],
)
def test_a_wide_country_still_has_hours(phone: str, zones: tuple[str, ...]) -> None:
    found = where(zones[0], phone)

    assert set(zones) <= set(found.phone_zones)


APART = ("Europe/London", "Asia/Tokyo", "America/Los_Angeles")


def test_zones_that_never_share_an_hour_are_replaced_by_the_countrys() -> None:
    assert _sharing_an_hour(APART, "CO") == (BOGOTA,)
    assert _sharing_an_hour(APART, "XK") == (), "nor does the country have any"


@given(st.sampled_from(sorted(available_timezones())) | st.text(max_size=30))
def test_a_zone_outside_the_country_changes_nothing_for_calls(stated: str) -> None:
    found = where(stated, "+573001234567")

    assert clocks(found.phone_zones) == clocks((BOGOTA,))


def test_whereabouts_are_stored_as_json() -> None:
    class Stored(BaseModel):
        where: Whereabouts

    stored = Stored(where=where("America/Tijuana", MONTERREY))

    assert Stored.model_validate_json(stored.model_dump_json()) == stored


KATHMANDU = "Asia/Kathmandu"  # UTC+5:45
DHAKA = "Asia/Dhaka"  # UTC+6
PANAMA = "America/Panama"  # UTC-5
PHOENIX = "America/Phoenix"  # UTC-7


def test_a_quarter_of_an_hour_in_which_all_are_awake_is_enough() -> None:
    """At a quarter to nine in the evening in Kathmandu it is eight in the morning in Phoenix."""
    together = (KATHMANDU, PANAMA, PHOENIX)

    assert _sharing_an_hour(together, "NP") == together
    assert _sharing_an_hour((DHAKA, PANAMA, PHOENIX), "NP") == (KATHMANDU,)
    assert _sharing_an_hour((DHAKA, PANAMA, PHOENIX), "ZZ") == ()
