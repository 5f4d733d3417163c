"""Languages of the two editions as HTML names them, and addresses below the site's own."""

from __future__ import annotations

SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
XHTML = "http://www.w3.org/1999/xhtml"
HTML_LANG = {"zh": "zh-Hans", "en": "en"}


def with_slash(site_url: str) -> str:
    """Return an address that others can be appended to.

    >>> with_slash("https://example.org/notes"), with_slash("")
    ('https://example.org/notes/', '')
    """
    return site_url if site_url.endswith("/") or not site_url else site_url + "/"
