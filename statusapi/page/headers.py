"""What every answer to a browser carries."""

from collections.abc import Sequence


def headers(frame_ancestors: Sequence[str] = ()) -> dict[str, str]:
    """The page needs nothing from elsewhere, and nobody may put it, or anything into it, anywhere but there."""
    framers = " ".join(frame_ancestors) or "'none'"
    return {
        "Cache-Control": "public, max-age=5",
        "Content-Security-Policy": (
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
            f"base-uri 'none'; form-action 'self'; frame-ancestors {framers}"
        ),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


HEADERS = headers()
