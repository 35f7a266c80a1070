# @summary Where the daemon's facts come from.
#
# @param source
#   `catalog`: the facts that this run was compiled with, without the noisy ones. `timer`: a systemd timer asks Facter. `facter`: the
#   daemon asks Facter itself. `none`: settings elsewhere say.
# @param file
#   The facts file of `catalog` and `timer`.
# @param noisy
#   Facts that change with each run, and would change the file: names, with their folders as `memory.system`.
# @param interval
#   How often the timer asks, in minutes.
# @param splay
#   Seconds, of which the timer waits a random part, so that a fleet does not ask all at once.
# @param command
#   What the timer runs; it prints YAML or JSON.
class mcollective_py::facts (
  Enum['catalog', 'timer', 'facter', 'none'] $source = 'catalog',
  Mcollective_py::Absolutepath $file = '/etc/mcollective/facts.yaml',
  Array[Pattern[/\A[a-zA-Z0-9_.-]+\z/]] $noisy = [],
  Integer[1, 1440] $interval = 10,
  Integer[0, 3600] $splay = 120,
  Pattern[/\A[^'\x00-\x1f]+\z/] $command = 'puppet facts show --render-as yaml',
) {
  include mcollective_py
  case $source {
    'catalog': {
      $tops = $noisy.filter |$name| { !('.' in $name) }
      $kept = $facts.filter |$name, $_value| { !($name in $tops) }
      # One level below: that is where Facter's own noise is.
      $less = Hash($kept.map |$name, $value| {
          $below = $noisy.filter |$one| { $one[0, length($name) + 1] == "${name}." }.map |$one| { $one[length($name) + 1, -1] }
          [$name, $value ? { Hash => $value.filter |$key, $_value| { !($key in $below) }, default => $value }]
      })
      file { $file:
        ensure    => file,
        owner     => 'root',
        group     => 'root',
        mode      => '0600',
        show_diff => false,
        content   => to_yaml($less),
      }
      mcollective_py::setting { 'plugin.yaml': value => $file }
    }
    'timer': {
      $unit = epp('mcollective_py/facts.service.epp', { 'command' => $command, 'file' => $file })
      $timer = epp('mcollective_py/facts.timer.epp', { 'interval' => $interval, 'splay' => $splay })
      file { '/etc/systemd/system/mcollectived-facts.service': ensure => file, mode => '0644', content => $unit }
      -> file { '/etc/systemd/system/mcollectived-facts.timer': ensure => file, mode => '0644', content => $timer }
      ~> exec { 'mcollective_py facts units':
        command     => ['/usr/bin/systemctl', 'daemon-reload'],
        path        => ['/usr/bin', '/bin'],
        refreshonly => true,
      }
      -> exec { 'mcollective_py facts':
        command => ['/usr/bin/systemctl', 'start', 'mcollectived-facts.service'],
        path    => ['/usr/bin', '/bin'],
        creates => $file,
      }
      -> service { 'mcollectived-facts.timer':
        ensure => running,
        enable => true,
      }
      mcollective_py::setting { 'plugin.yaml': value => $file }
    }
    'facter': {
      mcollective_py::setting { 'factsource': value => 'facter' }
    }
    default: {}
  }
}
