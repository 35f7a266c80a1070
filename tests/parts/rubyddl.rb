# Answers each line of JSON with one: {"ddl": TEXT, "kind": KIND} with what MCollective's own classes make of that DDL, symbols and
# regular expressions among the values marked; {"pattern": P, "text": T} with what its validator says of the text. The classes
# evaluate a DDL, so only those of trust come here.
require "json"
require "mcollective"

MCollective::Config.instance.instance_eval do
  @configured, @mode, @libdir, @loglevel, @logger_type = true, :client, [], "error", "console"
end

KINDS = {"agent" => MCollective::DDL::AgentDDL, "data" => MCollective::DDL::DataDDL, "discovery" => MCollective::DDL::DiscoveryDDL}

def marked(value)
  case value
  when Symbol then {"symbol" => value.to_s}
  when Regexp then {"regexp" => value.source, "options" => value.options & 7}
  when Hash then {"pairs" => value.map { |key, item| [key.to_s, marked(item)] }}
  when Array then value.map { |item| marked(item) }
  else value
  end
end

def read(question)
  ddl = (KINDS[question["kind"]] || MCollective::DDL::Base).new("x", question["kind"].to_sym, false)
  ddl.instance_eval(question["ddl"], "x.ddl", 1)
  {"kind" => question["kind"], "meta" => marked(ddl.meta), "requirements" => marked(ddl.requirements),
   "entities" => marked(ddl.entities), "usage" => ddl.instance_variable_get(:@usage)}
rescue Exception => e
  {"error" => "#{e.class}: #{e.message}"}
end

$stdin.set_encoding("UTF-8")
$stdout.set_encoding("UTF-8")
$stdout.sync = true
while (line = $stdin.gets)
  question = JSON.parse(line)
  answer = question["ddl"] ? read(question) : {"matches" => !question["text"].match(question["pattern"]).nil?}
  puts JSON.generate(answer)
end
