"""What every answer to a browser carries."""

# The page needs nothing from elsewhere, and nobody may put it, or anything into it, anywhere.
HEADERS = {
    "Cache-Control": "public, max-age=5",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
