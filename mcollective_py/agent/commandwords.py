"""The words of a process as text: passwords in them masked, and as long as a reply can bear.

Whoever may list processes of a thousand hosts need not learn their passwords, and neither must a pattern be able to guess them letter
by letter: so what is searched is the masked text too. It is a net with holes: a secret in a word that says nothing of it stays.
Titles of processes are anybody's: no expression here looks at a text more often than its length, but for short pieces of it.
"""

import re
from collections.abc import Mapping, Sequence

MASK = "***"
MAX_TEXT = 4096  # characters that are searched
_SHOWN_HEAD, _SHOWN_TAIL = 700, 290  # Java has its options first and its class last

# What ends a name that has a secret for its value; --password-file=x has none.
_NAMES = "pass|password|passwort|passphrase|passwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?|auth"
# Short options that have a password as the next word or as their rest, by program; elsewhere -p is a port, a path, a pid.
_LETTERS: Mapping[str, str] = {
    **dict.fromkeys(("curl", "smbclient"), "uU"),
    **dict.fromkeys(("ldapsearch", "ldapmodify", "ldapadd", "ldapdelete", "ldappasswd", "ldapwhoami"), "w"),
    **dict.fromkeys(("sqlcmd", "bcp", "ipmitool", "mosquitto_pub", "mosquitto_sub", "zip", "unzip"), "P"),
    **dict.fromkeys(("snmpwalk", "snmpget", "snmpset", "snmpbulkwalk"), "AXc"),
    **dict.fromkeys(("mongo", "mongosh", "mongodump", "mongorestore", "rabbitmqadmin", "sshpass", "useradd", "usermod"), "p"),
    "redis-cli": "a",
}
_AT_ONCE = {"mysql", "mysqldump", "mysqladmin", "mysqlimport", "mariadb", "mariadb-dump", "mariadb-admin"}  # -pSECRET; -p alone asks
_USERS = {"--user", "--proxy-user"}  # of curl, and of smbclient: user:password
_PROGRAMS = frozenset((*_LETTERS, *_AT_ONCE))
_MAY_HAVE = re.compile(rf"{_NAMES}|pw|://|bearer|{'|'.join(sorted(_PROGRAMS))}", re.IGNORECASE)
_ASSIGNED = re.compile(r"([^=:\s/]{1,100})([=:])(.+)", re.DOTALL)  # --password=x, DB_PASSWORD=x, password:x
_NAME = re.compile(rf"(?:^|[_.\-]|[a-z](?=[A-Z]))(?:(?i:[a-z]{{0,20}}(?:{_NAMES})|pwd?))$")  # also -Dx.keyStorePassword
_OPTION = re.compile(rf"--?(?:[a-z0-9]{{1,30}}[_-]){{0,5}}(?:{_NAMES}|pwd?)", re.IGNORECASE)  # the secret is the next word
# One among others in a word: ?password=x&..., "host=db password=x", {"password": "x"}, --from-literal=password=x
_INNER = re.compile(
    r"""(?<![\w.\-])([A-Za-z][\w.\-]{0,60})(["']?\s{0,2}[=:]\s{0,2})("[^"]{0,500}"|'[^']{0,500}'|[^\s&;,'")}\]]{1,500})"""
)
_LONG_USER = re.compile(r"(\b[a-z][a-z0-9+.\-]{0,20}://)([^\s/:@]{20,200})@", re.IGNORECASE)  # a token
_IN_URL = re.compile(r"(\b[a-z][a-z0-9+.\-]{0,20}://[^\s/:@]{0,200}:)([^\s/@]{1,500})@", re.IGNORECASE)
_HEADER = re.compile(r"(authorization:\s{0,5}(?:(?:bearer|basic|digest|token)\s)?)(\S.*)", re.IGNORECASE | re.DOTALL)
_BEARER = re.compile(r"\b(bearer\s)(\S+)", re.IGNORECASE)


def masked_words(words: Sequence[str]) -> tuple[str, bool]:
    """The words with blanks between, what looks like a secret as `***`; and whether anything was masked."""
    text = " ".join(words)[:MAX_TEXT]
    if not _MAY_HAVE.search(text):
        return text, False
    # A process that writes its own title has all of it as one word.
    parts = words if len(words) > 1 else text.split(" ")
    made = " ".join(_masked([part[:MAX_TEXT] for part in parts[: MAX_TEXT // 2]]))[:MAX_TEXT]
    return made, made != text


def shortened(text: str) -> str:
    """A text of at most 1,000 characters: what is longer keeps its beginning and its end."""
    if len(text) <= _SHOWN_HEAD + _SHOWN_TAIL + 10:
        return text
    return f"{text[:_SHOWN_HEAD]} [...] {text[-_SHOWN_TAIL:]}"


def _masked(parts: Sequence[str]) -> list[str]:
    made: list[str] = []
    program = ""
    is_next_secret = False
    for part in parts:
        if (name := _program(part)) in _PROGRAMS:  # sudo, timeout, docker exec and env stand before it
            program = name
        if is_next_secret and part and not (part.startswith("-") and len(part) < 3):
            made.append(MASK)
            is_next_secret = False
            continue
        is_next_secret = False
        short = _short_option(program, part)
        if short is not None:
            made.append(short)
            is_next_secret = short == part and program not in _AT_ONCE
        elif _OPTION.fullmatch(part):
            made.append(part)
            is_next_secret = True
        elif " " in part and len(parts) > 1:  # the script of sh -c
            made.append(_inside(" ".join(_masked(part.split(" ")))))
        else:
            made.append(_inside(part))
    return made


def _short_option(program: str, part: str) -> str | None:
    """A short option that may hold a secret, masked; itself where the secret follows; None for anything else."""
    if program in _AT_ONCE:
        return (part if part == "-p" else f"-p{MASK}") if part.startswith("-p") else None
    letters = _LETTERS.get(program, "")
    if not letters or not part.startswith("-"):
        return None
    if part[1:2] in letters and part[1:2]:
        return part if len(part) == 2 else f"{part[:2]}{MASK}"
    if program in ("curl", "smbclient") and (part in _USERS or re.fullmatch("-[A-Za-z]{1,8}[uU]", part)):
        return part
    return None


def _inside(part: str) -> str:
    """A single word without the secret that it holds."""
    part = _LONG_USER.sub(rf"\1{MASK}@", _IN_URL.sub(rf"\1{MASK}@", part))
    if _HEADER.search(part):
        return _HEADER.sub(rf"\1{MASK}", part)
    if (found := _ASSIGNED.fullmatch(part)) and _NAME.search(found[1]):
        return f"{found[1]}{found[2]}{MASK}"
    return _BEARER.sub(rf"\1{MASK}", _INNER.sub(_pair, part))


def _pair(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2]}{MASK}" if _NAME.search(found[1]) else found[0]


def _program(word: str) -> str:
    return word.rpartition("/")[2]
