// Installs each packed package alone in a new folder, imports each of its entries on every Node that we support, and
// compares what was installed with scripts/packages/table.json; with --update the table is written anew.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { checkContents } from './check-contents.mjs'
import { countForeignModules, measureImport } from './measure-import.mjs'
import { servePackages } from './serve-packages.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const tableFile = join(import.meta.dirname, 'table.json')
const update = process.argv.includes('--update')
const table = JSON.parse(await readFile(tableFile, 'utf8'))
const { license, homepage, repository } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
const expected = { license, homepage, repository, engines: table.engines }
// The contract suites describe tests: they load inside a test runner only.
const insideTestRunner = new Set(['@sallyport/testkit/contracts'])

const work = await mkdtemp(join(tmpdir(), 'sallyport-packages-'))
await using registry = await servePackages(root)
const npm = (folder, ...parameters) =>
  promisify(execFile)(
    'npm',
    [...parameters, '--prefix', folder, '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd: folder,
      env: { ...process.env, ...registry.environment, npm_config_prefer_offline: 'true' },
      maxBuffer: 16 * 1024 * 1024,
    },
  )
const problems = []
/** Above what we want, and known to be. */
const slow = []

try {
  const nodes = await installNodes()
  const locked = await readLocked()
  const measured = {}
  for (const name of registry.names) measured[name] = await checkPackage(name, nodes, locked)
  compare(measured, nodes)
  if (update)
    await writeFile(tableFile, `${JSON.stringify({ ...table, packages: sizesOf(measured) }, null, 2)}\n`)
} finally {
  await rm(work, { recursive: true, force: true })
}
if (slow.length > 0)
  process.stdout.write(`not yet under ${table.importMs} ms:\n${slow.map((line) => `  ${line}\n`).join('')}`)
for (const problem of problems) process.stdout.write(`✗ ${problem}\n`)
process.exitCode = problems.length > 0 ? 1 : 0

/** Brings each Node of the table from npm. */
async function installNodes() {
  const folder = join(work, 'nodes')
  await mkdir(folder)
  await writeFile(join(folder, 'package.json'), '{}')
  // The package `node` places its binary in an install script; the one that it would place is a package as well.
  const of = (version) => `node-${version}@npm:node-${process.platform}-${process.arch}@${version}`
  await npm(folder, 'install', '--ignore-scripts', ...table.nodes.map(of))
  return table.nodes.map((version) => [
    version,
    join(folder, 'node_modules', `node-${version}`, 'bin', 'node'),
  ])
}

/**
 * The versions that our lock file holds dependencies to, of those that are in it once: a release of somebody else does not
 * change what is measured here.
 */
async function readLocked() {
  const lock = await readFile(join(root, 'pnpm-lock.yaml'), 'utf8')
  const [, list = ''] = /^packages:\n(.*?)^snapshots:/ms.exec(lock) ?? []
  const versions = new Map()
  for (const [, name, version] of list.matchAll(/^ {2}'?(@?[^@\s']+)@([^:'(]+)'?:$/gm))
    versions.set(name, [...(versions.get(name) ?? []), version])
  return new Map([...versions].flatMap(([name, [version, more]]) => (more ? [] : [[name, version]])))
}

async function checkPackage(name, nodes, locked) {
  const short = name.slice('@sallyport/'.length)
  const ceilingOf = (entry) => table.slow[entry] ?? table.importMs
  const { exports, peerDependencies = {} } = registry.manifests.get(name)
  const folder = join(work, short)
  await mkdir(folder)
  const overrides = Object.fromEntries(locked)
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, overrides }))
  await npm(folder, 'install', '--ignore-scripts', '--omit=optional', '--omit=peer', registry.archiveOf(name))
  const size = await measureFolder(join(folder, 'node_modules'))
  for (const problem of checkContents(join(folder, 'node_modules', name), short, expected))
    problems.push(`${name}: ${problem}`)

  const entries = Object.entries(exports)
    .filter(([, target]) => typeof target === 'object')
    .map(([path]) => `${name}${path.slice(1)}`)
  const imports = {}
  const importAll = (names) => {
    const missing = []
    for (const entry of names) {
      imports[entry] = nodes.map(([version, node]) => [
        version,
        measureImport(node, folder, entry, ceilingOf(entry)),
      ])
      if (imports[entry].some(([, { problem }]) => problem?.includes('ERR_MODULE_NOT_FOUND')))
        missing.push(entry)
    }
    return missing
  }
  const withPeers = importAll(entries.filter((entry) => !insideTestRunner.has(entry)))
  const suites = entries.filter((entry) => insideTestRunner.has(entry))
  // Entries that stand on an optional peer get it now; the main entry has to do without.
  if (withPeers.length + suites.length > 0) {
    if (withPeers.includes(name)) problems.push(`${name}: needs ${JSON.stringify(peerDependencies)}`)
    const peers = await peersOf(name)
    if (peers.length > 0)
      await npm(
        folder,
        'install',
        '--ignore-scripts',
        ...peers.map((peer) => `${peer}@${locked.get(peer) ?? 'latest'}`),
      )
    importAll(withPeers)
    for (const entry of suites) await importInTestRunner(folder, entry)
  }
  for (const [entry, results] of Object.entries(imports))
    for (const [version, { problem, ms }] of results) {
      if (problem) problems.push(`${entry} on Node ${version}: ${problem}`)
      else if (ms >= ceilingOf(entry))
        problems.push(
          `${entry} on Node ${version}: imported in ${Math.round(ms)} ms, limit ${ceilingOf(entry)} ms`,
        )
      else if (ms >= table.importMs) slow.push(`${entry} on Node ${version}: ${Math.round(ms)} ms`)
    }
  return { ...size, modules: countForeignModules(nodes[0][1], folder, name), imports }
}

