# A Ruby MCollective's security plugin without a broker: opens what it is given, and seals a request and a reply of its own.
#
#     ruby -r rubycompat.rb rubysecurity.rb CONFIG FOLDER
#
# FOLDER/*.request.bin are opened as a node does, FOLDER/*.reply.bin as a client does; a line of JSON is printed for each. Writes
# FOLDER/ruby-request and FOLDER/ruby-reply.

require "json"
require "mcollective"

config, folder = ARGV
MCollective::Config.instance.loadconfig(config)
security = MCollective::PluginManager["security_plugin"]
Arrived = Struct.new(:payload, :expected_msgid)
ID = "0123456789abcdef0123456789abcdef"

Dir[File.join(folder, "*.bin")].sort.each do |file|
  security.initiated_by = file.end_with?(".request.bin") ? :node : :client
  begin
    opened = security.decodemsg(Arrived.new(File.binread(file), nil))
    security.valid_callerid?(opened[:callerid]) or raise "no caller id" if security.initiated_by == :node
    puts JSON.generate({"file" => File.basename(file), "opened" => opened.inspect})
  rescue StandardError => error
    puts JSON.generate({"file" => File.basename(file), "refused" => "#{error.class}: #{error}"})
  end
end

filter = MCollective::Util.empty_filter.merge(
  "fact" => [{:fact => "country", :value => "us", :operator => "=="}], "agent" => ["service"],
  "compound" => [MCollective::Matcher.create_compound_callstack("fstat('/etc/hosts').md5=/ab/ and country=us")]
)
call = {:agent => "service", :action => "status", :caller => "x", :data => {:service => "näme", :state => :running, :process_results => true}}
security.initiated_by = :client
File.binwrite(File.join(folder, "ruby-request"), security.encoderequest("client", call, ID, filter, "service", "mcollective", 60))
security.initiated_by = :node
answer = {:statuscode => 0, :statusmsg => "OK", :data => {:status => :running, "bytes" => "\xff".b, :deep => {"a" => [1.5, nil, true]}}}
File.binwrite(File.join(folder, "ruby-reply"), security.encodereply("service", answer, ID, "x"))
