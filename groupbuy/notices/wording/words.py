"""What a notice says in one language."""

from dataclasses import dataclass

from groupbuy.notices.rules import SMS, WECHAT

ROUND_TIME = "thing1={round}\ntime2={closes}"


@dataclass(frozen=True, slots=True)
class Words:
    """A subject and a body for page and mail, a short text for phones, and the fields of WeChat."""

    subject: str
    body: str
    short: str
    fields: str

    def of(self, channel: str) -> tuple[str, str]:
        """Return subject and body for a channel; WeChat's template has to be named by the operator."""
        if channel == SMS:
            return "", self.short
        if channel == WECHAT:
            return "", self.fields
        return self.subject, self.body
