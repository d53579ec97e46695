-- Shared by publish.lua, read.lua and revise.lua, and put before each of them. A channel has two keys, and sometimes a
-- third. A stream holds its messages; their ids are their positions. A hash holds its epoch, its newest offset, the time at which its oldest message
-- expires, the data line of Redis in which the epoch began, the earlier epochs, each with its last offset, and a `!`
-- once it is known that Redis had more messages and lost them. If the bytes of the channel are limited, the hash also
-- has the sum of the bytes of all its messages, kept or not, and each message holds the sum before it: the difference
-- is what the messages from there on take.
--
-- Redis cannot change an entry of a stream. So a message that was edited or deleted leaves the stream, and a second hash
-- has what takes its place, by offset: `<epoch> <time of the message> <position of the event that announced the edit, or
-- -> <payload>`. The payload of a deleted message is `! <createdAt>`. The first hash says until when there may be a
-- second one.

-- Avoids the form 1.76e+12 for large numbers.
local function text(number)
  return string.format('%.0f', number)
end

-- What a message takes in memory in addition to its payload, in bytes.
local MESSAGE_BYTES = 32
-- What a channel takes without messages, and at least with messages.
local CHANNEL_BYTES, STREAM_BYTES = 512, 4608
-- How long what a channel is charged may stay unchanged: in a cluster, it may have come from another master.
local CHARGE_MS = 60000

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- The data line changes whenever Redis may have lost the newest messages without a trace, because it restarted or a
-- replica took over. Empty if this user may not run INFO.
local function data_line()
  local info = redis.pcall('INFO', 'replication')
  return type(info) == 'string' and string.match(info, 'master_replid:(%x+)') or ''
end

local FIELDS = { 'epoch', 'offset', 'ages_at', 'past', 'line', 'revised_until' }
local ALL_FIELDS = { 'epoch', 'offset', 'ages_at', 'past', 'line', 'revised_until', 'sum', 'kept_from', 'charged', 'charged_at' }

local function offset_of(id)
  return tonumber(string.match(id, '%-(%d+)$'))
end

-- The key of a channel's hash of revised messages.
local function revised_key(meta)
  return string.sub(meta, 1, -5) .. 'revised'
end

-- The most earlier epochs to remember.
local MAX_PAST = 32

local function each_past(channel)
  return string.gmatch(channel.past, '(%d+):(%d+)(!?) ')
end

-- Ends the epoch at the current offset. A position after that is one that Redis has lost and will not assign again.
local function begin_epoch(meta, channel, now, line)
  local past = channel.past .. channel.epoch .. ':' .. text(channel.offset) .. ' '
  local _, count = string.gsub(past, ' ', '')
  if count > MAX_PAST then
    past = string.gsub(past, '^%S+ ', '')
  end
  channel.past = past
  channel.epoch = text(math.max(now, tonumber(channel.epoch) + 1))
  redis.call('HSET', meta, 'epoch', channel.epoch, 'past', past, 'line', line)
end

-- Reads the state of the channel. Begins a history if there is none, and deletes what an earlier one left behind, which
-- could not be told apart from it. What its messages take is read only if it `is_limited`.
local function open_channel(meta, stream, now, never_used_ttl, is_limited)
  local line = data_line()
  local state = redis.call('HMGET', meta, unpack(is_limited and ALL_FIELDS or FIELDS))
  if not state[1] then
    -- First the write that takes memory: after any other, Redis would no longer refuse this script for want of memory.
    redis.call('HSET', meta, 'epoch', text(now), 'offset', '0', 'line', line)
    redis.call('DEL', stream, revised_key(meta))
    redis.call('PEXPIRE', meta, never_used_ttl)
    return { is_new = true, epoch = text(now), offset = 0, past = '', revised_until = 0, sum = 0, kept_from = 0, charged = 0, charged_at = 0 }
  end
  local channel = {
    epoch = state[1],
    offset = tonumber(state[2]),
    ages_at = tonumber(state[3]),
    past = state[4] or '',
    revised_until = tonumber(state[6] or 0),
    sum = tonumber(state[7] or 0),
    -- The sum before the oldest message, when this was last looked at.
    kept_from = tonumber(state[8] or 0),
    charged = tonumber(state[9] or 0),
    charged_at = tonumber(state[10] or 0),
  }
  if line ~= '' and line ~= state[5] then
    begin_epoch(meta, channel, now, line)
  end
  return channel
end

-- Notes the loss that this position proves, which Redis once gave to a node: there were messages after the end of an
-- epoch, in that epoch or in a later one that Redis has forgotten entirely.
local function note_loss(meta, channel, epoch, offset)
  if epoch == '' or tonumber(epoch) >= tonumber(channel.epoch) then
    return
  end
  local entry
  for past, last, lost in each_past(channel) do
    if tonumber(past) <= tonumber(epoch) then
      entry = tonumber(offset) > tonumber(last) and lost == '' and past .. ':' .. last
    end
  end
  if entry then
    channel.past = string.gsub(channel.past, entry .. ' ', entry .. '! ')
    redis.call('HSET', meta, 'past', channel.past)
  end
end

-- The last offset of an epoch of this history; nil for any other epoch.
local function end_of(channel, epoch)
  if epoch == channel.epoch then
    return channel.offset
  end
  for past, last in each_past(channel) do
    if past == epoch then
      return tonumber(last)
    end
  end
end

-- The epoch of the newest message's position; the current one if messages after it were lost.
local function newest_epoch(channel)
  local epoch
  for past, last, lost in each_past(channel) do
    if lost == '!' and tonumber(last) >= channel.offset then
      return channel.epoch
    end
    epoch = epoch or tonumber(last) >= channel.offset and past
  end
  return epoch or channel.epoch
end

