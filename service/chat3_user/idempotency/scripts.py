"""The steps of the Redis store, in Redis' own language; times are Unix milliseconds.

A key is a hash: `request`, `owner` (empty when nobody holds it), `lease`, `doubt` (absent, or the
last moment at which an attempt of unknown outcome may have been sent), `began` and `answer`. Every
script gets the owner and the request first.
"""

from typing import Final

_NOW: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local key, owner, request = KEYS[1], ARGV[1], ARGV[2]
"""

CLAIM: Final = (
    _NOW
    + """
local lease, settle, retention = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
redis.call('SET', KEYS[2], now, 'NX')
local born = tonumber(redis.call('GET', KEYS[2]))
local row = redis.call('HMGET', key, 'request', 'owner', 'lease', 'doubt', 'began', 'answer')
if not row[1] then
  redis.call('HSET', key, 'request', request, 'owner', owner, 'lease', now + lease, 'began', now)
  redis.call('PEXPIRE', key, retention)
  -- Attempts from before the loss renew their lease or end with it.
  if now < born + retention then return {'held', retention, born + lease + settle - now} end
  return {'held'}
end
if row[1] ~= request then return {'reused'} end
if row[6] then return {'finished', row[6]} end
local doubt = tonumber(row[4] or nil)
if row[2] ~= '' and row[2] ~= owner then
  local ends = tonumber(row[3])
  if ends > now then return {'busy'} end
  doubt = math.max(doubt or 0, ends)
end
redis.call('HSET', key, 'owner', owner, 'lease', now + lease)
local began = tonumber(row[5])
local settled = doubt and doubt + settle
if doubt then redis.call('HSET', key, 'doubt', doubt) end
local forgotten = began < born + retention
if forgotten then settled = math.max(settled or 0, born + lease + settle) end
if not settled then return {'held'} end
local oldest = forgotten and retention or now - began
if not doubt then return {'held', oldest, settled - now} end
return {'held', oldest, settled - now, now - began}
"""
)

RENEW: Final = (
    _NOW
    + """
local held = redis.call('HGET', key, 'owner')
if held and held ~= owner then return 0 end
redis.call('HSET', key, 'owner', owner, 'request', request, 'lease', now + tonumber(ARGV[3]))
if not held then
  redis.call('HSET', key, 'began', now)
  redis.call('PEXPIRE', key, ARGV[4])
end
return 1
"""
)

FINISH: Final = (
    _NOW
    + """
local held = redis.call('HGET', key, 'owner')
if held and held ~= owner then return 0 end
redis.call('HSET', key, 'owner', owner, 'request', request, 'answer', ARGV[4])
redis.call('PEXPIRE', key, ARGV[3])
return 1
"""
)

RELEASE: Final = (
    _NOW
    + """
if redis.call('HGET', key, 'owner') ~= owner then return 0 end
if redis.call('HEXISTS', key, 'answer') == 1 then return 0 end
if redis.call('HEXISTS', key, 'doubt') == 0 then return redis.call('DEL', key) end
redis.call('HSET', key, 'owner', '')
return 1
"""
)

FORGET: Final = (
    _NOW
    + """
if redis.call('HGET', key, 'owner') ~= owner then return 0 end
if redis.call('HEXISTS', key, 'answer') == 1 then return 0 end
return redis.call('DEL', key)
"""
)

ABANDON: Final = (
    _NOW
    + """
if redis.call('HGET', key, 'owner') ~= owner then return 0 end
if redis.call('HEXISTS', key, 'answer') == 1 then return 0 end
redis.call('HSET', key, 'owner', '', 'doubt', now - tonumber(ARGV[3]))
return 1
"""
)
