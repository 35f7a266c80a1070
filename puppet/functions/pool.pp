# @summary The settings that lead to brokers.
#
# @param connector
#   Its name, which is part of theirs.
# @param brokers
#   The brokers, the first of which is tried first.
# @param folder
#   Where the files with passwords lie; undef: without the daemon's login, which is not the operators'.
# @return
#   Settings by their names.
function mcollective_py::pool(
  String[1] $connector,
  Array[Mcollective_py::Broker] $brokers,
  Optional[Mcollective_py::Absolutepath] $folder = undef,
) >> Mcollective_py::Settings {
  $pool = "plugin.${connector}.pool"
  $each = $brokers.map |$index, $broker| {
    $ssl = $broker['ssl'] ? {
      undef   => true,
      default => $broker['ssl'],
    }
    $port = $broker['port'] ? {
      undef   => $ssl ? { true => 61614, default => 61613 },
      default => $broker['port'],
    }
    $number = $index + 1
    $login = ($folder =~ NotUndef and $broker['user'] =~ NotUndef) ? {
      true    => { "${pool}.${number}.user" => $broker['user'] },
      default => {},
    }
    $password = ($folder =~ NotUndef and $broker['password'] =~ NotUndef) ? {
      true    => { "${pool}.${number}.password_file" => "${folder}/broker-${number}.password" },
      default => {},
    }
    $place = { "${pool}.${number}.host" => $broker['host'], "${pool}.${number}.port" => $port, "${pool}.${number}.ssl" => $ssl }
    $place + $login + $password
  }
  $each.reduce({ 'connector' => $connector, "${pool}.size" => $brokers.length }) |$all, $one| { $all + $one }
}
