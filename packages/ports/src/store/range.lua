-- Some members of an index, and how many it has, in one step with the scope's sequence.
--
-- KEYS  1 index   2 state (hash: sequence)   3 epoch of the cell
-- ARGV  most members; how many to skip; or else the member to start behind
-- Returns {total, sequence or nothing, epoch or nothing, members}.
local limit, offset, after = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local members = {}
if limit > 0 and after then
  members = redis.call('ZRANGEBYLEX', KEYS[1], '(' .. after, '+', 'LIMIT', 0, limit)
elseif limit > 0 then
  members = redis.call('ZRANGE', KEYS[1], offset, offset + limit - 1)
end
return { redis.call('ZCARD', KEYS[1]), redis.call('HGET', KEYS[2], 'sequence'), redis.call('HGET', KEYS[3], 'epoch'), members }
