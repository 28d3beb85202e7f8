-- Sends the requests of one file in their order, each once; they are separated by NUL.
-- Whoever runs out of them sends a request that no server takes, so that the run counts as failed.
-- An answer without a reply in it counts as unanswered: a server that gives up quickly is not fast.
local requests, at, wraps, threads = {}, 0, false, {}
unanswered = 0

function setup(thread) threads[#threads + 1] = thread end

function init(args)
  local file = assert(io.open(args[1], "rb"))
  for one in file:read("*a"):gmatch("[^%z]+") do requests[#requests + 1] = one end
  file:close()
  wraps = args[2] == "again"
end

function request()
  at = at + 1
  if at > #requests and wraps then at = 1 end
  return requests[at] or "GET /ran-out HTTP/1.1\r\nHost: bench\r\n\r\n"
end

function response(status, headers, body)
  if #body < 100 then unanswered = unanswered + 1 end
end

function done(summary, latency)
  local errors, without = summary.errors, 0
  for _, thread in ipairs(threads) do without = without + thread:get("unanswered") end
  io.write(string.format(
    'RESULT {"requests": %d, "seconds": %.6f, "p50_ms": %.3f, "p99_ms": %.3f, "max_ms": %.3f, '
    .. '"unanswered": %d, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1000,
    latency:percentile(99) / 1000, latency.max / 1000, without, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
