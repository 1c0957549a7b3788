// npm run engine:dbos: PostgreSQL, four workers and some promotions, from nothing, and what happened.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { runPromotions } from './run-promotions.ts'

const promotions = Number(process.argv[2] ?? 40)
const seed = Number(process.argv[3] ?? Math.floor(Math.random() * 2 ** 31))
const directory = await mkdtemp(join(tmpdir(), 'sallyport-engine-'))
try {
  process.stdout.write(`seed ${seed}\n`)
  const report = await runPromotions({
    directory,
    promotions,
    workers: 4,
    seed,
    killEveryMs: 3_000,
    onStage: (message) => process.stdout.write(`${message}\n`),
  })
  for (const { result } of report.promotions.slice(0, 5)) {
    process.stdout.write(
      result.verdict === 'pass' ? `${result.target} ${result.digest}\n` : `${JSON.stringify(result)}\n`,
    )
  }
  const passed = report.promotions.filter(({ result }) => result.verdict === 'pass').length
  const rate = Math.round((promotions / report.seconds) * 60)
  process.stdout.write(
    `${passed} of ${promotions} passed, in ${report.starts} starts, ${rate} a minute, ${report.kills} workers killed\n`,
  )
  process.exitCode = passed === promotions ? 0 : 1
} finally {
  await rm(directory, { recursive: true, force: true })
}
