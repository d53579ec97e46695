-- What publish.lua and read.lua share: it is put before each of them.
-- A channel is two keys: a hash with its epoch, its newest offset and the time at which its oldest
-- message ages out; and a stream with its messages, whose ids are their positions.

-- Numbers of this size must not become 1.76e+12.
local function text(number)
  return string.format('%.0f', number)
end

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Epoch, newest offset, and when the oldest message ages out. Begins a history where there is none:
-- what an earlier one left behind cannot be told from it and goes.
local function open_channel(meta, stream, now, never_used_ttl)
  local state = redis.call('HMGET', meta, 'epoch', 'offset', 'ages_at')
  if state[1] then
    return state[1], tonumber(state[2]), tonumber(state[3])
  end
  redis.call('DEL', stream)
  redis.call('HSET', meta, 'epoch', text(now), 'offset', '0')
  redis.call('PEXPIRE', meta, never_used_ttl)
  return text(now), 0, nil
end

-- Deletes what is older than the channel keeps, and notes when to look again. Not more than a few hundred at
-- a time: Redis serves nobody else meanwhile, and whoever comes next goes on.
local function drop_aged(meta, stream, now, age)
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
