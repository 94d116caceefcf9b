"""Follow every internal link of the built site: python docs/check_links.py docs/_build

Sphinx checks the links it makes itself; this also sees those that are written as HTML, and those
of pages that it copies.
"""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """What a page links to, and the places in it that links can lead to."""

    def __init__(self, path):
        super().__init__()
        self.links, self.places = [], {"", "top"}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.links += [attrs[name] for name in ("href", "src") if attrs.get(name)]
        self.places |= {attrs[name] for name in ("id", "name") if attrs.get(name)}


def broken(site):
    """Every (page, link) that leads nowhere."""
    pages = {path: Page(path) for path in site.rglob("*.html") if "_static" not in path.parts}
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            place = unquote(parts.fragment)
            # What follows #/ or has a = is for the page's own script.
            for_script = "=" in place or place.startswith("/")
            # The sources are beside the site, but not where it is put.
            in_site = target.exists() and target.is_relative_to(site)
            if not in_site or (
                target in pages and not for_script and place not in pages[target].places
            ):
                yield path.relative_to(site), link
    if not pages:
        raise SystemExit(f"{site} has no page: build the site first.")


if __name__ == "__main__":
    found = [f"{page}: {link}" for page, link in broken(Path(sys.argv[1]).resolve())]
    sys.exit("\n".join(found) or 0)
