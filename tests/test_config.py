"""Settings: safe defaults, and a wrong or unknown key fails with what to do."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.config import DEFAULTS, ConfigError, load_settings


def test_an_empty_environment_gives_the_embedded_platform() -> None:
    settings = load_settings({})
    assert settings.embedded
    assert settings.database_url == f"sqlite:///{Path.cwd() / 'instance' / 'groupbuy.db'}"
    assert str(settings.timezone) == "Asia/Shanghai"
    assert (settings.secret_key, settings.smtp_url, settings.insecure_http) == (None, None, False)
    assert settings.rate_limits
    assert settings.order_timeout_minutes == 15


def test_an_empty_value_is_the_default() -> None:
    assert load_settings({f"GROUPBUY_{key}": "" for key in DEFAULTS}) == load_settings({})


def test_the_embedded_database_lies_in_the_instance_folder(tmp_path: Path) -> None:
    settings = load_settings({"GROUPBUY_INSTANCE": str(tmp_path)})
    assert settings.instance == tmp_path
    assert settings.database_url == f"sqlite:///{tmp_path}/groupbuy.db"


@pytest.mark.parametrize("url", ["sqlite:////srv/g.db", "postgresql://h/d", "postgresql+psycopg://h/d"])
def test_a_database_of_ours_is_taken_as_given(url: str) -> None:
    assert load_settings({"GROUPBUY_DATABASE_URL": url}).database_url == url


def test_the_old_name_of_postgresql_is_understood() -> None:
    settings = load_settings({"GROUPBUY_DATABASE_URL": "postgres://u:postgres@h/d"})
    assert settings.database_url == "postgresql://u:postgres@h/d"
    assert not settings.embedded


def test_keys_of_others_are_left_alone() -> None:
    assert load_settings({"PATH": "/bin", "GROUPBUY_PASSWORD": "secret"}) == load_settings({})


def test_a_misspelt_key_names_the_right_one() -> None:
    with pytest.raises(ConfigError, match="did you mean GROUPBUY_DATABASE_URL"):
        load_settings({"GROUPBUY_DATABSE_URL": "sqlite:///x.db"})


def test_an_unknown_key_lists_the_known() -> None:
    with pytest.raises(ConfigError, match="known are GROUPBUY_ALIPAY_APP_ID"):
        load_settings({"GROUPBUY_XYZZYXQ": "1"})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("DATABASE_URL", "mysql://u:hunter2@h/d"),
        ("DATABASE_URL", "groupbuy.db"),
        ("DATABASE_URL", "postgresql:"),
        ("SECRET_KEY", "too short"),
        ("TIMEZONE", "Peking"),
        ("TIMEZONE", "Asia"),
        ("TIMEZONE", "../../etc/passwd"),
        ("TIMEZONE", "x" * 300),
        ("SMTP_URL", "http://mail"),
        ("SMTP_URL", "smtp://"),
        ("SMTP_URL", "smtp://[::1"),
        ("SMTP_URL", "smtp://mail:port"),
        ("INSECURE_HTTP", "perhaps"),
        ("RATE_LIMITS", "2"),
        ("LOG_FORMAT", "xml"),
        ("LOG_LEVEL", "loud"),
        ("TRUSTED_PROXIES", "-1"),
        ("TRUSTED_PROXIES", "²"),
        ("ORDER_TIMEOUT_MINUTES", "1.5"),
        ("ORDER_TIMEOUT_MINUTES", "9" * 5000),
        ("INSTANCE", "~nobody-of-that-name/data"),
    ],
)
def test_a_wrong_value_names_its_key(key: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"GROUPBUY_{key}"):
        load_settings({f"GROUPBUY_{key}": value})


@pytest.mark.parametrize("key", ["DATABASE_URL", "SECRET_KEY", "SMTP_URL"])
@pytest.mark.check(52)
def test_a_failure_never_shows_a_secret(key: str) -> None:
    with pytest.raises(ConfigError) as failure:
        load_settings({f"GROUPBUY_{key}": "ftp://u:hunter2@h"})
    assert "hunter2" not in str(failure.value)


@pytest.mark.parametrize(("text", "meant"), [("1", True), ("On", True), ("FALSE", False), ("0", False)])
def test_switches_are_read_in_any_case(text: str, meant: bool) -> None:
    assert load_settings({"GROUPBUY_INSECURE_HTTP": text}).insecure_http is meant


def test_the_rest_is_taken_as_given() -> None:
    settings = load_settings(
        {
            "GROUPBUY_BASE_URL": "https://tuan.example/",
            "GROUPBUY_SMTP_URL": "smtps://u:p@mail.example:465",
            "GROUPBUY_LOG_LEVEL": "DEBUG",
            "GROUPBUY_TRUSTED_PROXIES": "2",
        }
    )
    assert settings.base_url == "https://tuan.example"
    assert settings.smtp_url == "smtps://u:p@mail.example:465"
    assert (settings.log_level, settings.trusted_proxies) == ("debug", 2)


@given(st.sampled_from(sorted(DEFAULTS)), st.text(st.characters(exclude_characters="\0")))
def test_no_value_fails_in_another_way(key: str, value: str) -> None:
    try:
        load_settings({f"GROUPBUY_{key}": value})
    except ConfigError:
        return


PAYING = {
    "GROUPBUY_BASE_URL": "https://shop.example",
    "GROUPBUY_WECHAT_PAY_MERCHANT": "1900000001",
    "GROUPBUY_WECHAT_PAY_APP_ID": "wx1",
    "GROUPBUY_WECHAT_PAY_SERIAL": "5F",
    "GROUPBUY_WECHAT_PAY_APIV3_KEY": "k" * 32,
}


def test_payments_are_off_until_a_channel_is_set_up(tmp_path: Path) -> None:
    assert load_settings({}).wechat_pay is None
    assert load_settings({}).alipay is None
    key = tmp_path / "key.pem"
    key.write_text("-----BEGIN PRIVATE KEY-----")
    settings = load_settings(PAYING | {"GROUPBUY_WECHAT_PAY_KEY_FILE": str(key)})
    assert settings.wechat_pay is not None
    assert settings.wechat_pay.app_id == "wx1"
    assert "k" * 32 not in repr(settings)
    assert "BEGIN" not in repr(settings)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({}, "also set GROUPBUY_WECHAT_PAY_KEY_FILE"),
        ({"WECHAT_PAY_KEY_FILE": "/no/such/file"}, "no file that can be read"),
        ({"WECHAT_PAY_KEY_FILE": "TEXT"}, "no key in PEM"),
        ({"WECHAT_PAY_KEY_FILE": "KEY", "WECHAT_PAY_APIV3_KEY": "short"}, "32 characters"),
        ({"WECHAT_PAY_KEY_FILE": "KEY", "WECHAT_PAY_PLATFORM_KEY_ID": "1"}, "go together"),
        ({"WECHAT_PAY_KEY_FILE": "KEY", "WECHAT_PAY_BASE_URL": "http://pay.example"}, "https://host/path"),
        ({"WECHAT_PAY_KEY_FILE": "KEY", "WECHAT_PAY_APP_ID": ""}, "needs GROUPBUY_WECHAT_PAY_APP_ID"),
        ({"WECHAT_PAY_KEY_FILE": "KEY", "BASE_URL": ""}, "GROUPBUY_BASE_URL is needed"),
        ({"WECHAT_PAY_KEY_FILE": "KEY", "ALIPAY_APP_ID": "2"}, "also set GROUPBUY_ALIPAY_KEY_FILE"),
    ],
)
def test_a_channel_that_is_set_up_in_part_says_what_is_missing(
    tmp_path: Path, more: dict[str, str], says: str
) -> None:
    files = {"TEXT": "no key", "KEY": "-----BEGIN PRIVATE KEY-----"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    given = {f"GROUPBUY_{k}": str(tmp_path / v) if v in files else v for k, v in more.items()}
    with pytest.raises(ConfigError, match=says):
        load_settings(PAYING | given)
