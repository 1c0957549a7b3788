import { spawnSync } from 'node:child_process'

const code = (entry) => `
const started = performance.now()
const before = process.cpuUsage()
const module = await import(${JSON.stringify(entry)})
const { user, system } = process.cpuUsage(before)
const took = Math.min(performance.now() - started, (user + system) / 1000)
console.log(JSON.stringify({ took, names: Object.keys(module).length }))
process.exit()`

/**
 * Imports an entry in fresh processes: `{ ms }` is the time of one where that is below half of the limit, else the
 * median of three or nine; `{ problem }` says why it can't be imported. A time is that of the clock or of the processor, whichever is
 * less: what else the machine does is not ours.
 */
export function measureImport(node, folder, entry, limitMs) {
  const times = []
  for (const [wanted, share] of [
    [1, 0.5],
    [3, 0.8],
    [9, 1],
  ]) {
    while (times.length < wanted) {
      const result = importOnce(node, folder, entry)
      if (result.problem) return result
      times.push(result.took)
    }
    if (median(times) < limitMs * share) break
  }
  return { ms: median(times) }
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]

function importOnce(node, folder, entry) {
  const { status, stdout, stderr } = spawnSync(node, ['--input-type=module', '--eval', code(entry)], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 30_000,
  })
  if (status !== 0)
    return { problem: stderr.trim().split('\n').slice(-12).join('\n') || `ended with ${status}` }
  const { took, names } = JSON.parse(stdout)
  return names === 0 ? { problem: 'exports nothing' } : { took }
}
