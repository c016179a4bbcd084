"""Makes the touches: email, call, WhatsApp, SMS; hears Twilio and Brevo."""
