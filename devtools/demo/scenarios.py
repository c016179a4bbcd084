"""The scenarios of the demonstration: people, their actions, and the expected end."""

from dataclasses import dataclass, field
from typing import Literal

FORM = {"servicio": "Implementación IA", "fuente": "Demostración"}


@dataclass(frozen=True)
class Action:
    """A person's action in the calendar once `when` is in the audit log.

    `start` is the meeting's start in seconds from then.
    """

    when: str
    does: Literal["book", "move", "cancel"]
    start: float = 0.0


@dataclass(frozen=True)
class Scenario:
    """One person, and the actions that the audit log must have in the end.

    Exactly `touches` must be sent, in this sequence, and `emails` may come in between.
    `also` are further actions that must be in the audit log, and `never` those that must not.
    With a `door` they come by a platform, whose answer does not tell the lead's id.
    """

    name: str
    fate: str
    touches: tuple[str, ...]
    emails: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    acts: tuple[Action, ...] = ()
    digits: str = ""
    email: str = ""
    encoding: Literal["json", "form", "multipart"] = "json"
    fault: dict[str, str] = field(default_factory=dict)
    door: str = ""

    @property
    def form(self) -> dict[str, str]:
        if self.door == "whatsapp":
            return {"nombre": self.name, "telefono": f"551234{self.digits}"}
        first = self.name.split()[0].lower()
        form = {
            "nombre": self.name,
            "email": self.email or f"{first}.{self.digits}@example.com",
            **FORM,
        }
        return form | ({"telefono": f"551234{self.digits}"} if self.digits else {})


WELCOME = ("welcome_email email",)
CALL = "welcome_call call"
MESSAGE = "welcome_call whatsapp"
MAILS = (*WELCOME, "day_6 email", "day_9 email")
CONFIRMED = (*WELCOME, "confirmation_email email")
# by then the confirmation on the other channel has been sent as well
CONFIRMATION = "confirmation_email email touch.delivered"
MET = (*CONFIRMED, "after_meeting email")
FINISHED = ("cadence.finished",)
FOLLOWED_UP = ("day_3 whatsapp", "day_12 whatsapp")

SCENARIOS = (
    Scenario(
        "Carla Díaz",
        "never answers: all four follow-ups",
        digits="0020",
        touches=(CALL, MESSAGE, *FOLLOWED_UP),
        emails=MAILS,
        also=("call.unanswered", *FINISHED),
        encoding="multipart",
    ),
    Scenario(
        "Elena Cruz",
        "gets a voicemail, and books after the third day",
        digits="0040",
        touches=(CALL, MESSAGE, "day_3 whatsapp", "confirmation whatsapp", "reminder whatsapp"),
        emails=MET,
        also=("call.unanswered", "lead.booked", "meeting.ended"),
        never=FINISHED,
        acts=(Action("day_3 whatsapp touch.sent", "book", start=8),),
    ),
    Scenario(
        "Memo Gil",
        "presses 1, books, and moves the meeting",
        digits="0010",
        touches=(
            CALL,
            "booking_link whatsapp",
            "confirmation whatsapp",
            "confirmation whatsapp",
            "reminder whatsapp",
        ),
        emails=(*CONFIRMED, "confirmation_email email", "after_meeting email"),
        also=(
            "call.answered",
            "reply.received",
            "lead.booked",
            "booking.rescheduled",
            "meeting.ended",
        ),
        never=FINISHED,
        acts=(
            Action("booking_link whatsapp touch.sent", "book", start=60),
            Action(CONFIRMATION, "move", start=9),
        ),
        encoding="form",
    ),
    Scenario(
        "Nora Vidal",
        "books, then cancels: the follow-up goes on",
        digits="0000",
        touches=(CALL, "confirmation whatsapp", *FOLLOWED_UP),
        emails=(*CONFIRMED, "cancellation email", "day_6 email", "day_9 email"),
        also=("call.answered", "lead.booked", "booking.cancelled", *FINISHED),
        never=("meeting.ended",),
        acts=(
            Action("welcome_email email touch.delivered", "book", start=60),
            Action(CONFIRMATION, "cancel"),
        ),
    ),
    Scenario(
        "Fer Soto",
        "answers BAJA: nothing more",
        digits="0025",
        touches=(CALL, MESSAGE),
        emails=WELCOME,
        also=("call.unanswered", "lead.opted_out"),
        never=FINISHED,
    ),
    Scenario(
        "Diego Luna",
        "is on the phone and has no WhatsApp: SMS every time",
        digits="0031",
        touches=(
            CALL,
            MESSAGE,
            "welcome_call sms",
            "day_3 whatsapp",
            "day_3 sms",
            "day_12 whatsapp",
            "day_12 sms",
        ),
        emails=MAILS,
        also=("call.unanswered", "welcome_call whatsapp touch.failed", *FINISHED),
    ),
    Scenario(
        "Hugo Paz",
        "has a number that Twilio refuses: by email only",
        digits="0090",
        touches=(),
        emails=MAILS,
        also=("welcome_call call touch.failed", "day_3 whatsapp touch.skipped", *FINISHED),
    ),
    Scenario(
        "Gabi Mora",
        "left no phone, and the mailbox bounces: nothing is left to try",
        email="bounce.gabi@example.com",
        touches=(),
        emails=WELCOME,
        also=(
            "welcome_call call touch.skipped",
            "welcome_email email touch.failed",
            "day_6 email touch.skipped",
        ),
    ),
    Scenario(
        "Iris Vega",
        "Twilio accepts the call but its answer is lost: checked, not repeated",
        digits="0050",
        touches=(CALL, MESSAGE, *FOLLOWED_UP),
        emails=MAILS,
        also=("welcome_call call touch.uncertain", "call.unanswered", *FINISHED),
        fault={"provider": "twilio", "kind": "lose", "method": "POST", "path": "/Calls.json"},
    ),
)


def _by(door: str, name: str, fate: str, digits: str) -> Scenario:
    """Returns somebody who comes by a platform's form, listens to the call and never books."""
    return Scenario(
        name,
        fate,
        digits=digits,
        touches=(CALL, *FOLLOWED_UP),
        emails=MAILS,
        also=("call.answered", *FINISHED),
        door=door,
    )


DOORS = (
    _by("facebook", "Lucía Peña", "fills in a form on Facebook", "1001"),
    _by("instagram", "Iván Soto", "fills in a form on Instagram", "1002"),
    _by("google", "Sofía Treviño", "fills in a form of Google Ads", "1003"),
    _by("tiktok", "Beto Núñez", "fills in a form on TikTok", "1004"),
    _by("typeform", "Rosa Ibarra", "answers a Typeform", "1005"),
    _by("tally", "Raúl Garza", "answers a Tally", "1006"),
    _by("webflow", "Jorge Cantú", "fills in a form made with Webflow", "1007"),
    Scenario(
        "Paty Ríos",
        "writes from a WhatsApp ad: answered there, without a call",
        digits="1008",
        touches=("first_message whatsapp", *FOLLOWED_UP),
        also=FINISHED,
        never=("welcome_call call touch.sent",),
        door="whatsapp",
    ),
)
