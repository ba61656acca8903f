"""The formats of JSON Schema (2020-12, Validation §7.3), with a predicate for each.

A predicate accepts any text and raises no exception. It takes linear time: its patterns
are unambiguous or have possessive quantifiers. Texts with a lone surrogate have no format.

The patterns are strings, which `re` compiles and caches on first use.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final
from unicodedata import category, combining

from .ecma_regex import is_regex

# --- UUID and JSON Pointer: RFC 4122, RFC 6901 ---------------------------------------

_HEX: Final = "[0-9A-Fa-f]"
_UUID: Final = f"{_HEX}{{8}}-(?:{_HEX}{{4}}-){{3}}{_HEX}{{12}}"
_JSON_POINTER: Final = r"(?:/(?:[^~\ud800-\udfff]++|~[01])*+)?"
_RELATIVE_JSON_POINTER: Final = rf"(?:0|[1-9][0-9]*+)(?:\#|{_JSON_POINTER})"


def is_uuid(text: str) -> bool:
    """Return whether `text` is a UUID with its hyphens, of any version (RFC 4122 §3)."""
    return re.fullmatch(_UUID, text) is not None


def is_json_pointer(text: str) -> bool:
    """Return whether `text` is a JSON Pointer in its string form (RFC 6901 §3)."""
    return re.fullmatch(_JSON_POINTER, text) is not None


def is_relative_json_pointer(text: str) -> bool:
    """Return whether `text` is a count of levels up, then `#` or a JSON Pointer."""
    return re.fullmatch(_RELATIVE_JSON_POINTER, text) is not None


# --- URI: RFC 3986 -------------------------------------------------------------------

_PLAIN: Final = r"A-Za-z0-9\-._~!$&'()*+,;="  # unreserved / sub-delims
_USERINFO: Final = f"[{_PLAIN}%:]*+@"
_IP_LITERAL: Final = rf"\[(?:(?P<ipv6>[0-9A-Fa-f:.]++)|[Vv]{_HEX}++\.[{_PLAIN}:]++)\]"
_AUTHORITY: Final = f"(?:{_USERINFO})?+(?:{_IP_LITERAL}|[{_PLAIN}%]*+)(?::[0-9]*+)?"
_PATH: Final = f"[{_PLAIN}%:@/]*+"
_AFTER_SCHEME: Final = (
    f"(?://{_AUTHORITY}(?:/{_PATH})?|(?!//){_PATH})"
    rf"(?:\?[{_PLAIN}%:@/?]*+)?(?:\#[{_PLAIN}%:@/?]*+)?"
)
_SCHEME: Final = "[A-Za-z][A-Za-z0-9+.-]*+:"
_URI: Final = _SCHEME + _AFTER_SCHEME
# A relative reference has no colon in its first segment (RFC 3986 §4.2).
_URI_REFERENCE: Final = rf"(?:{_SCHEME}|(?![^/?\#:]*+:)){_AFTER_SCHEME}"
_STRAY_PERCENT: Final = f"%(?!{_HEX}{{2}})"


def is_uri(text: str) -> bool:
    """Return whether `text` is a URI, its scheme included (RFC 3986 §3)."""
    return _is_identifier(re.fullmatch(_URI, text))


def is_uri_reference(text: str) -> bool:
    """Return whether `text` is a URI or a relative reference (RFC 3986 §4.1)."""
    return _is_identifier(re.fullmatch(_URI_REFERENCE, text))


def _is_identifier(match: re.Match[str] | None) -> bool:
    if match is None:
        return False
    if "%" in match.string and re.search(_STRAY_PERCENT, match.string):
        return False
    ipv6 = match["ipv6"]
    return ipv6 is None or is_ipv6(ipv6)


# --- Dates and times: RFC 3339 -------------------------------------------------------

_DATE: Final = r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
_TIME: Final = (
    r"([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9]|60)(?:\.[0-9]++)?"
    r"(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))"
)

_SECONDS: Final = "[0-9]++S"
_MINUTES: Final = f"[0-9]++M(?:{_SECONDS})?"
_HOURS: Final = f"[0-9]++H(?:{_MINUTES})?"
_CLOCK: Final = f"T(?:{_HOURS}|{_MINUTES}|{_SECONDS})"
_DAYS: Final = "[0-9]++D"
_MONTHS: Final = f"[0-9]++M(?:{_DAYS})?"
_YEARS: Final = f"[0-9]++Y(?:{_MONTHS})?"
_DURATION: Final = f"P(?:(?:{_YEARS}|{_MONTHS}|{_DAYS})(?:{_CLOCK})?|{_CLOCK}|[0-9]++W)"


def is_date(text: str) -> bool:
    """Return whether `text` is a day of the calendar, `full-date` of RFC 3339 §5.6."""
    match = re.fullmatch(_DATE, text)
    if match is None:
        return False
    year, month, day = map(int, match.groups())
    return 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]


def is_time(text: str) -> bool:
    """Return whether `text` is a time with its offset, `full-time` of RFC 3339 §5.6.

    Second 60 is the leap second, which comes at 23:59 UTC alone (§5.7).
    """
    match = re.fullmatch(_TIME, text)
    if match is None:
        return False
    hour, minute, second, sign, offset_hour, offset_minute = match.groups("0")
    if second != "60":
        return True
    offset = int(offset_hour) * 60 + int(offset_minute)
    utc = int(hour) * 60 + int(minute) + (offset if sign == "-" else -offset)
    return utc % (24 * 60) == 23 * 60 + 59


def is_date_time(text: str) -> bool:
    """Return whether `text` is a date, `T` and a time, `date-time` of RFC 3339 §5.6."""
    return text[10:11] in {"T", "t"} and is_date(text[:10]) and is_time(text[11:])


def is_duration(text: str) -> bool:
    """Return whether `text` is a duration such as `P1DT2H` (RFC 3339, appendix A)."""
    return re.fullmatch(_DURATION, text) is not None


# --- Addresses: RFC 2673, RFC 4291, RFC 1123, RFC 5890 to 5892, RFC 5321 -------------

_LABEL: Final = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# Letters and digits (RFC 5892 §2.1), the exceptions to them (§2.6) and the joiners.
_LETTERS_AND_DIGITS: Final = {"Ll", "Lm", "Lo", "Lt", "Lu", "Mc", "Mn", "Nd"}
_DISALLOWED: Final = "\u0640\u07fa\u302e\u302f\u3031\u3032\u3033\u3034\u3035\u303b"
_ALLOWED: Final = "-\u00b7\u0375\u05f3\u05f4\u06fd\u06fe\u0f0b\u200c\u3007\u30fb"
_ZERO_WIDTH_JOINER: Final = "\u200d"
_VIRAMA: Final = 9  # the combining class of the signs that a joiner may follow
_NOT_KANA_OR_HAN: Final = (
    "[^\u3005\u3007\u3041-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff]"
)
# Misplaced hyphens (RFC 5891 §4.2.3.1); then, a line for each, RFC 5892 A.3 to A.9.
_OUT_OF_PLACE: Final = (
    "^-|-$|^..--"
    "|(?<!l)\u00b7|\u00b7(?!l)"
    "|\u0375(?![\u0370-\u03ff\u1f00-\u1fff])"
    "|(?<![\u0591-\u05f4])[\u05f3\u05f4]"
    f"|^{_NOT_KANA_OR_HAN}*\u30fb{_NOT_KANA_OR_HAN}*$"
    "|[\u0660-\u0669].*[\u06f0-\u06f9]|[\u06f0-\u06f9].*[\u0660-\u0669]"
)

_ATEXT: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]++"
_QUOTED_STRING: Final = r'"(?:[ !#-\[\]-~]|\\[ -~])*+"'
_LOCAL_PART: Final = rf"{_ATEXT}(?:\.{_ATEXT})*+|{_QUOTED_STRING}"


def is_ipv4(text: str) -> bool:
    """Return whether `text` is four bytes in decimal, `dotted-quad` of RFC 2673 §3.2."""
    try:
        _ = IPv4Address(text)
    except AddressValueError:
        return False
    return True


def is_ipv6(text: str) -> bool:
    """Return whether `text` is an IPv6 address without a zone (RFC 4291 §2.2)."""
    try:
        return IPv6Address(text).scope_id is None
    except AddressValueError:
        return False


def is_hostname(text: str) -> bool:
    """Return whether `text` is a host name (RFC 1123 §2.1), internationalized or not.

    An A-label (`xn--…`) is decoded and its characters are checked, each in its context
    (RFC 5892). Case folding, joining types and direction (RFC 5893) are not checked.
    """
    return len(text) <= 253 and all(map(_is_label, text.split(".")))


def _is_label(label: str) -> bool:
    if re.fullmatch(_LABEL, label) is None:
        return False
    prefix, rest = label[:4].lower(), label[4:].lower()
    return prefix[2:] != "--" or (prefix == "xn--" and _is_punycode(rest))


def _is_punycode(encoded: str) -> bool:
    """Return whether a text is the Punycode of a U-label (RFC 5891 §4.2)."""
    try:
        label = encoded.encode().decode("punycode")
    except UnicodeError:
        return False
    return (
        label.encode("punycode").decode() == encoded
        and not category(label[0]).startswith("M")
        and all(map(_may_follow, f" {label}", label))
        and re.search(_OUT_OF_PLACE, label) is None
    )


def _may_follow(before: str, character: str) -> bool:
    if character == _ZERO_WIDTH_JOINER:
        return combining(before) == _VIRAMA
    if category(character) in _LETTERS_AND_DIGITS:
        return character not in _DISALLOWED
    return character in _ALLOWED


def is_email(text: str) -> bool:
    """Return whether `text` is a mailbox: `Mailbox` and the lengths of RFC 5321 §4."""
    local, _, domain = text.rpartition("@")
    if len(local) > 64 or re.fullmatch(_LOCAL_PART, local) is None:
        return False
    if not domain.startswith("["):
        return is_hostname(domain)
    literal, closing = domain[1:-1], domain[-1]
    is_ipv6_literal = literal[:5].lower() == "ipv6:" and is_ipv6(literal[5:])
    return closing == "]" and (is_ipv6_literal or is_ipv4(literal))


FORMATS: Final[Mapping[str, Callable[[str], bool]]] = {
    "date": is_date,
    "date-time": is_date_time,
    "duration": is_duration,
    "email": is_email,
    "hostname": is_hostname,
    "ipv4": is_ipv4,
    "ipv6": is_ipv6,
    "json-pointer": is_json_pointer,
    "regex": is_regex,
    "relative-json-pointer": is_relative_json_pointer,
    "time": is_time,
    "uri": is_uri,
    "uri-reference": is_uri_reference,
    "uuid": is_uuid,
}
"""The predicate of each format, by the format's name in JSON Schema."""
