// The tasks behind the npm scripts; started by scripts/run.mjs under Node 24.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { countExamples, isComplete } from './example-totals.mjs'
import { printTotals } from './totals.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const reports = join(root, '.reports')
const [task, ...args] = process.argv.slice(2)
const packages = readdirSync(join(root, 'packages')).sort()
const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', NODE_NO_WARNINGS: '1' }

function run(command, parameters, { capture = false } = {}) {
  const started = Date.now()
  const { status, error, stdout } = spawnSync(command, parameters, {
    cwd: root,
    env,
    stdio: ['inherit', capture ? 'pipe' : 'inherit', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (error) throw error
  return { ok: status === 0, status, stdout, seconds: ((Date.now() - started) / 1000).toFixed(1) }
}

/** Runs a check, says how it ended, and shows what it printed where it failed. */
function report(name, command, ...parameters) {
  const result = run(command, parameters, { capture: true })
  process.stdout.write(`${result.ok ? '✓' : '✗'} ${name} (${result.seconds} s)\n`)
  if (!result.ok) process.stdout.write(result.stdout)
  return result
}

/** Runs checks one after the other, all of them. */
const check = (checks) => checks.map((each) => report(...each)).every(({ ok }) => ok)

/** Runs a vitest project, keeps its JSON report, and ends with a line of totals. */
function suite(name, parameters) {
  mkdirSync(reports, { recursive: true })
  const report = join(reports, `${name}.json`)
  rmSync(report, { force: true })
  const { ok } = run('vitest', [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...parameters,
  ])
  const totals = printTotals([report])
  return ok && totals.failed === 0 && totals.passed > 0
}

const source = '--conditions=@sallyport/source'
const buildStep = [
  'build',
  'turbo',
  'run',
  'build',
  '--filter=./packages/*',
  '--output-logs=errors-only',
  `--concurrency=${cpus().length}`,
]

const quickChecks = () => [
  ['format', 'oxfmt', '--check', '.'],
  ['lint', 'oxlint', '--deny-warnings'],
  ['types', 'tsc', '-p', 'tsconfig.json'],
  ['layers', 'depcruise', '--config', '.dependency-cruiser.cjs', 'packages'],
  ['unused code', 'knip', '--no-progress'],
  ['documents', 'node', source, 'scripts/docs/check-documents.mjs'],
]

const packed = join(reports, 'packed')
const packStep = [
  'pack',
  'pnpm',
  '--recursive',
  '--filter',
  './packages/*',
  'pack',
  '--pack-destination',
  packed,
]

/** Checks of what is published: they build the packages and look into the archives that would be uploaded. */
function packageChecks() {
  // Nothing of an earlier build may pass for this one; turbo brings back what did not change.
  for (const name of packages) rmSync(join(root, 'packages', name, 'dist'), { recursive: true, force: true })
  rmSync(packed, { recursive: true, force: true })
  mkdirSync(packed, { recursive: true })
  const updates = args.filter((argument) => argument === '--update')
  const archives = packages.map((name) => [name, join(packed, `sallyport-${name}-${versionOf(name)}.tgz`)])
  return [
    buildStep,
    packStep,
    ...archives.map(([name, archive]) => [`publint ${name}`, 'publint', archive, '--strict']),
    ...archives.map(([name, archive]) => [
      `types of ${name}`,
      'attw',
      archive,
      '--profile',
      'esm-only',
      '--no-color',
    ]),
    ['public API', 'node', 'scripts/api-report.mjs', ...updates],
  ]
}

/** Hands the named options of the command line to a suite as environment variables; what remains is for its runner. */
function toSettings(prefix, names) {
  const rest = [...args]
  for (const name of names) {
    const at = rest.indexOf(`--${name}`)
    if (at >= 0) env[`${prefix}_${name.toUpperCase()}`] = rest.splice(at, 2)[1]
  }
  return rest
}

const versionOf = (name) =>
  JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')).version

const tasks = {
  build: () => check([buildStep]),
  check: () => check(quickChecks()),
  'packages:check': () => {
    const isGood = check(packageChecks())
    // Its table is to be seen, also when all is well.
    const updates = args.filter((argument) => argument === '--update')
    return run('node', ['scripts/packages/check-installs.mjs', ...updates]).ok && isGood
  },
  docs: () =>
    run('node', [source, 'scripts/docs/check-documents.mjs', '--table', ...args]).ok &&
    run('node', ['scripts/docs/build-docs.mjs']).ok,
  newcomer: () => {
    mkdirSync(packed, { recursive: true })
    return (
      check([buildStep, packStep]) &&
      run('node', ['scripts/newcomer/from-clone.mjs']).ok &&
      run('node', [source, 'scripts/newcomer/from-npm.mjs']).ok
    )
  },
  demo: () => run('node', [source, 'examples/demo/main.ts', ...args]).status,
  examples: () => {
    mkdirSync(packed, { recursive: true })
    // Jobs and containers install what is published.
    if (!check([buildStep, packStep])) return false
    const names = readdirSync(join(root, 'examples'))
      .filter((name) => args.length === 0 || args.includes(name))
      .filter((name) => name !== 'demo' && existsSync(join(root, 'examples', name, 'main.ts')))
    const totals = countExamples(
      names.map((name) => report(`example ${name}`, 'node', source, `examples/${name}/main.ts`)),
    )
    for (const what of totals.skipped) process.stdout.write(`skipped: ${what}\n`)
    process.stdout.write(
      `${totals.passed} passed, ${totals.failed} failed, ${totals.skipped.length} skipped\n`,
    )
    return isComplete(totals, { isAllRequired: Boolean(process.env.SALLYPORT_REQUIRE_TOOLS) })
  },
  format: () => run('oxfmt', ['.']).ok,
  test: () => {
    const checked = args.length > 0 || check(quickChecks())
    return suite('unit', args) && checked
  },
  e2e: () => suite('e2e', ['--root', 'test/e2e', ...args]),
  browser: () => suite('browser', ['--root', 'test/browser', ...args]),
  interop: () => suite('interop', ['--root', 'test/interop', ...args]),
  'conformance:oci': () =>
    run('node', ['test/tools/install.mjs', 'conformance']).ok &&
    suite('conformance', ['--root', 'test/conformance', ...args]),
  'conformance:sigstore': () =>
    suite('conformance-sigstore', ['--root', 'test/conformance/sigstore', ...args]),
  tools: () => suite('tools', ['--root', 'test/tools', ...args]),
  images: () => suite('images', ['--root', 'test/images', ...args]),
  accuracy: () => suite('accuracy', ['--root', 'test/accuracy', ...args]),
  // npm run harden:images -- --images 8 --seed 7
  'harden:images': () =>
    suite('harden', ['--root', 'test/harden', ...toSettings('SALLYPORT_HARDEN', ['images', 'seed'])]),
  // npm run engine -- --promotions 500 --seed 7
  engine: () =>
    suite('engine', ['--root', 'test/engine', ...toSettings('SALLYPORT_ENGINE', ['promotions', 'seed'])]),
  'engine:dbos': () => run('node', [source, 'test/engine/run-small.ts', ...args]).status,
  // npm run audit:scale -- --repositories 2000
  'audit:scale': () => {
    env.SALLYPORT_AUDIT_BUILT = '1'
    const parameters = toSettings('SALLYPORT_AUDIT', ['repositories'])
    return check([buildStep]) && suite('audit', ['--root', 'test/audit', ...parameters])
  },
  drift: () => suite('drift', ['--root', 'test/drift', ...args]),
  // npm run monitor:mixed -- --events 5000 --seed 7
  'monitor:mixed': () =>
    suite('monitor', ['--root', 'test/monitor', ...toSettings('SALLYPORT_MONITOR', ['events', 'seed'])]),
  // npm run behaviour -- --runs 20
  behaviour: () =>
    suite('behaviour', ['--root', 'test/behaviour', ...toSettings('SALLYPORT_BEHAVIOUR', ['runs'])]),
  admission: () => suite('admission', ['--root', 'test/admission', ...args]),
  cli: () => {
    env.SALLYPORT_CLI_BUILT = '1'
    return check([buildStep]) && suite('cli', ['--root', 'test/cli', ...args])
  },
  // npm run chaos -- --points 200 --seed 7
  chaos: () => {
    env.SALLYPORT_CHAOS_BUILT = '1'
    const parameters = toSettings('SALLYPORT_CHAOS', ['points', 'seed'])
    return check([buildStep]) && suite('chaos', ['--root', 'test/chaos', ...parameters])
  },
  // What is published is measured, so it is built first.
  bench: () => check([buildStep]) && run('node', [source, 'test/bench/run.ts', ...args]).ok,
}

if (!Object.hasOwn(tasks, task)) {
  process.stderr.write(`no task "${task}"; there are: ${Object.keys(tasks).join(', ')}\n`)
  process.exit(2)
}
const result = tasks[task]()
process.exitCode = typeof result === 'number' ? result : result ? 0 : 1
