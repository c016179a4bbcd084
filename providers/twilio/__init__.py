"""Twilio, which places our calls and carries WhatsApp and SMS."""
