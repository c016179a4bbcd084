"""Opens the clients of Twilio and Brevo."""

from providers.brevo.client import BrevoClient
from providers.twilio.client import TwilioClient
from services.notify.settings import Settings


def open_twilio(settings: Settings) -> TwilioClient:
    """Returns a client with the settings. The caller closes it."""
    return TwilioClient(
        account_sid=settings.twilio.account_sid,
        auth_token=settings.twilio.auth_token.get_secret_value(),
        base_url=settings.twilio.base_url,
        timeout=settings.provider_timeout,
    )


def open_brevo(settings: Settings) -> BrevoClient:
    """Returns a client with the settings. The caller closes it."""
    return BrevoClient(
        api_key=settings.brevo.api_key.get_secret_value(),
        base_url=settings.brevo.base_url,
        sender_email=settings.brevo.sender_email,
        sender_name=settings.brevo.sender_name or settings.business_name,
        timeout=settings.provider_timeout,
    )
