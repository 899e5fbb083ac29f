"""The page that people look at: HTML made once per change, and its few static files."""

from statusapi.page.html import problem, routes

__all__ = ["problem", "routes"]
