# Drives Ruby's RPC client for tests: a JSON document a line on standard input, one a line back. Values as in tests/parts/typed.py.
#
#   {"agent", "action", "data", "nodes": [...]}   calls an action on these hosts, addressed directly; "broadcast": true sends it to
#                                                 everybody and waits for these; "ttl", "collective", "timeout" as on the command line;
#                                                 "reply_to" and "no_results" send and give the request id
#   {"find": seconds}                             who answers a discovery within the time
#
# Inputs are sent without the client's own check against the DDL, so that the hosts' answer to bad ones is seen.

require "base64"
require "json"
require "mcollective"

def typed(value)
  case value
  when nil, true, false then value
  when Integer then {"i" => value.to_s}
  when Float then {"f" => [value].pack("G").unpack1("H*")}
  when Symbol then {"y" => value.to_s}
  when String then value.encoding == Encoding::BINARY ? {"b" => Base64.strict_encode64(value)} : {"s" => value}
  when Array then {"a" => value.map { |one| typed(one) }}
  when Hash then {"h" => value.map { |key, one| [typed(key), typed(one)] }}
  else {"unknown" => value.class.to_s}
  end
end

def untyped(document)
  return document if document.nil? || document == true || document == false

  kind, content = document.first
  case kind
  when "i" then Integer(content)
  when "f" then [content].pack("H*").unpack1("G")
  when "y" then content.to_sym
  when "s" then content
  when "b" then Base64.strict_decode64(content)
  when "a" then content.map { |one| untyped(one) }
  when "h" then content.to_h { |key, one| [untyped(key), untyped(one)] }
  end
end

include MCollective::RPC

def client_for(wanted)
  options = MCollective::Util.default_options
  options[:config] = ARGV[0]
  options[:ttl] = wanted["ttl"] || 60
  options[:collective] = wanted["collective"] if wanted["collective"]
  options[:timeout] = wanted["timeout"] || 10
  client = rpcclient(wanted["agent"] || "rpcutil", :options => options, :exit_on_failure => false)
  client.progress = false
  client.define_singleton_method(:validate_request) { |_action, _inputs| true }
  client
end

def call(wanted)
  client = client_for(wanted)
  if wanted["broadcast"]
    client.instance_variable_set(:@discovered_agents, wanted["nodes"])
  else
    client.discover(:nodes => wanted["nodes"])
  end
  inputs = untyped(wanted["data"] || {"h" => []})
  if wanted["reply_to"] || wanted["no_results"]
    inputs[:process_results] = !wanted["no_results"]
    client.reply_to = wanted["reply_to"]
    id = client.send(wanted["action"], inputs)
    # A request without replies leaves its subscription behind, and with a reply exchange that is not the next request's.
    client.client.unsubscribe(wanted["agent"], :reply)
    return {"id" => id}
  end
  replies = []
  # Some actions are called as what every object of Ruby can do itself: freeze.
  client.send(:method_missing, wanted["action"].to_sym, inputs) do |reply|
    body = reply[:body]
    replies << {"sender" => reply[:senderid], "code" => body[:statuscode], "message" => body[:statusmsg], "data" => typed(body[:data])}
  end
  {"replies" => replies, "silent" => client.stats.noresponsefrom}
end

# The filter names an agent: Ruby adds the collective to what is then no empty filter any more, and would match nobody.
def find(seconds)
  {"found" => client_for({}).client.discover(MCollective::Util.empty_filter.merge("agent" => ["rpcutil"]), seconds)}
end

MCollective::Config.instance.loadconfig(ARGV[0])
answers = $stdout.dup
$stdout.reopen($stderr)
$stdin.each_line do |line|
  wanted = JSON.parse(line)
  answer = begin
    wanted["find"] ? find(wanted["find"]) : call(wanted)
  rescue StandardError => e
    {"error" => "#{e.class}: #{e.message}"}
  end
  answers.puts(JSON.generate(answer))
  answers.flush
end
