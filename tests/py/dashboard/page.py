"""A page without a browser, as somebody reads it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

OpenPage = Callable[[], "AppTest"]

BADGE = re.compile(r":\w+-badge\[:material/\w+: (.*)\]")


def badges(page: AppTest) -> list[str]:
    """What the badges say."""
    return [found[1] for text in page.markdown if (found := BADGE.fullmatch(text.value))]


def badge(page: AppTest) -> str:
    """What the only badge says."""
    (only,) = badges(page)
    return only


def headline(page: AppTest, label: str) -> str:
    """The number above the charts."""
    (found,) = [metric for metric in page.metric if metric.label.split(" :gray")[0] == label]
    return str(found.value)


def go_to(page: AppTest, view: str) -> None:
    """Another view; it must not break."""
    page.segmented_control(key="view").set_value(view).run()
    assert not page.exception, page.exception


def texts(page: AppTest) -> str:
    """All that the page says in words, in its boxes and beside its charts."""
    kinds = (page.markdown, page.caption, page.info, page.warning, page.error)
    return "\n".join(element.value for kind in kinds for element in kind)
