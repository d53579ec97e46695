-- Edits or deletes messages, and appends and fans out the events that announce it: one atomic step.
-- fan_out: PUBLISH, or SPUBLISH in a cluster
-- KEYS: hash, stream, hash of revised messages
-- ARGV: pub/sub channel, history count, history age (ms), position TTL (ms), never-used TTL (ms), epoch and offset of the
--       last position that this publisher was given ('' if none), history bytes, bytes of all channels of the pattern
--       (each '' if there is no limit), key of their budget, then one of
--       'edit', the position, the payload that it must have, its new payload, the payload of the announcement
--       'delete', the position, the payload of the announcement before and after the ids
--       'delete-of', the end of the sender's messages, the payload of the announcement before and after the ids
--       'clear', the payload of the announcement
-- Returns how many messages were revised, or `not-kept` or `conflict`; the position of the first announcement ('' if
-- there is none); and the payloads of the announcements.
local meta, stream, revised = KEYS[1], KEYS[2], KEYS[3]
local count = tonumber(ARGV[2])
local limits = { age = ARGV[3], ttl = ARGV[4], bytes = ARGV[8], total = ARGV[9], budget = ARGV[10] }
local kind = ARGV[11]

-- As in an announcement.
local MAX_IDS = 1000
-- The characters of `2026-01-31T12:00:00.000Z"}`, with which every message ends.
local END_LENGTH = 26

local now = now_ms()
local now_text = text(now)
local is_limited = limits.bytes ~= '' or limits.total ~= ''
local opened = open_channel(meta, stream, now, ARGV[5], is_limited)
note_loss(meta, opened, ARGV[6], ARGV[7])
local first = opened.epoch .. '-' .. text(opened.offset + 1)

local announcements = {}
local function announce(payload)
  announcements[#announcements + 1] = payload
  append(stream, opened, payload, count, now_text, is_limited)
end

-- A message as its id, time and payload, and the event that announced its last edit ('-' if there is none).
local function from_entry(entry)
  return { id = entry[1], time = entry[2][2], payload = entry[2][4], by = '-' }
end

local function from_value(offset, value)
  local epoch, time, by, payload = string.match(value, '^(%d+) (%d+) (%S+) (.*)$')
  if tonumber(time) + tonumber(limits.age) > now then
    return { id = epoch .. '-' .. offset, time = time, payload = payload, by = by }
  end
end

local function find(id)
  local entry = redis.call('XRANGE', stream, id, id)[1]
  if entry then
    return from_entry(entry)
  end
  local offset = string.match(id, '%d+$')
  local value = redis.call('HGET', revised, offset)
  local message = value and from_value(offset, value)
  return message and message.id == id and message or nil
end

-- Takes the message out of the stream first: that frees memory, and Redis then no longer refuses this script for want of
-- it.
local function replace(message, by, payload)
  redis.call('XDEL', stream, message.id)
  local epoch, offset = string.match(message.id, '^(%d+)%-(%d+)$')
  redis.call('HSET', revised, offset, epoch .. ' ' .. message.time .. ' ' .. by .. ' ' .. payload)
end

local function delete(message)
  replace(message, '-', '! ' .. string.sub(message.payload, -END_LENGTH, -3))
end

local function is_deleted(message)
  return string.sub(message.payload, 1, 2) == '! '
end

local function delete_edit_of(message)
  local edit = message.by ~= '-' and find(message.by)
  if edit and not is_deleted(edit) then
    delete(edit)
    return edit
  end
end

local function announce_deleted(messages)
  for index = 1, #messages, MAX_IDS do
    local ids = {}
    for at = index, math.min(index + MAX_IDS - 1, #messages) do
      ids[#ids + 1] = messages[at].id
    end
    announce(ARGV[13] .. '"' .. table.concat(ids, '","') .. '"' .. ARGV[14])
  end
end

local function is_from(payload, ending)
  return string.sub(payload, -END_LENGTH - #ending, -END_LENGTH - 1) == ending
end

local function all_from(ending)
  local found = {}
  local from = '-'
  repeat
    local entries = redis.call('XRANGE', stream, from, '+', 'COUNT', 100)
    for _, entry in ipairs(entries) do
      if is_from(entry[2][4], ending) then
        found[#found + 1] = from_entry(entry)
      end
    end
    from = #entries == 100 and '(' .. entries[100][1]
  until not from
  local flat = redis.call('HGETALL', revised)
  for index = 1, #flat, 2 do
    local message = from_value(flat[index], flat[index + 1])
    if message and is_from(message.payload, ending) then
      found[#found + 1] = message
    end
  end
  table.sort(found, function(one, other)
    return offset_of(one.id) < offset_of(other.id)
  end)
  return found
end

-- Forgets what is beyond the count: what has been revised no longer counts as an entry of the stream.
local function keep_count()
  local cut = opened.offset - count
  repeat
    local entries = redis.call('XRANGE', stream, '-', '+', 'COUNT', 100)
    local excess = {}
    for index, entry in ipairs(entries) do
      if offset_of(entry[1]) <= cut then
        excess[index] = entry[1]
      end
    end
    if #excess > 0 then
      redis.call('XDEL', stream, unpack(excess))
    end
  until #excess < 100
  if redis.call('HLEN', revised) > count then
    local flat = redis.call('HGETALL', revised)
    for index = 1, #flat, 2 do
      if tonumber(flat[index]) <= cut then
        redis.call('HDEL', revised, flat[index])
      end
    end
  end
end

local result
if kind == 'clear' then
  redis.call('DEL', stream, revised)
  result = 1
  opened.kept_from = opened.sum
  if is_limited then
    redis.call('HSET', meta, 'kept_from', text(opened.kept_from))
  end
  announce(ARGV[12])
elseif kind == 'delete-of' then
  local messages = all_from(ARGV[12])
  for _, message in ipairs(messages) do
    delete(message)
  end
  result = #messages
  announce_deleted(messages)
else
  local message = find(ARGV[12])
  if not message then
    return { 'not-kept', '', {} }
  elseif kind == 'edit' and message.payload ~= ARGV[13] then
    return { 'conflict', '', {} }
  elseif is_deleted(message) then
    return { '0', '', {} }
  elseif string.sub(message.payload, 1, 7) == 'stream.' then
    return { 'not-kept', '', {} }
  end
  local edit = delete_edit_of(message)
  if kind == 'edit' then
    replace(message, first, ARGV[14])
    -- What the channel takes grows by the new payload and by the announcement.
    opened.sum = opened.sum + #ARGV[14]
    announce(ARGV[15])
  else
    delete(message)
    announce_deleted({ message, edit })
  end
  result = 1
end

if #announcements > 0 then
  if kind ~= 'clear' then
    keep_count()
    redis.call('HSET', meta, 'revised_until', text(now + tonumber(limits.age)))
    redis.call('PEXPIRE', revised, limits.age)
  end
  settle(limits, meta, stream, opened, now)
  redis.call(fan_out, ARGV[1], first .. '\n' .. table.concat(announcements, '\n'))
end
return { tostring(result), #announcements > 0 and first or '', announcements }
