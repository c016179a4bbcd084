"""The labels of channels, states, reasons and steps that pages show. They are msgids."""

import re
from collections.abc import Callable

from services.console.decisions.messages import gettext_noop as _

CHANNELS = {
    "email": _("Email"),
    "call": _("Call"),
    "whatsapp": "WhatsApp",
    "sms": "SMS",
    "voice": _("Voice"),  # the texts that a call speaks
}
PROVIDERS = {
    "kommo": "Kommo",
    "brevo": "Brevo",
    "twilio": "Twilio",  # from older versions, and in the reasons of its client
    "twilio_calls": _("Twilio (calls)"),
    "twilio_whatsapp": "Twilio (WhatsApp)",
    "twilio_sms": "Twilio (SMS)",
    "calcom": "Cal.com",
}
STATES = {
    "waiting": _("Waiting"),
    "reached": _("Reached"),
    "booked": _("Meeting booked"),
    "met": _("Meeting held"),
    "stopped": _("Stopped"),
    "paused": _("Paused"),
    "finished": _("No response"),
    "erased": _("Erased"),
}
# commands that their owner has not carried out yet: about a lead, and about outbound
PENDING = {
    "pausing": _("Pausing…"),
    "resuming": _("Resuming…"),
    "stopping": _("Stopping all contact…"),
    "restoring": _("Taking the stop back…"),
    "erasing": _("Erasing data…"),
    "pause": _("Pausing all outbound…"),
    "resume": _("Resuming outbound…"),
}
OWNERS = {
    "ours": _("ours"),
    "provider": _("the provider's"),
    "window": _("by contact hours"),
    "held": _("held"),
    "person": _("the person's"),
}
STAGES = {
    "received": _("Received"),
    "accepted": _("Stored"),
    "registered": "Kommo",
    "dialled": _("Dialled"),
    "answered": _("Answered"),
    "unanswered": _("Did not answer"),
    "fallback_sent": _("Message sent"),
    "delivered": _("Delivered"),
    "booked": _("Booked"),
}
REASONS = {
    "opted_out": _("opted out"),
    "no_address": _("address not given"),
    "bad_address": _("the address does not exist"),
    "doubtful_address": _("the last emails to it bounced"),
    "booked": _("already has a meeting"),
    "booked_elsewhere": _("already has a meeting under another lead"),
    "not_booked": _("the meeting was rescheduled or cancelled"),
    "closed": _("closed in Kommo"),
    "too_late": _("too late for this step"),
    "overtaken": _("the next step was due already"),
    "called_today": _("the number was called today already"),  # from older versions
    "abroad": _("number of another country"),
    "unusable_number": _("the number cannot be called or written to"),
    "no_hours": _("no contact hours for this number"),
    "weekly_limit": _("already contacted this week on another channel"),
    "daily_limit": _("already contacted today"),
    "hours": _("outside the contact hours"),
    "number_unknown": _("number of an unknown range"),
    "capped": _("a cap was reached"),
    # why a submission is held
    "honeypot": _("a field that people do not see is filled in"),
    "link_in_name": _("a link or code in the name"),
    "disposable_email": _("a disposable email address"),
    "many_names": _("many names from one visitor in a short time"),
    "over_limit": _("more submissions than the limit"),
    "test": _("a test lead"),
    "operator": _("decided by an operator"),
    "key_unheard": _("unknown whether it was requested during the call"),
    "not_asked": _("not requested during the call"),
    "reached": _("they have answered already"),
    "paused": _("outbound is paused"),
    "provider_unavailable": _("the provider is unavailable"),
    "misconfigured": _("our sender or template must be corrected; it is tried again"),
    "paced": _("calls leave one after another; its turn comes"),
    "budget_spent": _("the spending cap of the day was reached"),
    "voicemail": _("voicemail"),
    "busy": _("busy"),
    "no_answer": _("rang without an answer"),
    "failed": _("could not be connected"),
    "hung_up": _("hung up"),
    "fax": _("a fax answered"),
    "unsure": _("unknown whether a person or a machine answered"),
    "misheard": _("answered, and what they said was not understood"),
    "reply": _("replied to stop"),
    "key": _("asked for no more calls, during a call"),
    "wrong_number": _("wrong number"),
    "no_interest": _("not interested"),
    "unsubscribed": _("unsubscribed by email"),
    "won": _("won"),
    "lost": _("lost"),
    "deleted": _("deleted"),
    "taken_over": _("taken over by a person"),
    "erased": _("the data were erased"),
    "superseded": _("continues in another lead"),
    "added_address_stopped": _("opted out at an address added later; the follow-up is paused"),
    # what a reply asks for
    "wish": _("wants to be contacted in another way or at another time"),
    "not_now": _("cannot now"),
    "wants_call": _("wants a call"),
    "call_back": _("wants to be called at another hour"),
    "wants_link": _("wants the link"),
    "meeting_change": _("wants to reschedule or cancel the meeting"),
    "question": _("expects an answer"),
    "thanks": _("thanks"),
    "automatic": _("automatic answer"),
    "review": _("somebody must read it"),
    "other": _("wrote"),
    "stop": _("asks to stop"),
    "opt_in": _("wants to be contacted again"),
}
# what says how a lead came; any other name is shown as it is
ATTRIBUTION = {
    "platform": _("Platform"),
    "campaign_id": _("Campaign (id)"),
    "campaign_name": _("Campaign"),
    "adset_id": _("Ad set (id)"),
    "adset_name": _("Ad set"),
    "ad_id": _("Ad (id)"),
    "ad_name": _("Ad"),
    "form_id": _("Form (id)"),
    "form_name": _("Form"),
    "page": _("Page"),
}
# the sources that come along; a form with an address of its own is shown by its name
SOURCES = {
    "form": _("Form without a key"),
    "meta": _("Meta (Facebook and Instagram)"),
    "google": "Google Ads",
    "tiktok": "TikTok",
    "typeform": "Typeform",
    "tally": "Tally",
    "webflow": "Webflow",
    "whatsapp": "WhatsApp",
    "file": _("File"),
}
# the variables that connect a source
SOURCE_SETTINGS = {
    "meta": "META_APP_SECRET, META_VERIFY_TOKEN, META_PAGE_TOKEN, META_PAGE_ID",
    "google": "GOOGLE_LEAD_KEY",
    "tiktok": "TIKTOK_APP_SECRET",
    "typeform": "TYPEFORM_SECRET",
    "tally": "TALLY_SECRET",
    "webflow": "WEBFLOW_SECRET",
}
DELIVERY_STATES = {
    "received": _("in process"),
    "done": _("processed"),
    "failed": _("could not be processed"),
    "refused": _("refused"),
}
DELIVERY_TONES = {"received": "doubt", "done": "good", "failed": "bad", "refused": "bad"}
# what came of a delivery, or of a line of a file
OUTCOMES = {
    "new": _("new lead"),
    "joined": _("joined a lead that was there"),
    "repeated": _("repeated"),
    "held": _("held for review"),
    "refused": _("without a usable phone or email"),
    "waiting": _("waiting"),
    "failed": _("could not be processed"),
    "nothing": _("names no person"),
    "discarded": _("discarded"),
    "bad_email": _("the email is not valid"),
    "bad_phone": _("the phone is not valid"),
    "unusable_phone": _("the number cannot be called or written to"),
    "missing_contact": _("without a phone or an email"),
    "bad_json": _("it cannot be read: no valid JSON"),
    "not_object": _("it cannot be read: not the fields of a form"),
    "bad_form": _("it cannot be read: not a form"),
    "too_large": _("it is too large"),
    "the proof of origin is missing or wrong": _("it does not prove who sent it"),
    "no usable phone and no usable email": _("without a usable phone or email"),
    "its body is not kept any more": _("what was sent is not kept any more"),
}
CARD_FIELDS = {
    "": _("keep as it is"),
    "name": _("Full name"),
    "first_name": _("First name"),
    "middle_name": _("Middle name"),
    "last_name": _("Last name"),
    "second_last_name": _("Second last name"),
    "email": _("Email"),
    "phone": _("Phone"),
    "country_code": _("Country code of the phone"),
    "area_code": _("Area code of the phone"),
    "company": _("Company"),
    "service": _("Service"),
    "source": _("Source"),
    "time_zone": _("Time zone"),
    "consent": _("Consent"),
}
# why intake does not read a file
FILE_PROBLEMS = {
    "a workbook: save it as CSV": _("This is a workbook. Save it as CSV, and try again."),
    "no line below the names of the columns": _("The file has no line of a person."),
    "too many lines: split the file": _("The file has too many lines. Split it."),
    "not a CSV file": _("This is no CSV file."),
}
# what happens with the leads of a file
JOURNEYS = {
    "current": _("Contact them: they begin the journey"),
    "none": _("Keep them only: they are never contacted automatically"),
}
# stops that an operator may take back: what rules read in a reply, or an operator said
TAKEN_BACK = ("reply", "key", "wrong_number", "no_interest", "operator")
# reasons that mean something else for one event
OWN_REASONS = {
    ("touch.deferred", "paused"): _("the follow-up is paused"),
}
# why a call was late, in the past tense
CAUSES = REASONS | {
    "ours": _("our own time"),
    "paused": _("outbound was paused"),
    "provider_unavailable": _("the provider was unavailable"),
}
# the steps of the journey that is shipped; a step of one's own is shown by its own name
STEPS = {
    "welcome_email": _("Welcome email"),
    "welcome_call": _("Welcome call"),
    "call_back": _("Call at the hour they chose"),
    "first_message": _("Answer to the first message"),
    "confirmation": _("Confirmation"),
    "confirmation_email": _("Confirmation email"),
    "reminder": _("Reminder"),
    "cancellation": _("Cancellation email"),
    "no_show": _("Missed meeting"),
    "after_meeting": _("After the meeting"),
    "booking_link": _("Booking link"),
    "already_booked": _("Notice of an existing meeting"),
}
DAY_STEP = re.compile(r"day_(\d+)")
DAY = _("Day {number}")
ATTEMPT_STEP = re.compile(r"(\w{1,60})_(\d)")
ATTEMPT = _("{step}, attempt {number}")


def step_name(step: str, gettext: Callable[[str], str]) -> str:
    """Returns the name of a step in the language of `gettext`."""
    if day := DAY_STEP.fullmatch(step):
        return gettext(DAY).format(number=day[1])
    if (again := ATTEMPT_STEP.fullmatch(step)) and again[1] in STEPS:
        return gettext(ATTEMPT).format(step=gettext(STEPS[again[1]]), number=again[2])
    return gettext(STEPS[step]) if step in STEPS else step
