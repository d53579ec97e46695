-- Ends an epoch that cannot be trusted any more, because Redis came back without messages that were delivered:
-- what is kept goes on in a new one, at new positions, so that no old position can be taken for one of these.
-- KEYS: hash, stream
-- ARGV: the epoch to end, history age (ms), position TTL (ms)
local meta, stream = KEYS[1], KEYS[2]
if redis.call('HGET', meta, 'epoch') ~= ARGV[1] then
  return
end
local epoch = text(math.max(now_ms(), tonumber(ARGV[1]) + 1))
local entries = redis.call('XRANGE', stream, '-', '+')
redis.call('DEL', stream)
for index, entry in ipairs(entries) do
  redis.call('XADD', stream, epoch .. '-' .. text(index), unpack(entry[2]))
end
redis.call('HSET', meta, 'epoch', epoch, 'offset', text(#entries))
redis.call('PEXPIRE', stream, ARGV[2])
redis.call('PEXPIRE', meta, ARGV[3])
