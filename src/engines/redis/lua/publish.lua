-- Appends messages, assigns their positions and fans them out: one atomic step.
-- fan_out: PUBLISH, or SPUBLISH in a cluster
-- KEYS: hash, stream, [idempotency key], [the client's rates]
-- ARGV: pub/sub channel, history count, history age (ms), position TTL (ms), never-used TTL (ms),
--       what to remember of the batch, idempotency window (ms), epoch and offset of the last position that this
--       publisher was given ('' if none), history bytes, bytes of all channels of the pattern (each '' if there is
--       no limit), key of their budget, what to take from the client's rates ('' if there are none, and then no key),
--       then a payload for each message
-- Returns what is remembered of the batch, and '1' if it is a repeat, otherwise '0'. Beyond a rate, changes nothing and
-- returns the number of the rate and the time to wait (ms), and 'limited'.
local meta, stream = KEYS[1], KEYS[2]
local rates = ARGV[13]
local rates_key = rates ~= '' and KEYS[#KEYS] or nil
local key = KEYS[3] ~= rates_key and KEYS[3] or nil
local channel, count = ARGV[1], ARGV[2]
local limits = { age = ARGV[3], ttl = ARGV[4], bytes = ARGV[10], total = ARGV[11], budget = ARGV[12] }
local first_payload = 14

if key then
  local earlier = redis.call('GET', key)
  if earlier then
    -- WAIT covers only writes of the same connection, and another one may have made the first write.
    redis.call('SET', key, earlier, 'KEEPTTL')
    return { earlier, '1' }
  end
end

local now = now_ms()
if rates_key then
  local is_new_channel = (redis.call('HGET', meta, 'offset') or '0') == '0'
  local number, wait = take_rates(rates_key, rates, is_new_channel, now)
  if number then
    return refusal(number, wait)
  end
end
local now_text = text(now)
local is_limited = limits.bytes ~= '' or limits.total ~= ''
local opened = open_channel(meta, stream, now, ARGV[5], is_limited)
note_loss(meta, opened, ARGV[8], ARGV[9])
local first = opened.epoch .. '-' .. text(opened.offset + 1)
for index = first_payload, #ARGV do
  append(stream, opened, ARGV[index], count, now_text, is_limited)
end
settle(limits, meta, stream, opened, now)

local remembered = first .. ' ' .. ARGV[6]
if key then
  redis.call('SET', key, remembered, 'PX', ARGV[7])
end
-- Last, so that if this fails, the batch is remembered as accepted and is in history.
redis.call(fan_out, channel, first .. '\n' .. table.concat(ARGV, '\n', first_payload))
return { remembered, '0' }
