-- Reads history and the state of the channel.
-- KEYS: hash, stream. The hash of revised messages is not among them: while a slot moves, Redis refuses a script that
-- names a key which does not exist.
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

local revised = opened.revised_until > now and revised_key(meta) or nil

-- What takes the place of an edited or deleted message, as its id and payload; nil if nothing does.
local function replacement(offset)
  local value = revised and redis.call('HGET', revised, text(offset))
  if value then
    local epoch, time, payload = string.match(value, '^(%d+) (%d+) %S+ (.*)$')
    if tonumber(time) + tonumber(ARGV[6]) > now then
      return epoch .. '-' .. text(offset), payload
    end
  end
end

local flat, bytes = {}, 0

-- Adds a message to the page, as long as it has room.
local function add(id, payload)
  bytes = bytes + #payload
  if bytes > tonumber(ARGV[8]) and #flat > 0 then
    limit = 0
  end
  if limit > 0 then
    limit = limit - 1
    flat[#flat + 1] = id
    flat[#flat + 1] = payload
  end
end

-- Fills the page with a range of the stream, and with what takes the place of messages that are no longer there.
-- step: 1 for XRANGE, -1 for XREVRANGE
-- place: the offset of the place before the first message; nil if it is not known
-- bound: the offset before which the messages end; nil if they end with the stream
local function take(command, from, to, step, place, bound)
  while limit > 0 do
    -- A few at a time, so that the script never holds much of a large history in memory.
    local asked = math.min(limit, 32)
    local entries = redis.call(command, stream, from, to, 'COUNT', asked)
    for _, entry in ipairs(entries) do
      if revised then
        local offset = offset_of(entry[1])
        for between = (place or offset - step) + step, offset - step, step do
          local id, payload = replacement(between)
          if id then
            add(id, payload)
          end
          if limit == 0 then
            return
          end
        end
        place = offset
      end
      add(entry[1], entry[2][4])
    end
    if #entries < asked then
      break
    end
    from = '(' .. entries[#entries][1]
  end
  while revised and place and limit > 0 do
    place = place + step
    local id, payload = replacement(place)
    if not id or bound and place >= bound then
      return
    end
    add(id, payload)
  end
end

local last = end_of(opened, after_epoch)
local is_known = after_epoch == '' or (last ~= nil and tonumber(after_offset) <= last)
local is_before_known = before_epoch == '' or end_of(opened, before_epoch) ~= nil
if ARGV[9] == '1' then
  note_loss(meta, opened, after_epoch, after_offset)
end

local function is_after(id, epoch, offset)
  local its_epoch, its_offset = string.match(id, '^(%d+)%-(%d+)$')
  if its_epoch == epoch then
    return tonumber(its_offset) > tonumber(offset)
  end
  return tonumber(its_epoch) > tonumber(epoch)
end

-- Ids increase from epoch to epoch. After a lost position come those assigned since, whether or not its epoch is
-- remembered. After a position that does not belong to this history comes everything.
local from, to, bound = '-', '+', nil
if after_epoch ~= '' and (is_known or tonumber(after_epoch) < tonumber(opened.epoch)) then
  from = '(' .. after_epoch .. '-' .. after_offset
end
local next_kept = redis.call('XRANGE', stream, from, '+', 'COUNT', 1)[1]
local next_id = next_kept and next_kept[1]
-- Messages right before it may have been edited or deleted.
if revised and next_id then
  local offset = offset_of(next_id)
  local id
  repeat
    offset = offset - 1
    id = replacement(offset)
    if id and (from == '-' or is_after(id, after_epoch, after_offset)) then
      next_id = id
    else
      id = nil
    end
  until not id
end
local next_epoch = next_id and tonumber(string.match(next_id, '^%d+'))

-- Lost messages lie between two epochs. A reader is told of them when it gets there, so a page ends before that.
if before_epoch ~= '' then
  to = '(' .. before_epoch .. '-' .. before_offset
  bound = math.min(tonumber(before_offset), opened.offset + 1)
end
if after_epoch ~= '' then
  for past, past_last, lost in each_past(opened) do
    local epoch = tonumber(past)
    if lost == '!' and epoch >= tonumber(after_epoch) and not (next_epoch and next_epoch <= epoch) then
      is_known = false
    elseif lost == '!' and next_epoch and next_epoch <= epoch and before_epoch == '' then
      to = past .. '-' .. past_last
      bound = tonumber(past_last) + 1
      break
    end
  end
end

if is_before_known and after_epoch == '' then
  take('XREVRANGE', to, '-', -1, bound, nil)
elseif is_before_known then
  -- Without anything kept, nothing is known to have taken the place of what was there.
  take('XRANGE', from, to, 1, next_id and offset_of(next_id) - 1, bound)
end

return {
  opened.epoch,
  newest_epoch(opened) .. '-' .. text(opened.offset),
  is_known and is_before_known and '1' or '',
  next_id or '',
  flat,
}
