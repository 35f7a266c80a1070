# Times the installed Ruby MCollective opening replies: COUNT times each file in FOLDER/*.bin, as its client would.
#
#     ruby -r COMPAT rubyreplies.rb CONFIG COUNT FOLDER
#
# Prints the microseconds of processor time that one reply took, the mean over all.

require "mcollective"

config, count, folder = ARGV
MCollective::Config.instance.loadconfig(config)
security = MCollective::PluginManager["security_plugin"]
security.initiated_by = :client
Arrived = Struct.new(:payload, :expected_msgid)
replies = Dir[File.join(folder, "*.bin")].sort.map { |file| Arrived.new(File.binread(file), nil) }
replies.each { |reply| security.decodemsg(reply)[:body] or abort("a reply that Ruby does not take") }

rounds = Integer(count) / replies.size
started = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID)
rounds.times { replies.each { |reply| security.decodemsg(reply) } }
puts((Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) - started) * 1e6 / (rounds * replies.size))
