"""Draw the icons of home screens that take no SVG, to the edge because phones round them themselves."""

import re
from pathlib import Path

from playwright.sync_api import sync_playwright

IMAGES = Path(__file__).resolve().parents[1] / "groupbuy" / "static" / "img"
# Of an iPhone's home screen, and the two that Android asks for.
SIDES = (180, 192, 512)


def main() -> None:
    """Draw ``icon.svg`` in each size."""
    picture = re.sub(r' rx="7"', "", (IMAGES / "icon.svg").read_text(), count=1)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for side in SIDES:
            page = browser.new_page(viewport={"width": side, "height": side})
            page.set_content(f"<style>body{{margin:0}}svg{{display:block}}</style>{picture}")
            page.screenshot(path=IMAGES / f"icon-{side}.png")
        browser.close()


if __name__ == "__main__":
    main()
