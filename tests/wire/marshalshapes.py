"""Marshal of any size: what a node may well send, and what is built to take long or to fill the memory."""

from mcollective_py.wire.marshal import dumps
from mcollective_py.wire.symbol import Symbol

HEADER = b"\x04\x08"
NAMELESS = b'I"\x00\x06'  # an empty string, and that one instance variable follows


def packed(count: int) -> bytes:
    """A count in four bytes, whatever its size."""
    return b"\x04" + count.to_bytes(4, "little")


def process_list(size: int) -> bytes:
    """A reply as nodes send it: an array of hashes with numbers and short text; of about so many bytes."""
    users, commands = ("root", "www-data", "nobody"), ("sshd", "apache2", "[kworker/0:1]", "/usr/lib/postfix/sbin/master")
    rows = [
        {
            Symbol("pid"): number * 37 % 32768,
            Symbol("user"): users[number % 3],
            Symbol("cpu"): number % 100 / 10,
            Symbol("rss"): number * 7919 % 2_000_000,
            Symbol("command"): commands[number % 4],
            Symbol("tty"): None,
            Symbol("threads"): number % 40,
        }
        for number in range(max(1, size // 75))
    ]
    return dumps({Symbol("statuscode"): 0, Symbol("statusmsg"): "OK", Symbol("data"): {Symbol("processes"): rows}})


def hostile(size: int) -> dict[str, bytes]:
    """Messages of at most so many bytes, by name: most are read, some refused."""

    def array(piece: bytes, *, first: bytes = b"", values: int = 1) -> bytes:
        """The same piece again and again, as often as size and 200,000 values allow. values: how many a piece counts for."""
        count = min((size - 10 - len(first)) // len(piece), 199_990 // values)
        return HEADER + b"[" + packed(count + (1 if first else 0)) + first + piece * count

    def hash_of(keys: list[bytes]) -> bytes:
        pieces = [key + b"0" for key in keys]
        count = min((size - 10) // max(map(len, pieces)), len(pieces))
        return HEADER + b"{" + packed(count) + b"".join(pieces[:count])

    utf8, first_symbol = NAMELESS + b":\x06ET", b":\x06a"
    names = min(size // 6, 9_999)
    tenfold = b"".join(b"[" + packed(10) + bytes((64, 5 + level)) * 10 for level in range(1, 30))
    return {
        "nils": array(b"0"),
        "short integers": array(b"i\x00"),
        "integers": array(b"i\x01\xff"),
        "zeros of the big kind": array(b"l+\x00"),
        "big integers": array(b"l-\x09abcdefgh"),
        "floats": array(b"f\x060"),
        "floats of Ruby 1.8": array(b"f\x091\x00\x01\x01"),
        "the same symbol": array(b":\x06E"),
        "links to a symbol": array(b";\x00", first=first_symbol),
        "long links to a symbol": array(b";\x01\x00", first=first_symbol),
        "different symbols": HEADER + b"[" + packed(names) + b"".join(b":\x09%04x" % number for number in range(names)),
        "empty byte strings": array(b'"\x00'),
        "byte strings": array(b'"\x07ab'),
        "empty strings": array(NAMELESS + b";\x00T", first=utf8),
        "strings": array('I"\x08éx\x06;\x00T'.encode(), first=utf8),
        "strings that are none": array(b'I"\x06\xff\x06;\x00T', first=utf8),
        "strings by a late E": array(NAMELESS + b";\x00T", first=b":\x06E"),
        "strings of no variables": array(b'I"\x00\x00'),
        "Japanese": array(b'I"\x06a\x06;\x00@\x07', first=NAMELESS + b':\rencoding"\x0eShift_JIS'),
        "Chinese that is none": array(b'I"\x06\xff\x06;\x00@\x07', first=NAMELESS + b':\rencoding"\x0cGB18030'),
        "half a character": array(b'I"\x06a\x06;\x00@\x07', first=NAMELESS + b':\rencoding"\rUTF-16LE'),
        "regular expressions": array(b"/\x00\x00", values=17),
        "regular expressions of one sign": array(b"/\x06a\x00", values=17),
        "empty arrays": array(b"[\x00", values=2),
        "empty hashes": array(b"{\x00", values=2),
        "hashes of a default": array(b"}\x000", values=3),
        "arrays of one": array(b"[\x060", values=3),
        "hashes of one": array(b"{\x0600", values=4),
        "hashes of a hash": array(b"{\x060{\x00", values=5),
        "arrays of arrays": array(b"[\x06" * 30 + b"[\x00", values=93),
        "links to a string": array(b"@\x06", first=b'"\x00'),
        "links to an array": array(b"@\x06", first=b"[\x00", values=3),
        "keys that collide": hash_of([b"l+\x0a" + (number * (2**61 - 1)).to_bytes(10, "little") for number in range(1, 20_000)]),
        "keys of the same low bits": hash_of([b"l+\x09" + (number << 40).to_bytes(8, "little") for number in range(1, 20_000)]),
        "small keys": hash_of([b"i\x03" + number.to_bytes(3, "little") for number in range(70_000, 160_000)]),
        "byte string keys": hash_of([b'"\x08' + number.to_bytes(3, "little") for number in range(99_000)]),
        "float keys": hash_of([b"f" + bytes((len(f"{number}e90") + 5,)) + b"%de90" % number for number in range(10_000, 40_000)]),
        "ten times ten times ten": HEADER + b"[" + packed(30) + b"[\x060" + tenfold,
    }
