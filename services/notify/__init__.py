"""Makes the touches: email, call, WhatsApp, SMS. Receives the webhooks of Twilio and Brevo."""
