-- Takes from the rates of a client, from all of them or from none: token buckets, each kept as the time at which it is
-- full.
-- key: a string with the name of each rate and that time
-- rates: for each its name, its cost, its quota, the time until a quota is whole again (ms), and '1' if it is taken for
--        new channels only, with a blank behind each
-- Returns nothing if it has taken them; otherwise the number of the rate that has too little left, and the time until it
-- has enough (ms).
local function take_rates(key, rates, is_new_channel, now)
  local full_at = {}
  for name, at in string.gmatch(redis.call('GET', key) or '', '(%S+) (%S+) ') do
    full_at[name] = tonumber(at)
  end
  local number, longest = 0, 0
  for name, cost, quota, quota_ms, if_new in string.gmatch(rates, '(%S+) (%S+) (%S+) (%S+) (%S+) ') do
    number = number + 1
    if if_new ~= '1' or is_new_channel then
      local from = math.max(full_at[name] or 0, now)
      -- A cost beyond the quota is allowed while nothing is used.
      local wait = from - now + (math.min(cost, quota) / quota - 1) * quota_ms
      -- Rounding must not refuse what is just within a rate.
      if wait > 0.1 then
        return number, math.ceil(wait)
      end
      full_at[name] = from + cost / quota * quota_ms
      longest = math.max(longest, full_at[name] - now)
    end
  end
  if longest > 0 then
    local state = {}
    for name, at in pairs(full_at) do
      state[#state + 1] = name .. ' ' .. string.format('%.4f ', at)
    end
    redis.call('SET', key, table.concat(state), 'PX', math.ceil(longest))
  end
end

-- The answer to what is beyond a rate.
local function refusal(number, wait)
  return { string.format('%d %d', number, wait), 'limited' }
end
