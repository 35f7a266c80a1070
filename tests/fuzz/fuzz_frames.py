"""STOMP frames: the broker's reader and the connector's splitter refuse or read, and in whatever pieces bytes come, the same."""

from mcollective_py.broker.frames import Frame, FrameReader, RefusedFrame, encode_frame
from mcollective_py.broker.selector import parse_selector
from mcollective_py.connector.framing import BrokenFrame, FrameSplitter
from tests.fuzz.mutation import fuzz, pieces

CLIENT = (
    encode_frame("CONNECT", {"accept-version": "1.0,1.1,1.2", "host": "mcollective", "login": "a", "passcode": "b:c\\d"}),
    encode_frame("SUBSCRIBE", {"id": "1", "destination": "/topic/mcollective.echo.agent", "selector": "mc_identity = 'web1'"}),
    b"\n\r\n" + encode_frame("SEND", {"destination": "/queue/x", "reply-to": "/queue/y", "odd:name\\": "new\nline"}, b"bo\0dy" * 9),
    b"SEND\ndestination:/topic/x\nreceipt:7\n\nno length\0\n\nDISCONNECT\nreceipt:8\n\n\0",
    b"SEND\r\ndestination:/topic/x\r\n\r\nbody\0",
)
SERVER = (
    b"CONNECTED\nversion:1.1\nheart-beat:1000,1000\n\n\0\n\nRECEIPT\nreceipt-id:1\n\n\0",
    b"MESSAGE\ndestination:/topic/x\nmessage-id:1\nsubscription:1\ncontent-length:5\n\nbo\0dy\0ERROR\nmessage:no\n\nwhy\0",
    b"MESSAGE\ndestination:/topic/x\nmessage-id:1\nsubscription:1\n\n" + b"b" * 700 + b"\0\nRECEIPT\nreceipt-id:goodbye\n\n\0",
)
WORDS = (b"content-length:", b"content-length:5\n", b"\n\n", b"\r\n\r\n", b"\0", b"SEND\n", b"MESSAGE\n", b"\\c", b"\\n", b"\\t", b":",
         b"selector:", b"a = 'b' AND (c <> 'd' OR e = 'f')", b"((((((((", b"\x16\x03\x01", b"HTTP/1.1 400")  # fmt: skip


def read(parts: list[bytes], version: str, max_head: int = 4096) -> tuple[list[Frame], bool]:
    """The frames, and whether the rest was refused."""
    reader = FrameReader(max_head=max_head, max_headers=30, max_body=512)
    reader.version = version
    frames: list[Frame] = []
    try:
        for part in parts:
            reader.feed(part)
            while (frame := reader.next()) is not None:
                frames.append(frame)
    except RefusedFrame:
        return frames, True
    return frames, False


def split(parts: list[bytes]) -> tuple[list[bytes] | None, int]:
    """The frames and how many were skipped; None where the connection would be cut."""
    splitter = FrameSplitter(max_head=4096, max_body=512)
    try:
        return [frame for part in parts for frame in splitter.feed(part)], splitter.skipped
    except BrokenFrame:
        return None, 0


def check(data: bytes) -> bool:
    cut = pieces(data)
    is_taken = False
    for version in ("1.0", "1.1", "1.2"):
        frames, is_refused = read([data], version)
        assert (frames, is_refused) == read(cut, version), f"STOMP {version}: other frames in pieces than at once"
        is_taken = is_taken or bool(frames)
        for frame in frames:
            assert len(frame.body) <= 512
            if "selector" in frame.headers:
                try:
                    parse_selector(frame.headers["selector"]).matches({"a": "b", "mc_identity": "web1"})
                except RefusedFrame:
                    pass
            if version == "1.2" and frame.command != "CONNECT":
                headers = {name: value for name, value in frame.headers.items() if name != "content-length"}
                again, _ = read([encode_frame(frame.command, headers, frame.body)], version, 10_000)  # escapes are longer
                assert [(a.command, a.body) for a in again] == [(frame.command, frame.body)]
                assert {**again[0].headers, "content-length": ""} == {**headers, "content-length": ""}
    whole, skipped = split([data])
    assert (whole, skipped) == split(cut), "the splitter gives other frames in pieces than at once"
    return is_taken or bool(whole)


if __name__ == "__main__":
    fuzz("frames", check, (*CLIENT, *SERVER), WORDS)
