-- What wrk sends to an echo server comes back as an answer to it. Only the first request has to be
-- one, which wrk looks at before it begins.
local size = tonumber(os.getenv("ECHO_BYTES"))
local head = "HTTP/1.1 200 OK\r\nContent-Length: %05d\r\n\r\n"
local content = size - #string.format(head, 0)
local message = string.format(head, content) .. string.rep("x", content)
local looked_at = "GET / HTTP/1.1\r\n\r\n"

function request()
    local now = looked_at
    looked_at = message
    return now
end
