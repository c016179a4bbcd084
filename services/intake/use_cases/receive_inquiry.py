"""Makes a lead of somebody who wrote first."""

from contracts.events.lead import Door, LeadCard
from contracts.events.submission import InquiryReceived
from domain.text import storable
from services.intake.decisions.persons import Submission
from services.intake.decisions.submissions import as_sent, content_of
from services.intake.use_cases.accept_submissions import Received, Sent

SOURCES = {"whatsapp": "WhatsApp", "sms": "SMS"}


def read_inquiry(event: InquiryReceived) -> Received:
    """Returns the submission of their message. A repeat of the message has the same external id.

    None is held: they wrote from a number of their own, and nothing goes to any other address.
    """
    source = str(event.channel)
    card = LeadCard(
        name=storable(" ".join(event.name.split())),
        phone=event.phone,
        source=SOURCES.get(source, source),
        attribution=event.attribution,
    )
    fields = {"nombre": event.name, "telefono": event.phone, "mensaje": event.text}
    submission = Submission(
        card=card,
        content=content_of(source, fields, event.message_id),
        source=source,
        external_id=event.message_id,
        door=Door.MESSAGE,
        first_message=event.text,
    )
    return Received(
        submission,
        remote_address="",
        user_agent="",
        received_at=event.received_at,
        sent=Sent(fields=as_sent(fields)),
    )
