import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import autocannon from 'autocannon';
import { make, scimType, type Workload } from './workload.ts';

export interface Driven {
  requests: number;
  perSecond: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  /** Answers outside 2xx, and broken connections. */
  failed: number;
  /** Number of the next request: a workload goes on where it stopped, so that no userName is used twice. */
  next: number;
}

export interface Target {
  url: string;
  key: string;
  /** Keep-alive connections. */
  connections?: number;
}

const usual = 32;
export const tool: 'wrk' | 'autocannon' = spawnSync('wrk', ['-v']).error ? 'autocannon' : 'wrk';

/** Sends a workload over keep-alive connections, 32 unless said otherwise, for some seconds, with wrk where it is found, else autocannon. */
export const drive = (target: Target, workload: Workload, seconds: number, from: number): Promise<Driven> =>
  tool === 'wrk' ? withWrk(target, workload, seconds, from) : withAutocannon(target, workload, seconds, from);

/** Lua's `make`, as in workload.ts: wrk calls `request` for each request of its one thread. */
const script = (key: string, { method, path, body, contentType = scimType, turns = ['', ''] }: Workload, idsFile: string, from: number) => `
local ids, n = {}, ${from}
for id in io.lines(${JSON.stringify(idsFile)}) do ids[#ids + 1] = id end
local turns = { ${JSON.stringify(turns[0])}, ${JSON.stringify(turns[1])} }
local headers = { ["authorization"] = "Bearer ${key}", ["content-type"] = "${contentType}" }
local path, body = [==[${path}]==], ${body === undefined ? 'nil' : `[==[${body}]==]`}
request = function()
  local turn = turns[math.floor(n / math.max(#ids, 1)) % 2 + 1]
  local values = { n = tostring(n), id = ids[n % #ids + 1], turn = turn }
  n = n + 1
  local fill = function(text) return (text:gsub("{(%a+)}", values)) end
  return wrk.format("${method}", fill(path), headers, body and fill(body))
end
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end`;

async function withWrk({ url, key, connections = usual }: Target, workload: Workload, seconds: number, from: number): Promise<Driven> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const ids = join(folder, 'ids');
    const lua = join(folder, 'load.lua');
    writeFileSync(ids, `${workload.ids.join('\n')}\n`);
    writeFileSync(lua, script(key, workload, ids, from));
    const { stdout } = await promisify(execFile)('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', lua, url]);
    const result = /RESULT (\d+) (\d+) (\d+) (\d+) (\d+)/.exec(stdout);
    if (!result) throw new Error(`wrk said nothing that is understood:\n${stdout}`);
    const [requests, micros, p50, p99, failed] = result.slice(1).map(Number) as [number, number, number, number, number];
    // Each connection may have one more under way than was answered.
    return {
      requests,
      perSecond: (requests / micros) * 1e6,
      p50: p50 / 1000,
      p99: p99 / 1000,
      failed,
      next: from + requests + connections,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function withAutocannon(
  { url, key, connections = usual }: Target,
  workload: Workload,
  seconds: number,
  from: number,
): Promise<Driven> {
  let next = from;
  const headers = { authorization: `Bearer ${key}`, 'content-type': workload.contentType ?? scimType };
  const setupRequest = (request: autocannon.Request) => ({ ...request, headers, ...make(workload, next++) }) as autocannon.Request;
  const result = await autocannon({ url, connections, duration: seconds, requests: [{ setupRequest }] });
  return {
    requests: result.requests.total,
    perSecond: result.requests.average,
    p50: result.latency.p50,
    p99: result.latency.p99,
    failed: result.non2xx + result.errors,
    next,
  };
}
