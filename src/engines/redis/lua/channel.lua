-- What publish.lua and read.lua share: it is put before each of them.
-- A channel is two keys. A stream has its messages, whose ids are their positions. A hash has its epoch, its
-- newest offset, the time at which its oldest message ages out, the line of Redis' data in which the epoch began,
-- and the epochs before it, each with its last offset, and a `!` once it is known that Redis had more and lost it.

-- Numbers of this size must not become 1.76e+12.
local function text(number)
  return string.format('%.0f', number)
end

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Another one whenever Redis may have lost the newest messages without a trace: it started anew, or a replica
-- took over. Nothing where the user may not ask.
local function data_line()
  local info = redis.pcall('INFO', 'replication')
  return type(info) == 'string' and string.match(info, 'master_replid:(%x+)') or ''
end

-- How many epochs that ended are remembered.
local MAX_PAST = 32

local function each_past(channel)
  return string.gmatch(channel.past, '(%d+):(%d+)(!?) ')
end

-- Ends the epoch where it stands: a position behind that is one that Redis has lost, and will not give again.
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

-- Where the channel stands. Begins a history where there is none: what an earlier one left behind cannot be told
-- from it and goes.
local function open_channel(meta, stream, now, never_used_ttl)
  local line = data_line()
  local state = redis.call('HMGET', meta, 'epoch', 'offset', 'ages_at', 'past', 'line')
  if not state[1] then
    redis.call('DEL', stream)
    redis.call('HSET', meta, 'epoch', text(now), 'offset', '0', 'line', line)
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

-- Notes what this position, which a node was given, tells of a loss: that there were messages behind the end of an
-- epoch, in that one or in a later one of which Redis has forgotten all.
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

-- The last offset of an epoch of this history, or nothing if it is none.
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

-- The epoch in which the newest message got its position; this one, if others that came behind it were lost.
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

-- Deletes what is older than the channel keeps, and notes when to look again. Not more than a few hundred at
-- a time: Redis serves nobody else meanwhile, and whoever comes next goes on.
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
