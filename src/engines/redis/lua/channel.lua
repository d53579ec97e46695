-- Shared by publish.lua and read.lua, and put before each of them. A channel has two keys. A stream holds its messages;
-- their ids are their positions. A hash holds its epoch, its newest offset, the time at which its oldest message
-- expires, the data line of Redis in which the epoch began, and the earlier epochs, each with its last offset, and a
-- `!` once it is known that Redis had more messages and lost them.

-- Avoids the form 1.76e+12 for large numbers.
local function text(number)
  return string.format('%.0f', number)
end

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
-- could not be told apart from it.
local function open_channel(meta, stream, now, never_used_ttl)
  local line = data_line()
  local state = redis.call('HMGET', meta, 'epoch', 'offset', 'ages_at', 'past', 'line')
  if not state[1] then
    -- First the write that takes memory: after any other, Redis would no longer refuse this script for want of memory.
    redis.call('HSET', meta, 'epoch', text(now), 'offset', '0', 'line', line)
    redis.call('DEL', stream)
    redis.call('PEXPIRE', meta, never_used_ttl)
    return { epoch = text(now), offset = 0, past = '' }
  end
  local channel = {
    epoch = state[1],
    offset = tonumber(state[2]),
    ages_at = tonumber(state[3]),
    past = state[4] or '',
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
