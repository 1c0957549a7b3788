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

const counting = (entry) => `
import { registerHooks } from 'node:module'
const loaded = new Set()
registerHooks({ load: (url, context, next) => (loaded.add(url), next(url, context)) })
await import(${JSON.stringify(entry)})
console.log(JSON.stringify([...loaded].filter((url) => url.startsWith('file:'))))
process.exit()`

/** How many modules of others are loaded with an entry: what its time depends on most, and no clock is needed for it. */
export function countForeignModules(node, folder, entry) {
  const { status, stdout, stderr } = run(node, folder, counting(entry))
  if (status !== 0) throw new Error(`${entry}: ${stderr}`)
  return JSON.parse(stdout).filter((url) => !/\/@sallyport\/[^/]+\/dist\//.test(url)).length
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]

function importOnce(node, folder, entry) {
  const { status, stdout, stderr } = run(node, folder, code(entry))
  if (status !== 0)
    return { problem: stderr.trim().split('\n').slice(-12).join('\n') || `ended with ${status}` }
  const { took, names } = JSON.parse(stdout)
  return names === 0 ? { problem: 'exports nothing' } : { took }
}

function run(node, folder, text) {
  return spawnSync(node, ['--input-type=module', '--eval', text], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 30_000,
  })
}
