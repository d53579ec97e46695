-- Appends a message, assigns its position and fans it out: one atomic step.
-- KEYS: hash, stream, [idempotency key]
-- ARGV: pub/sub channel, payload, history count, history age (ms), position TTL (ms), never-used TTL (ms),
--       [what to remember of the message, idempotency window (ms)]
-- Returns what is remembered of the message, and '1' if it is a repeat.
local meta, stream, key = KEYS[1], KEYS[2], KEYS[3]
local channel, payload, count = ARGV[1], ARGV[2], ARGV[3]
local age = tonumber(ARGV[4])

if key then
  local first = redis.call('GET', key)
  if first then
    return { first, '1' }
  end
end

local now = now_ms()
local epoch, offset, ages_at = open_channel(meta, stream, now, ARGV[6])
local position = epoch .. '-' .. text(offset + 1)

redis.call('XADD', stream, 'MAXLEN', '=', count, position, 't', text(now), 'm', payload)
redis.call('HSET', meta, 'offset', text(offset + 1))
if not ages_at or now >= ages_at then
  drop_aged(meta, stream, now, age)
end
redis.call('PEXPIRE', stream, ARGV[4])
redis.call('PEXPIRE', meta, ARGV[5])
redis.call('PUBLISH', channel, position .. ' ' .. payload)

local remembered = position .. ' ' .. (ARGV[7] or '')
if key then
  redis.call('SET', key, remembered, 'PX', ARGV[8])
end
return { remembered, '0' }
