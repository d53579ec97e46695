-- Takes from the rates of a client before a publish that happens on another master.
-- KEYS: the client's rates
-- ARGV: the rates, as take_rates has them; '1' if the channel is new
-- Returns as publish.lua, with nothing to remember
local number, wait = take_rates(KEYS[1], ARGV[1], ARGV[2] == '1', now_ms())
return number and refusal(number, wait) or { '', '0' }
