"""What the generator can do and does not yet, and why: the product cannot keep the promise yet."""

LATER = {
    "group": "A booking with several seats is not yet one appointment for each attendee.",
    "series": "A recurring booking is not yet one meeting for each occurrence.",
    "free_reply": "A reply with a wish about when or how does not yet pause the follow-up.",
    "soft_bounce": "A third soft bounce does not yet make an address doubtful.",
    "merge": "A contact merged in Kommo is not yet followed to the contact that stays.",
    "token_revoked": "A token revoked while it is renewed is not simulated yet.",
    "other_source": "There is no other source than the form yet.",
    "advisor": "Leads have no responsible person yet.",
}
