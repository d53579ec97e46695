-- Reads history, and where the channel stands.
-- KEYS: hash, stream
-- ARGV: after epoch, after offset, before epoch, before offset (each '' if none), limit,
--       history age (ms), never-used TTL (ms)
-- Returns the epoch, the newest offset, the oldest position kept ('' if none), and positions and payloads
-- by turns: oldest first with `after`, otherwise newest first.
local meta, stream = KEYS[1], KEYS[2]
local after_epoch, after_offset = ARGV[1], ARGV[2]
local before_epoch, before_offset = ARGV[3], ARGV[4]
local limit = tonumber(ARGV[5])

local now = now_ms()
local epoch, newest, ages_at = open_channel(meta, stream, now, ARGV[7])
if ages_at and now >= ages_at then
  drop_aged(meta, stream, now, tonumber(ARGV[6]))
end
local oldest = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]

local entries = {}
local from, to = '-', '+'
if before_epoch == epoch then
  to = '(' .. epoch .. '-' .. before_offset
end
if before_epoch ~= '' and before_epoch ~= epoch or limit == 0 then
  entries = {}
elseif after_epoch == '' then
  entries = redis.call('XREVRANGE', stream, to, from, 'COUNT', limit)
else
  if after_epoch == epoch and tonumber(after_offset) <= newest then
    from = '(' .. epoch .. '-' .. after_offset
  end
  entries = redis.call('XRANGE', stream, from, to, 'COUNT', limit)
end

local flat = {}
for index, entry in ipairs(entries) do
  flat[2 * index - 1] = entry[1]
  flat[2 * index] = entry[2][4]
end
return { epoch, text(newest), oldest and oldest[1] or '', flat }
