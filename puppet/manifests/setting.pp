# @summary One setting of server.cfg, client.cfg or both, from wherever it is known. It overrides those of the class.
#
# @param value
#   Its value.
# @param setting
#   Its name.
# @param target
#   Which file.
define mcollective_py::setting (
  Variant[Boolean, Numeric, Pattern[/\A[^\x00-\x1f\x7f]*\z/], Array[Pattern[/\A[^\x00-\x1f\x7f,]+\z/]]] $value,
  Pattern[/\A[A-Za-z][A-Za-z0-9_.-]{0,127}\z/] $setting = $name,
  Enum['server', 'client', 'both'] $target = 'server',
) {
  include mcollective_py
  $wanted = $target ? { 'both' => ['server', 'client'], default => [$target] }
  $here = { 'server' => $mcollective_py::server, 'client' => $mcollective_py::client }
  $wanted.filter |$file| { $here[$file] }.each |$file| {
    concat::fragment { "mcollective_py::setting ${name} ${file}":
      target  => "${mcollective_py::confdir}/${file}.cfg",
      order   => '30',
      content => mcollective_py::lines({ $setting => $value }),
    }
  }
}
