// What runs in each pod: node step.ts STEP. Reads state.json, writes state.json and next, in the folder it is started in.
import { readFile, writeFile } from 'node:fs/promises'
import process from 'node:process'
import { createGate, type GateError, sqliteJournal, sqliteQuarantine } from '@sallyport/gate'
import { readGateOptions } from '../guide/read-gate-options.ts'
import { runStep, type StepState } from '../guide/run-step.ts'

// On several machines: postgresJournal and postgresQuarantine.
const shared = process.env['GATE_DIRECTORY'] ?? '.'
const state = JSON.parse(await readFile('state.json', 'utf8')) as StepState
await using journal = sqliteJournal(`${shared}/gate.db`)
await using quarantine = sqliteQuarantine(`${shared}/quarantine.db`)
process.chdir(shared)
await using gate = createGate(await readGateOptions(journal, quarantine))
process.chdir(process.env['PWD'] ?? '.')
try {
  const end = await runStep(gate, process.argv[2] ?? '', state)
  await writeFile('state.json', JSON.stringify(end.state))
  await writeFile('next', end.next)
} catch (error) {
  process.stderr.write(`${String(error)}\n`)
  // What may pass, the controller tries again: retryStrategy in workflow.yaml.
  process.exitCode = (error as GateError).retryable ? 75 : 1
}
