# @summary A broker of the pool.
#
# ssl: false speaks without TLS, which suits a broker on the same host alone. password: goes into a file of its own, mode 0600.
type Mcollective_py::Broker = Struct[{
  'host'               => Pattern[/\A[A-Za-z0-9_.:-]{1,255}\z/],
  Optional['port']     => Integer[1, 65535],
  Optional['ssl']      => Boolean,
  Optional['user']     => Pattern[/\A[^\x00-\x20\x7f]{1,255}\z/],
  Optional['password'] => Variant[Sensitive[String[1]], Pattern[/\A[^\x00-\x1f\x7f]{1,255}\z/]],
}]
