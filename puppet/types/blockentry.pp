# @summary What stands beside a network of a desired list.
#
# kind: `allow` for an exception. until: a moment with its zone, as `2026-12-01T00:00:00Z`; a duration would begin anew with each change
# of the file. ports: as `25,587` or `8000-8010`, of tcp where no protocol is given.
type Mcollective_py::Blockentry = Struct[{
  Optional['kind']     => Enum['block', 'allow'],
  Optional['until']    => Pattern[/\A\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)\z/],
  Optional['reason']   => Pattern[/\A[^\x00-\x1f\x7f]{1,200}\z/],
  Optional['ticket']   => Pattern[/\A[^\x00-\x1f\x7f]{1,64}\z/],
  Optional['protocol'] => Enum['tcp', 'udp', 'icmp'],
  Optional['ports']    => Pattern[/\A[0-9]{1,5}([-:][0-9]{1,5})?(,[0-9]{1,5}([-:][0-9]{1,5})?){0,14}\z/],
}]
