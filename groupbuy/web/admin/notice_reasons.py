"""Why a notice has not left, in the reader's language."""

from collections.abc import Mapping

from groupbuy.notices import sending, wechat
from groupbuy.web.kit.i18n import lazy_gettext as _l

# What the senders and gateways say begins with one of these; what WeChat itself says behind it stays.
_WORDS: Mapping[str, object] = {
    sending.QUIET: _l("It waits for the end of the quiet hours"),
    sending.NO_ADDRESS: _l("There is no address any more"),
    sending.IN_DOUBT: _l("It may have arrived: the process that sent it ended on the way"),
    "it may have arrived": _l("It may have arrived"),
    wechat.NO_TEMPLATE: _l(
        "No WeChat template is named for this notice; name it under its text, then send it again"
    ),
    "WeChat answered": _l("WeChat answered"),
    "WeChat cannot be reached": _l("WeChat cannot be reached"),
    "WeChat did not answer": _l("WeChat did not answer"),
    "WeChat gave no token": _l("WeChat gave no token"),
}


def reason_of(error: str) -> str:
    """Return the words for an error as it was noted, such as ``Refused: quiet hours``; others as they are."""
    kind, colon, said = error.partition(": ")
    said = said if colon and kind.isidentifier() else error
    for start, words in _WORDS.items():
        if said.startswith(start):
            return f"{words}{said[len(start) :]}"
    return error