-- Deletes messages older than the channel keeps, and notes when to check again. At most a few hundred at a time,
-- because a script blocks Redis; the next call continues.
local function drop_aged(meta, stream, channel, now, age)
  if channel.ages_at and now < channel.ages_at then
    return
  end
  local oldest
  for _ = 1, 10 do
    local entries = redis.call('XRANGE', stream, '-', '+', 'COUNT', 32)
    oldest = entries[1]
    if not oldest or tonumber(oldest[2][2]) + age > now then
      break
    end
    local aged = {}
    for index, entry in ipairs(entries) do
      if tonumber(entry[2][2]) + age <= now then
        aged[index] = entry[1]
      end
    end
    redis.call('XDEL', stream, unpack(aged))
  end
  if oldest then
    redis.call('HSET', meta, 'ages_at', text(tonumber(oldest[2][2]) + age))
  else
    redis.call('HDEL', meta, 'ages_at')
  end
end

-- The sum of the channel before this message.
local function sum_before(entry)
  return tonumber(entry[2][6] or 0)
end

-- Deletes the oldest messages until the others have at most so many bytes, but never the newest. Looks at a few at a
-- time, and at most at a few hundred: the next call continues.
local function drop_excess(stream, channel, limit)
  local look_at = 2
  for _ = 1, 8 do
    local entries = redis.call('XRANGE', stream, '-', '+', 'COUNT', look_at)
    local excess, fits = {}, false
    for index, entry in ipairs(entries) do
      channel.kept_from = sum_before(entry)
      fits = channel.sum - channel.kept_from <= limit
      if fits or index == #entries then
        break
      end
      excess[index] = entry[1]
    end
    if #excess > 0 then
      redis.call('XDEL', stream, unpack(excess))
    end
    if fits or #entries < look_at then
      return
    end
    look_at = look_at * 2
  end
end

-- Appends a message at the next position.
local function append(stream, channel, payload, count, now_text, is_limited)
  channel.offset = channel.offset + 1
  local position = channel.epoch .. '-' .. text(channel.offset)
  if is_limited then
    redis.call('XADD', stream, 'MAXLEN', '=', count, position, 't', now_text, 'm', payload, 's', text(channel.sum))
    channel.sum = channel.sum + #payload + MESSAGE_BYTES
  else
    redis.call('XADD', stream, 'MAXLEN', '=', count, position, 't', now_text, 'm', payload)
  end
end

-- Counts what the channel takes towards the bytes that all channels of its pattern may have, and drops channels beyond
-- them, those that have had no message for longest first. A sorted set has the channels by the time of their last
-- message, and a hash their bytes, with the total under ''.
local function charge(budget, limit, meta, name, channel, now, ttl)
  local sizes = budget .. ':sizes'
  local kept = channel.sum - channel.kept_from
  -- A little more than now, so that few messages change it.
  local size = CHANNEL_BYTES
  if kept > 0 then
    size = size + math.max(STREAM_BYTES, math.floor(kept * 1.25))
  end
  local known = redis.call('HGET', sizes, name)
  local total = redis.call('HINCRBY', sizes, '', size - (known or 0))
  redis.call('HSET', sizes, name, size)
  redis.call('PEXPIRE', sizes, ttl)
  redis.call('PEXPIRE', budget, ttl)
  redis.call('HSET', meta, 'charged', size, 'charged_at', text(now))
  while total > limit do
    local oldest = redis.call('ZRANGE', budget, 0, 0)[1]
    if not oldest or oldest == name then
      return
    end
    -- Another master may have it by now, and then it takes no memory here.
    local epoch = redis.pcall('HGET', oldest .. ':meta', 'epoch')
    -- If one that began in this millisecond began again, it would give the same positions a second time.
    if type(epoch) == 'string' and tonumber(epoch) >= now then
      return
    end
    redis.pcall('DEL', oldest .. ':meta', oldest .. ':history', oldest .. ':revised')
    total = redis.call('HINCRBY', sizes, '', 0 - (redis.call('HGET', sizes, oldest) or 0))
    redis.call('HDEL', sizes, oldest)
    redis.call('ZREM', budget, oldest)
  end
end

-- Keeps the channel within its own bytes, and all channels of its pattern within theirs.
-- limits: `bytes` and `total`, each '' if there is none; the key of the `budget`, which is on the same master, and its
-- `ttl`
local function keep_within(limits, meta, stream, channel, now)
  local bytes, total = tonumber(limits.bytes), tonumber(limits.total)
  local kept = channel.sum - channel.kept_from
  local is_due = total and (kept > channel.charged or now > channel.charged_at + CHARGE_MS)
  if is_due or bytes and kept > bytes then
    drop_excess(stream, channel, bytes or math.huge)
    redis.call('HSET', meta, 'kept_from', text(channel.kept_from))
  end
  local name = string.sub(meta, 1, -6)
  -- In a cluster, the slot of the budget may be about to move. The next message tries again.
  if total then
    redis.pcall('ZADD', limits.budget, now, name)
  end
  if is_due then
    pcall(charge, limits.budget, total, meta, name, channel, now, limits.ttl)
  end
end

-- Notes what was appended, keeps the channel within its limits, and sets when it expires.
local function settle(limits, meta, stream, channel, now)
  local is_limited = limits.bytes ~= '' or limits.total ~= ''
  if is_limited then
    redis.call('HSET', meta, 'offset', text(channel.offset), 'sum', text(channel.sum))
  else
    redis.call('HSET', meta, 'offset', text(channel.offset))
  end
  drop_aged(meta, stream, channel, now, tonumber(limits.age))
  if is_limited then
    keep_within(limits, meta, stream, channel, now)
  end
  redis.call('PEXPIRE', stream, limits.age)
  redis.call('PEXPIRE', meta, limits.ttl)
end
