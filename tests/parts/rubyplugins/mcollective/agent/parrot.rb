module MCollective
  module Agent
    # The twin of libdir/agents/parrot: says things, for tests.
    class Parrot < RPC::Agent
      action "say" do
        reply[:value] = request[:value]
      end

      action "show" do
        reply[:nothing] = nil
        reply[:yes] = true
        reply[:small] = -7
        reply[:large] = 2**70
        reply[:float] = 3.25
        reply[:text] = "žluťoučký kůň 雪"
        reply[:bytes] = [0xff, 0x00, 0xfe].pack("C*")
        reply[:symbol] = :running
        reply[:nested] = {"list" => [1, [2.5, nil], {"deep" => [true, "č"]}], "empty" => {}, "none" => []}
      end

      action "stumble" do
        reply[:reached] = "the start"
        case request[:how]
        when "aborted" then reply.fail! "gave up"
        when "carrying on" then reply.fail "not quite"
        when "unknown" then reply.fail! "nothing is known", 2
        when "missing" then reply.fail! "something is missing", 3
        when "invalid" then reply.fail! "something is wrong", 4
        when "other" then reply.fail! "something else", 5
        when "exception" then raise "out of seeds"
        end
        reply[:reached] = "the end"
      end

      action "check" do
        reply[:inputs] = request.data.reject { |name, _| name.to_s == "process_results" }
      end

      action "note" do
        File.open(config.pluginconf["parrot.ledger"], "a") { |file| file.puts("#{config.identity} #{request.uniqid} #{request[:text]}") }
        reply[:noted] = request[:text]
      end

      action "dawdle" do
        sleep request[:seconds]
        reply[:waited] = request[:seconds]
      end
    end
  end
end
