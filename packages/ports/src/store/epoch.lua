-- The epoch of a cell, which begins anew where a former replica is found in the place of its master: what that one had acknowledged and not yet
-- copied is lost. Either of two things tells it from a master that was only started again. It has a former history (zeros where there is none),
-- but only until it is started again, and a hosted Redis may not tell. And it finds the field `copy`, which replicas alone have.
--
-- key: hash of epoch, history (the replication id under which the cell was last written), copy

-- Goes to the replicas, and stays neither in the master's memory nor in its log.
local function markCopies(key)
  redis.set_repl(redis.REPL_REPLICA)
  redis.call('HSET', key, 'copy', 1)
  redis.set_repl(redis.REPL_NONE)
  redis.call('HDEL', key, 'copy')
  redis.set_repl(redis.REPL_ALL)
end

local function epochOf(key)
  local epoch, known, copy = unpack(redis.call('HMGET', key, 'epoch', 'history', 'copy'))
  epoch = tonumber(epoch or 0)
  local told = redis.pcall('INFO', 'replication')
  local history = type(told) == 'string' and string.match(told, 'master_replid:(%x+)')
  local isNew = history and history ~= known
  local former = isNew and known and string.match(told, 'master_replid2:(%x+)') or ''
  if copy or string.find(former, '[^0]') then epoch = epoch + 1 end
  if copy or isNew then
    redis.call('HSET', key, 'epoch', epoch, 'history', history or '')
    redis.call('HDEL', key, 'copy')
  end
  -- A hosted Redis may refuse it.
  if not history or string.find(told, 'connected_slaves:[^0]') then pcall(markCopies, key) end
  return epoch
end
