-- One change of one scope (behind epoch.lua): all of it, or nothing. Every service's commits are this script; what a change means stands in store.ts.
--
-- KEYS  1 documents (hash: key -> "version time json")   2 state (hash: sequence, version, since, ended)
--       3 change ids (hash: id -> "sequence version")    4 older change ids   5 outbox (stream)   6 epoch of the cell
--       7... the indexes (sorted sets)
-- ARGV  change id, time, tenant, channel, cell, whether the scope ends (1 or 0), then lists, each behind its length:
--       expected key, version ...; touched keys; removed keys; put key, json ...; dropped indexes (numbers of KEYS);
--       indexes: number of its KEY, list of members that leave, list of members that come; an event's attributes, its data ...
-- Returns {1, sequence, version}, {0, key} for a conflict, or {2} where the scope has ended.
local documents, state, ids, olderIds, outbox, epoch = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local mostArguments = 1000

local at = 0
local function take()
  at = at + 1
  return ARGV[at]
end
local function takeList()
  local list = {}
  for n = 1, tonumber(take()) do list[n] = take() end
  return list
end

local id, time, tenant, channel, cell, ends = take(), take(), take(), take(), take(), take() == '1'
local expected, touched, removed, put, dropped = takeList(), takeList(), takeList(), takeList(), takeList()

local answered = redis.call('HGET', ids, id) or redis.call('HGET', olderIds, id)
if answered then
  local sequence, version = string.match(answered, '(%d+) (%d+)')
  return { 1, tonumber(sequence), tonumber(version) }
end

-- Checks.
local known = redis.call('HMGET', state, 'sequence', 'version', 'since', 'ended')
if known[4] and not ends then return { 2 } end
for n = 1, #expected, 2 do
  local found = redis.call('HGET', documents, expected[n])
  if (found and string.match(found, '^%d+') or '0') ~= expected[n + 1] then return { 0, expected[n] } end
end
for _, key in ipairs(touched) do
  if redis.call('HEXISTS', documents, key) == 0 then return { 0, key } end
end

-- From here on nothing is refused.
local version, since = tonumber(known[2] or 0) + 1, tonumber(known[3] or 0)
local sequence = math.max(tonumber(known[1] or 0), epochOf(epoch) * 1000000000000)
-- Lua writes a large number with an exponent.
local function text(number)
  return string.format('%.0f', number)
end
local head = version .. ' ' .. time .. ' '

for _, key in ipairs(touched) do
  local json = string.match(redis.call('HGET', documents, key), '^%S+ %S+ (.*)$')
  redis.call('HSET', documents, key, head .. json)
end
if ends then redis.call('UNLINK', documents) end
for _, key in ipairs(removed) do redis.call('HDEL', documents, key) end
for n = 1, #put, 2 do redis.call('HSET', documents, put[n], head .. put[n + 1]) end

for _, key in ipairs(dropped) do redis.call('UNLINK', KEYS[tonumber(key)]) end
for _ = 1, tonumber(take()) do
  local index, leave, come = KEYS[tonumber(take())], takeList(), takeList()
  for first = 1, #leave, mostArguments do
    redis.call('ZREM', index, unpack(leave, first, math.min(first + mostArguments - 1, #leave)))
  end
  for first = 1, #come, mostArguments do
    local scored = {}
    for n = first, math.min(first + mostArguments - 1, #come) do
      scored[#scored + 1] = 0
      scored[#scored + 1] = come[n]
    end
    redis.call('ZADD', index, unpack(scored))
  end
end

local events = takeList()
for n = 1, #events, 2 do
  sequence = sequence + 1
  redis.call('XADD', outbox, '*', 'tenant', tenant, 'sequence', text(sequence), 'event', events[n], 'data', events[n + 1])
end
if #events > 0 then redis.call('PUBLISH', channel, cell) end

-- Change ids are remembered in two generations, as in recent-changes.ts.
local now, count = tonumber(redis.call('TIME')[1]), redis.call('HLEN', ids)
if count >= 1000 and now - since >= 600 then
  redis.call('UNLINK', olderIds)
  redis.call('RENAME', ids, olderIds)
  count = 0
end
if count == 0 then since = now end
redis.call('HSET', ids, id, text(sequence) .. ' ' .. version)
if ends then redis.call('HSET', state, 'ended', 1) end
redis.call('HSET', state, 'sequence', text(sequence), 'version', version, 'since', since)
return { 1, sequence, version }
