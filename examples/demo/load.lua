-- load.lua - for wrk: gives each request a number of its own, and checks each answer. The same numbers are in the
-- request id and, independently, in path or body; each service's expected_lines.py knows what request number N is, too.
--
--     wrk ... URL -- PREFIX COUNT
--
-- Prints FINISHED when requests 1 to COUNT have been answered, or when one of them is so late that it must be
-- lost; wrk itself goes on to sleep out its time, and wants an interrupt then. The few with
-- higher numbers that were under way by then may go unanswered; the service logs them like all others.

local ffi = require("ffi")
ffi.cdef("struct timespec_ { long seconds, nanoseconds; }; int clock_gettime(int, struct timespec_ *);")

local threads = {}
local patience = 5000

local function now()
    local time = ffi.new("struct timespec_")
    ffi.C.clock_gettime(1, time)
    return tonumber(time.seconds) + tonumber(time.nanoseconds) / 1e9
end

function setup(thread)
    table.insert(threads, thread)
end

sent, received, answered, doubled, wrong = 0, 0, 0, 0, 0
began, seconds, responses = 0, 0, 0
local tried = false
local finished = false

function init(args)
    prefix, count = args[1], tonumber(args[2])
    pattern = "^" .. prefix .. "%-(%d+)$"
    seen = {}
end

local function is_charge(n) return n % 10 == 0 end
local function is_health(n) return n % 25 == 1 end
local function has_trace(n) return n % 5 == 3 end

local function make_request(n)
    local headers = { ["X-Request-Id"] = prefix .. "-" .. n }
    if has_trace(n) then
        headers["traceparent"] = string.format("00-%032x-%016x-01", n, n)
    end
    if is_charge(n) then
        return wrk.format("POST", "/charge?n=" .. n, headers, string.format("order=%d&cents=%d", n, 100 + n))
    elseif is_health(n) then
        return wrk.format("GET", "/healthz?n=" .. n, headers)
    else
        return wrk.format("GET", "/orders/" .. n .. "?n=" .. n, headers)
    end
end

-- wrk calls it once before it begins, to see whether it gives a request, and sends nothing.
function request()
    if not tried then
        tried = true
        return make_request(1)
    end
    if sent == 0 then
        began = now()
    end
    sent = sent + 1
    return make_request(sent)
end

local function is_right(n, status, body)
    if is_charge(n) then
        return status == 201 and body == string.format('{"order":%d,"charged":%d}\n', n, 100 + n)
    elseif is_health(n) then
        return status == 200 and body == '{"status":"ok"}\n'
    else
        return status == 200 and body:find('{"order":' .. n .. ",", 1, true) == 1
    end
end

function response(status, headers, body)
    received = received + 1
    local id = headers["X-Request-Id"] or headers["x-request-id"] or ""
    local n = tonumber(id:match(pattern))
    if n == nil or not is_right(n, status, body) then
        wrong = wrong + 1
    elseif seen[n] then
        doubled = doubled + 1
    else
        seen[n] = true
        if n <= count then
            answered = answered + 1
        end
    end
    if not finished and (answered == count or received == count + patience) then
        finished = true
        seconds, responses = now() - began, received
        wrk.thread:stop()
        print("FINISHED")
        io.flush()
    end
end

function done(summary, latency, requests)
    local errors = summary.errors
    local thread = threads[1]
    io.write(string.format(
        'RESULT {"seconds": %f, "responses": %d, "answered": %d, "doubled": %d, "wrong": %d, "errors": %d,' ..
            ' "p50_us": %d, "p99_us": %d}\n',
        thread:get("seconds"), thread:get("responses"), thread:get("answered"), thread:get("doubled"), thread:get("wrong"),
        errors.connect + errors.read + errors.write + errors.status + errors.timeout,
        latency:percentile(50), latency:percentile(99)))
end
