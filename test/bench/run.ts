// npm run bench -- NAME: a table on stderr, and as the last line on stdout one JSON object. `load` is the machine's load
// average of a minute, before and after: figures of a machine that has other things to do mean little.
import { cpus, loadavg, totalmem } from 'node:os'
import process from 'node:process'
import { benchAdmission } from './admission.ts'
import { benchAudit } from './audit.ts'
import { benchCopy } from './copy.ts'
import { benchDrift } from './drift.ts'
import { benchGate } from './gate.ts'
import { benchHarden } from './harden.ts'
import { benchMonitor } from './monitor.ts'
import { benchPolicy } from './policy.ts'
import { benchScan } from './scan.ts'
import { benchVerify } from './verify.ts'
import type { BenchRow } from './bench-row.ts'

const benches: Readonly<Record<string, () => Promise<readonly BenchRow[]>>> = {
  admission: benchAdmission,
  audit: benchAudit,
  copy: benchCopy,
  drift: benchDrift,
  gate: benchGate,
  harden: benchHarden,
  monitor: benchMonitor,
  policy: benchPolicy,
  scan: benchScan,
  verify: benchVerify,
}

const name = process.argv[2] ?? ''
const bench = benches[name]
if (!bench) {
  process.stderr.write(`npm run bench -- NAME, with NAME one of: ${Object.keys(benches).join(', ')}\n`)
  process.exit(2)
}
const load = [loadavg()[0]]
const rows = await bench()
load.push(loadavg()[0])
for (const { case: title, metric, ours, peers, ratio, target, ok } of rows) {
  const others = Object.entries(peers).map(([peer, value]) => `${peer} ${value ?? 'missing'}`)
  process.stderr.write(
    `${ok ? '✓' : '✗'} ${title.padEnd(40)} ${metric}: ours ${ours}, ${others.join(', ')}; ratio ${ratio ?? '-'} (target ${target})\n`,
  )
}
const machine = `${process.platform} ${process.arch}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`
process.stdout.write(`${JSON.stringify({ bench: name, machine, load, rows })}\n`)
process.exitCode = rows.every(({ ok }) => ok) ? 0 : 1
