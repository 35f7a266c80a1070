from mcollective_py.broker.outlet import Outlet

KIB = 1024


class Wire:
    """Takes a number of bytes, then asks the outlet to wait."""

    def __init__(self, room):
        self.room, self.writes, self.outlet = room, [], None

    def write(self, data):
        self.writes.append(bytes(data))
        self.room -= len(data)
        self.outlet.is_blocked = self.room <= 0

    def get_write_buffer_size(self):
        return max(0, -self.room)


def outlet_with(room):
    wire = Wire(room)
    wire.outlet = Outlet(wire)
    return wire, wire.outlet


def test_what_waits_goes_out_as_one_write():
    wire, outlet = outlet_with(room=1000)
    outlet.put(b"one")
    outlet.put_message(b"head", b"line", b"tail")
    assert outlet.waiting == 15
    outlet.flush()
    assert wire.writes == [b"oneheadlinetail"]
    assert (outlet.waiting, outlet.sent) == (0, 15)


def test_a_blocked_outlet_keeps_the_rest_in_order():
    wire, outlet = outlet_with(room=100 * KIB)
    for number in range(40):
        outlet.put(bytes([number]) * 10 * KIB)
    outlet.flush()
    assert outlet.is_blocked
    sent = sum(map(len, wire.writes))
    assert outlet.waiting == 400 * KIB - sent > 0
    assert outlet.sent == 100 * KIB
    wire.room, outlet.is_blocked = 1000 * KIB, False
    outlet.flush()
    assert b"".join(wire.writes) == b"".join(bytes([number]) * 10 * KIB for number in range(40))
    assert outlet.waiting == 0


def test_a_large_body_is_handed_over_piece_by_piece():
    wire, outlet = outlet_with(room=200 * KIB)
    body = bytes(range(256)) * 4 * KIB
    outlet.put(body)
    outlet.flush()
    assert [len(data) for data in wire.writes] == [128 * KIB, 128 * KIB]
    outlet.put(b"next")
    wire.room, outlet.is_blocked = 2000 * KIB, False
    outlet.flush()
    assert b"".join(wire.writes) == body + b"next"


def test_what_is_given_up_is_not_sent():
    wire, outlet = outlet_with(room=1000)
    outlet.put(b"never")
    outlet.clear()
    outlet.flush()
    assert (wire.writes, outlet.waiting) == ([], 0)
