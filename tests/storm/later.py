"""What the generator can do and does not yet, because the product does not keep the promise yet."""

LATER = {
    "soft_bounce": "A third soft bounce does not make an address doubtful.",
}
