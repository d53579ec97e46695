-- Reads history, and where the channel stands.
-- KEYS: hash, stream
-- ARGV: after epoch, after offset, before epoch, before offset (each '' if none), limit,
--       history age (ms), never-used TTL (ms), bytes after which no further message is taken
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

-- A few at a time: not much of a large history is to be in the script's memory at once.
local flat, bytes = {}, 0
local function take(command, from, to)
  while limit > 0 do
    local entries = redis.call(command, stream, from, to, 'COUNT', math.min(limit, 32))
    for _, entry in ipairs(entries) do
      bytes = bytes + #entry[2][4]
      if bytes > tonumber(ARGV[8]) and #flat > 0 then
        return
      end
      flat[#flat + 1] = entry[1]
      flat[#flat + 1] = entry[2][4]
    end
    limit = limit - #entries
    if #entries < 32 then
      return
    end
    from = '(' .. entries[#entries][1]
  end
end

local to = '+'
if before_epoch == epoch then
  to = '(' .. epoch .. '-' .. before_offset
end
if before_epoch == '' or before_epoch == epoch then
  if after_epoch == '' then
    take('XREVRANGE', to, '-')
  elseif after_epoch == epoch and tonumber(after_offset) <= newest then
    take('XRANGE', '(' .. epoch .. '-' .. after_offset, to)
  else
    take('XRANGE', '-', to)
  end
end
return { epoch, text(newest), oldest and oldest[1] or '', flat }
