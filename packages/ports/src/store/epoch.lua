-- The epoch of a cell, which begins anew where this server was a replica once and is found in the place of its master: what that one had
-- acknowledged and not yet copied is lost. A server that was only started again has no former history (zeros). A hosted Redis may not tell;
-- then an operator raises the epoch.
--
-- key: hash of epoch and history (the replication id under which the cell was last written)
local function epochOf(key)
  local known = redis.call('HMGET', key, 'epoch', 'history')
  local epoch = tonumber(known[1] or 0)
  local told = redis.pcall('INFO', 'replication')
  local history = type(told) == 'string' and string.match(told, 'master_replid:(%x+)')
  if history and history ~= known[2] then
    local former = string.match(told, 'master_replid2:(%x+)') or ''
    if known[2] and string.find(former, '[^0]') then epoch = epoch + 1 end
    redis.call('HSET', key, 'epoch', epoch, 'history', history)
  end
  return epoch
end
