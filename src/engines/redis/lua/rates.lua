-- Takes from the three rates of a client (sends, bytes, new channels), from all of them or from none: token buckets, each
-- kept as the time at which it is full.
-- key: a string with these times
-- rates: for each its cost, its quota (0 if there is no such rate), and the time until a quota is whole again (ms)
-- Returns nothing if it has taken them; otherwise the number of the rate that has too little left, and the time until it
-- has enough (ms).
local function take_rates(key, rates, is_new_channel, now)
  local times = { string.match(redis.call('GET', key) or '0 0 0', '(%S+) (%S+) (%S+)') }
  local asked = { string.match(rates, '(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+)') }
  local latest = now
  for number = 1, 3 do
    local quota = tonumber(asked[number * 3 - 1])
    local full_at = tonumber(times[number])
    if quota > 0 and (number < 3 or is_new_channel) then
      local cost, quota_ms = tonumber(asked[number * 3 - 2]), tonumber(asked[number * 3])
      local from = math.max(full_at, now)
      -- A cost beyond the quota is allowed while nothing is used.
      local wait = from - now + (math.min(cost, quota) / quota - 1) * quota_ms
      -- Rounding must not refuse what is just within a rate.
      if wait > 0.1 then
        return number, math.ceil(wait)
      end
      full_at = from + cost / quota * quota_ms
    end
    times[number] = full_at
    latest = math.max(latest, full_at)
  end
  if latest > now then
    redis.call('SET', key, string.format('%.4f %.4f %.4f', unpack(times)), 'PX', math.ceil(latest - now))
  end
end

-- The answer to what is beyond a rate.
local function refusal(number, wait)
  return { string.format('%d %d', number, wait), 'limited' }
end
