// Adds up vitest's JSON reports: node scripts/totals.mjs report.json …
// The last line is `N passed, N failed, N skipped`; a report that is missing or empty counts as a failure.
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { stripVTControlCharacters } from 'node:util'

export function printTotals(files) {
  const totals = { passed: 0, failed: 0, skipped: 0 }
  for (const file of files) {
    let report
    try {
      report = JSON.parse(readFileSync(file, 'utf8'))
    } catch {
      process.stdout.write(`no report: ${file}\n`)
      totals.failed++
      continue
    }
    const failedFiles = report.testResults.filter(
      ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
    )
    for (const { name, message } of failedFiles)
      process.stdout.write(`did not run: ${name}\n${excerpt(message)}`)
    const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults)
    for (const { status, fullName, failureMessages } of tests) {
      if (status === 'failed')
        process.stdout.write(`failed (${file}): ${fullName}\n${excerpt(failureMessages.join('\n'))}`)
    }
    const skipped = tests.filter(
      ({ status }) => status === 'pending' || status === 'skipped' || status === 'todo',
    )
    for (const { fullName } of skipped) process.stdout.write(`skipped: ${fullName}\n`)
    totals.passed += report.numPassedTests
    totals.failed += report.numFailedTests + failedFiles.length
    totals.skipped += skipped.length
  }
  process.stdout.write(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`)
  return totals
}

/** The beginning of a message: what failed is to be read where the log of hours ends. */
function excerpt(message = '') {
  const text = stripVTControlCharacters(message).slice(0, 1500).trim()
  return text === '' ? '' : `${text.replaceAll(/^/gm, '    ')}\n`
}

if (process.argv[1] === import.meta.filename) {
  const { passed, failed, skipped } = printTotals(process.argv.slice(2))
  // Where every tool has to be there, a test that was skipped is a check that did not happen.
  const complete = !process.env.SALLYPORT_REQUIRE_TOOLS || skipped === 0
  process.exitCode = failed === 0 && passed > 0 && complete ? 0 : 1
}
