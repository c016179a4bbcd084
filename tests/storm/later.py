"""What the generator can do and does not yet, because the product does not keep the promise yet."""

LATER = {
    "refusal": "A person who writes that they are not interested is still followed up.",
    "wish": "A wish about when or how to be contacted does not pause the follow-up.",
}
