"""What Puppet's CSR extensions say of a certificate's holder: object identifiers and DER -> Puppet's words and text.

Puppet copies `extension_requests` of csr_attributes.yaml into the certificate, each an UTF8String under its own arc (docs: "CSR
attributes and certificate extensions"; lib/puppet/ssl/oids.rb has the words).
"""

import re
from collections.abc import Iterable

ARC = "1.3.6.1.4.1.34380.1."  # puppetCertExtensions: .1 registered, .2 private to a site, .3 authorization
_MAX_EXTENSIONS = 64
_MAX_VALUE = 1024  # bytes
_UTF8STRING = 0x0C
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}|1(?:\.(?:0|[1-9][0-9]{0,9})){7,24}", re.ASCII)

_REGISTERED = (
    "pp_uuid pp_instance_id pp_image_name pp_preshared_key pp_cost_center pp_product pp_project pp_application pp_service pp_employee "
    "pp_created_by pp_environment pp_role pp_software_version pp_department pp_cluster pp_provisioner pp_region pp_datacenter pp_zone "
    "pp_network pp_securitypolicy pp_cloudplatform pp_apptier pp_hostname pp_owner"
)
WORDS = {f"{ARC}1.{number}": word for number, word in enumerate(_REGISTERED.split(), 1)} | {
    f"{ARC}3.1": "pp_authorization",
    f"{ARC}3.2": "pp_auth_auto_renew",
    f"{ARC}3.13": "pp_auth_role",
    f"{ARC}3.39": "pp_cli_auth",
}


def puppet_extensions(values: Iterable[tuple[str, bytes]]) -> tuple[tuple[str, str], ...]:
    """(name, text) of each extension of Puppet's arc, sorted; names are Puppet's words, dotted identifiers where it has none.

    values: dotted object identifiers and DER of all extensions of a certificate. Raises ValueError, naming the extension, for one
    that is no plain text of bounded length: a rule about it could otherwise be passed by.
    """
    found = {}
    for oid, der in values:
        if oid.startswith(ARC):
            name = WORDS.get(oid, oid)
            try:
                found[name] = utf8string(der)
            except ValueError as error:
                raise ValueError(f"its extension {name}: {error}") from None
    if len(found) > _MAX_EXTENSIONS:
        raise ValueError(f"{len(found)} extensions of Puppet's, the limit is {_MAX_EXTENSIONS}")
    return tuple(sorted(found.items()))


def utf8string(der: bytes) -> str:
    """The text of one UTF8String in DER (X.690), all of it printable. Raises ValueError."""
    if len(der) < 2 or der[0] != _UTF8STRING:
        raise ValueError("no UTF8String")
    length, begin = der[1], 2
    if length > 0x82 or length == 0x80:
        raise ValueError("a length that is not in DER, or too large")
    if length > 0x80:
        begin = 2 + length - 0x80
        length = int.from_bytes(der[2:begin], "big")
        if length < (0x80 if begin == 3 else 0x100):
            raise ValueError("a length that is not in DER")
    if length > _MAX_VALUE:
        raise ValueError(f"{length} bytes, the limit is {_MAX_VALUE}")
    if len(der) != begin + length:
        raise ValueError("a length that is not its own")
    try:
        text = der[begin:].decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("no UTF-8") from None
    if not text.isprintable():
        raise ValueError("characters that cannot be printed")
    return text


def extension_oid(word: str) -> str:
    """The object identifier of one of Puppet's words, or of its arc, which stands for itself. Raises ValueError."""
    if word in WORDS.values():
        return next(oid for oid, known in WORDS.items() if known == word)
    if word.startswith(ARC) and _NAME.fullmatch(word) is not None:
        return word
    raise ValueError(f"{word[:80]!r} is none of Puppet's extensions, such as pp_auth_role, pp_role or {ARC}2.1")


def extension_der(text: str) -> bytes:
    """A text as the value of an extension: an UTF8String in DER. Raises ValueError for one that could not be read back."""
    value = text.encode("utf-8", "surrogatepass")
    length = len(value)
    size = (
        bytes([length])
        if length < 0x80
        else bytes([0x81, length])
        if length < 0x100
        else b"\x82" + min(length, 0xFFFF).to_bytes(2, "big")
    )
    der = bytes([_UTF8STRING]) + size + value
    utf8string(der)
    return der


class ExtensionRule:
    """What a site wants in every caller's certificate: `pp_auth_role=operator`, `pp_auth_role=ops-*`, or `pp_role` for any value.

    All must hold, each matched whole: `*` stands for one character or more, `?` for one. Raises ValueError for a word that is none.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self.words = tuple(words)
        self._wanted = [_wanted(word) for word in self.words]

    def missing(self, extensions: Iterable[tuple[str, str]]) -> str | None:
        """The first word that these extensions do not fulfil; None where all is there."""
        there = dict(extensions)
        for word, (name, pattern) in zip(self.words, self._wanted, strict=True):
            if name not in there or not _matches(pattern, there[name]):
                return word
        return None


def _wanted(word: str) -> tuple[str, str]:
    name, equals, pattern = word.partition("=")
    if _NAME.fullmatch(name) is None:
        raise ValueError(f"{name[:80]!r} is no extension: write pp_auth_role=VALUE, or a dotted identifier in its place")
    if name not in WORDS.values() and not name.startswith(ARC):
        raise ValueError(f"{name[:80]!r} is none of Puppet's extensions, such as pp_auth_role, pp_role or {ARC}2.1")
    if equals and not pattern:
        raise ValueError(f"{word[:80]!r} asks for an empty value: leave `=` out for any value")
    return name, pattern if equals else "*"


def _matches(pattern: str, text: str) -> bool:
    """Whether all of the text is as the pattern says, in no more steps than the product of their lengths.

    A regular expression with a dozen stars in it would take hours for one text that does not match.
    """
    pattern = pattern.replace("*", "?*")  # from here on a star is any number of characters
    at = read = 0
    star, begun = -1, 0
    while read < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, begun, at = at, read, at + 1
        elif at < len(pattern) and pattern[at] in ("?", text[read]):
            at, read = at + 1, read + 1
        elif star >= 0:
            begun += 1
            at, read = star + 1, begun
        else:
            return False
    return not pattern[at:].strip("*")
