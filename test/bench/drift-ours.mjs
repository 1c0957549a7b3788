// Compares a tree with its list of files, in full and again: node drift-ours.mjs TREE
import process from 'node:process'
import { checkDrift, createHashCache, FileBaseline, rootCollector } from '@sallyport/runtime'

const [, , tree] = process.argv
// The list of what lies there: no file is in the image, so all of them are hashed for it.
const files = []
const everything = { get: (path) => ({ path, type: 'file' }), pathOf: () => undefined }
for await (const { kind, ...file } of rootCollector(tree).collect({ baseline: everything })) {
  if (kind !== 'present') throw new Error(`${kind} ${file.path}`)
  const { capability, ...record } = file
  files.push({ ...record, ...(capability && { xattrs: { 'security.capability': capability } }) })
}
const baseline = new FileBaseline(files)
const cache = createHashCache()
const check = async (collector) => {
  const started = performance.now()
  const before = process.cpuUsage()
  const { verdict } = await checkDrift({ baseline, collector })
  if (verdict !== 'clean') throw new Error(verdict)
  const { user, system } = process.cpuUsage(before)
  return { seconds: (performance.now() - started) / 1000, processor: (user + system) / 1e6 }
}
const full = []
for (let run = 0; run < 3; run++) full.push(await check(rootCollector(tree)))
await check(rootCollector(tree, { cache }))
const incremental = []
for (let run = 0; run < 5; run++) incremental.push(await check(rootCollector(tree, { cache })))
process.stdout.write(JSON.stringify({ full, incremental, cached: cache.size }))
