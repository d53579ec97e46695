-- Tries every command that the other scripts use, on a key of its own, and leaves nothing behind.
-- fan_out: PUBLISH, or SPUBLISH in a cluster
-- KEYS: a key that nothing else uses
-- ARGV: pub/sub channel for probes
-- Returns what Redis refused, one `<command>: <error>` each.
local key, channel = KEYS[1], ARGV[1]
-- The first write is one that takes memory: once a script has written anything, Redis no longer refuses it for want of
-- memory.
local commands = {
  { 'TIME' },
  { 'HSET', key, 'field', '' },
  { 'HMGET', key, 'field' },
  { 'HDEL', key, 'field' },
  { 'DEL', key },
  { 'XADD', key, 'MAXLEN', '=', '1', '1-1', 'field', '' },
  { 'XRANGE', key, '-', '+', 'COUNT', '1' },
  { 'XREVRANGE', key, '+', '-', 'COUNT', '1' },
  { 'XDEL', key, '1-1' },
  { 'DEL', key },
  { 'HINCRBY', key, 'field', '1' },
  { 'HGET', key, 'field' },
  { 'HLEN', key },
  { 'HGETALL', key },
  { 'DEL', key },
  { 'ZADD', key, '1', 'member' },
  { 'ZRANGE', key, '0', '0' },
  { 'ZREM', key, 'member' },
  { 'SET', key, '', 'PX', '1000' },
  { 'GET', key },
  { 'PEXPIRE', key, '1000' },
  { 'DEL', key },
  { fan_out, channel, '' },
}
local refused = {}
for _, command in ipairs(commands) do
  local answer = redis.pcall(unpack(command))
  if type(answer) == 'table' and answer.err then
    -- Without the place in this script, which Redis appends.
    local text = string.gsub(answer.err, ' script: .*', '')
    refused[#refused + 1] = command[1] .. ': ' .. text
  end
end
return refused
