# @summary Lines of a configuration file from a hash of settings, in the order of their names.
#
# @param settings
#   The settings.
# @return
#   The lines, each with its end.
function mcollective_py::lines(Mcollective_py::Settings $settings) >> String {
  $settings.keys.sort.map |$name| {
    $value = $settings[$name] ? {
      true    => '1',
      false   => '0',
      Array   => $settings[$name].join(','),
      default => String($settings[$name]),
    }
    "${name} = ${value}\n"
  }.join('')
}
