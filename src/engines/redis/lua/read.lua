-- Reads history and the state of the channel.
-- KEYS: hash, stream
-- ARGV: after epoch, after offset, before epoch, before offset (each '' if none), limit,
--       history age (ms), never-used TTL (ms), bytes beyond which no further message is taken,
--       '1' if Redis itself gave `after` to the node: what a client claims is no evidence,
--       bytes of all channels of the pattern ('' if there is no limit), key of their budget, position TTL (ms)
-- Returns the epoch; the newest position; whether `after` and `before`, if given, belong to this history ('1' or '');
-- the position of the first message kept after `after` ('' if none), whatever the limit; and positions and payloads
-- alternately: oldest first with `after`, otherwise newest first.
local meta, stream = KEYS[1], KEYS[2]
local after_epoch, after_offset = ARGV[1], ARGV[2]
local before_epoch, before_offset = ARGV[3], ARGV[4]
local limit = tonumber(ARGV[5])

local now = now_ms()
local opened = open_channel(meta, stream, now, ARGV[7])
if opened.is_new then
  keep_within({ total = ARGV[10], budget = ARGV[11], ttl = ARGV[12] }, meta, stream, opened, now)
end
if opened.ages_at then
  drop_aged(meta, stream, opened, now, tonumber(ARGV[6]))
end

-- A few at a time, so that the script never holds much of a large history in memory.
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

local last = end_of(opened, after_epoch)
local is_known = after_epoch == '' or (last ~= nil and tonumber(after_offset) <= last)
local is_before_known = before_epoch == '' or end_of(opened, before_epoch) ~= nil
if ARGV[9] == '1' then
  note_loss(meta, opened, after_epoch, after_offset)
end

-- Ids increase from epoch to epoch. After a lost position come those assigned since, whether or not its epoch is
-- remembered. After a position that does not belong to this history comes everything.
local from, to = '-', '+'
if after_epoch ~= '' and (is_known or tonumber(after_epoch) < tonumber(opened.epoch)) then
  from = '(' .. after_epoch .. '-' .. after_offset
end
local next_kept = redis.call('XRANGE', stream, from, '+', 'COUNT', 1)[1]
local next_epoch = next_kept and tonumber(string.match(next_kept[1], '^%d+'))

-- Lost messages lie between two epochs. A reader is told of them when it gets there, so a page ends before that.
if before_epoch ~= '' then
  to = '(' .. before_epoch .. '-' .. before_offset
end
if after_epoch ~= '' then
  for past, past_last, lost in each_past(opened) do
    local epoch = tonumber(past)
    if lost == '!' and epoch >= tonumber(after_epoch) and not (next_epoch and next_epoch <= epoch) then
      is_known = false
    elseif lost == '!' and next_epoch and next_epoch <= epoch and before_epoch == '' then
      to = past .. '-' .. past_last
      break
    end
  end
end

if is_before_known and after_epoch == '' then
  take('XREVRANGE', to, '-')
elseif is_before_known then
  take('XRANGE', from, to)
end

return {
  opened.epoch,
  newest_epoch(opened) .. '-' .. text(opened.offset),
  is_known and is_before_known and '1' or '',
  next_kept and next_kept[1] or '',
  flat,
}