/** Optional peers of a package, and of ours that it stands on. */
async function peersOf(name, seen = new Set()) {
  if (seen.has(name)) return []
  seen.add(name)
  const { dependencies = {}, peerDependencies = {} } = registry.manifests.get(name)
  const below = Object.keys(dependencies).filter((key) => registry.manifests.has(key))
  const more = await Promise.all(below.map((key) => peersOf(key, seen)))
  return [...new Set([...Object.keys(peerDependencies), ...more.flat()])]
}

async function importInTestRunner(folder, entry) {
  const test = `import { expect, it } from 'vitest'
it('is imported', async () => expect(Object.keys(await import('${entry}')).length).toBeGreaterThan(0))\n`
  await writeFile(join(folder, 'entry.test.mjs'), test)
  try {
    await promisify(execFile)(join(folder, 'node_modules', '.bin', 'vitest'), ['run', '--root', folder], {
      cwd: folder,
    })
  } catch (error) {
    problems.push(`${entry} inside Vitest: ${error.stdout}${error.stderr}`)
  }
}

/** Number of packages and bytes below a `node_modules`, without the package itself in the number. */
async function measureFolder(folder) {
  const { packages } = JSON.parse(await readFile(join(folder, '.package-lock.json'), 'utf8'))
  let bytes = 0
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name === '.package-lock.json') continue
    bytes += (await stat(join(entry.parentPath, entry.name))).size
  }
  return { dependencies: Object.keys(packages).length - 1, kilobytes: Math.round(bytes / 1000) }
}

function sizesOf(measured) {
  return Object.fromEntries(
    Object.entries(measured).map(([name, { dependencies, kilobytes, modules }]) => [
      name,
      { dependencies, kilobytes, modules },
    ]),
  )
}

/**
 * Prints the table, and notes what is not as it says. Sizes may differ by a twentieth, so that not each line counts. An
 * import may load fewer modules than the table has, but not more.
 */
function compare(measured, nodes) {
  const lines = [['package', 'packages', 'kB', 'modules', ...nodes.map(([version]) => `ms, ${version}`)]]
  for (const [name, { dependencies, kilobytes, modules, imports }] of Object.entries(measured)) {
    const times = nodes.map(([wanted]) => {
      const all = Object.values(imports).flatMap((results) =>
        results.filter(([version]) => version === wanted).map(([, { ms }]) => ms ?? Number.NaN),
      )
      return String(Math.round(Math.max(...all)))
    })
    lines.push([name, String(dependencies), String(kilobytes), String(modules), ...times])
    if (update) continue
    const known = table.packages[name]
    if (!known) {
      problems.push(`${name} is not in the table: npm run packages:check -- --update`)
      continue
    }
    if (known.dependencies !== dependencies || Math.abs(known.kilobytes - kilobytes) > known.kilobytes / 20)
      problems.push(
        `${name} is ${dependencies} packages, ${kilobytes} kB; the table has ${known.dependencies}, ${known.kilobytes} kB: npm run packages:check -- --update, if that is meant`,
      )
    if (!(modules <= known.modules))
      problems.push(
        `${name} loads ${modules} modules of others, the table has ${known.modules}: what only some calls need is imported when they run`,
      )
  }
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)))
  for (const line of lines)
    process.stdout.write(
      `${line.map((cell, column) => (column ? cell.padStart(widths[column]) : cell.padEnd(widths[0]))).join('  ')}\n`,
    )
}
