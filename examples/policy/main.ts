// Runs the code of docs/guides/policy.md on this machine.
import { strict as assert } from 'node:assert'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { generateSigningKey, keySigner } from '@sallyport/attest'
import { createGate, pushPolicyDocument, sqliteJournal, sqliteQuarantine } from '@sallyport/gate'
import { createRegistryClient, parseReference } from '@sallyport/oci'
import { parsePolicy, parseWaivers, type Policy } from '@sallyport/policy'
import { type CaseFacts, runPolicyCases, serializeFacts } from '@sallyport/policy/cases'
import { parseDecision } from '@sallyport/policy/report'
import { builtinScanner, parseAdvisories } from '@sallyport/scan'
import { pushImage, startRegistry } from '@sallyport/testkit'
import { sampleImage } from '../gate/write-samples.ts'
import { checkDocuments } from './check-documents.ts'
import { letThrough } from './guide/break-glass.ts'
import { comparePolicies } from './guide/compare-policies.ts'
import { defineGate } from './guide/define-gate.ts'
import { importIgnores } from './guide/import-ignores.ts'
import { publishPolicy } from './guide/publish-policy.ts'
import { pullRules } from './guide/pull-policy.ts'
import { readPolicy } from './guide/read-policy.ts'
import { showTier } from './guide/show-tier.ts'
import { testPolicy } from './guide/test-policy.ts'
import { writeDecision } from './guide/write-decision.ts'
import { writeSchemas } from './guide/write-schemas.ts'
import { writeSamples } from './write-samples.ts'

await checkDocuments()

const folder = await mkdtemp(join(tmpdir(), 'sallyport-policy-'))
const documents = join(import.meta.dirname, 'documents')
const back = process.cwd()
process.chdir(folder)
await using build = await startRegistry()
await using production = await startRegistry()
await using client = createRegistryClient()

const policyOf = async (name: string) =>
  parsePolicy(await readFile(join(documents, `${name}.yaml`), 'utf8'), { source: `${name}.yaml` })

/** What a policy says of an image. */
function verdictOf(policy: Policy, facts: CaseFacts, now = '2026-11-25T12:00:00Z'): string {
  const { results } = runPolicyCases(policy, [
    { name: 'a case', tier: 'prod', now, facts, expect: { verdict: 'pass' } },
  ])
  const { decision } = results[0]!
  assert(decision, results[0]!.differences.map(({ actual }) => actual).join())
  const first = decision.reasons.find(({ effect }) => effect === decision.verdict)
  return first ? `${decision.verdict}: ${first.rule ?? first.code}` : decision.verdict
}

try {
  await writeSamples()

  // Documents.
  const critical = { findings: ['CVE-2026-1 critical zlib1g@1.3 linked'] }
  assert.equal(verdictOf(await policyOf('three-lines'), {}), 'pass')
  assert.equal(verdictOf(await policyOf('three-lines'), critical), 'fail: no critical')
  assert.equal(verdictOf(await policyOf('three-lines'), { dataAge: '6d' }), 'error: dataAge')
  const thresholds = await policyOf('thresholds')
  const fixed = (day: string) => ({
    findings: [`CVE-2026-1 critical zlib1g@1.3 present fix:1.4 fixSince:${day}`],
  })
  assert.equal(verdictOf(thresholds, critical), 'fail: critical executed')
  assert.equal(verdictOf(thresholds, { ...critical, trace: 'complete' }), 'pass')
  assert.equal(verdictOf(thresholds, fixed('2026-11-20')), 'pass')
  assert.equal(verdictOf(thresholds, fixed('2026-11-18')), 'fail: critical fixable after 7 days')
  const due = (day: string) => ({
    findings: [`CVE-2026-1 low zlib1g@1.3 present kev:2026-11-01 kevDue:${day} epss:0.01`],
  })
  assert.equal(verdictOf(thresholds, due('2026-11-25')), 'pass')
  assert.equal(verdictOf(thresholds, due('2026-11-24')), 'fail: exploited and due')
  const likely = { findings: ['CVE-2026-1 low zlib1g@1.3 present epss:0.5'] }
  assert.equal(verdictOf(thresholds, likely), 'fail: likely to be exploited')
  assert.match(verdictOf(await policyOf('requirements'), {}), /^error/)
  assert.equal(verdictOf(await policyOf('modes'), critical), 'pass')
  assert.equal(verdictOf(await policyOf('modes'), critical, '2027-02-01T00:00:00Z'), 'fail: critical')
  const exploited = { findings: ['CVE-2026-1 low zlib1g@1.3 present kev:2026-11-01 kevDue:2026-11-24'] }
  assert.equal(verdictOf(await policyOf('conditions'), exploited), 'fail: exploited ones at once')
  await policyOf('break-glass')

  // Reading, showing, defining.
  const gate = await readPolicy(join(documents, 'gate.yaml'))
  await writeFile('wrong.yaml', 'version: 1\ntiers:\n  prod: { threshold: [] }\n')
  await assert.rejects(readPolicy('wrong.yaml'), { code: 'POLICY_INVALID', message: /wrong\.yaml:3:/ })
  assert.match(showTier(gate, 'staging'), /max: 20 +#.*staging/)
  assert.match(showTier(gate, 'staging'), /images of staging live for a day/)
  assert.equal(defineGate('app').tiers.get('prod')?.rules.at(-1)?.name, 'config')
  await writeSchemas()
  assert.match(await readFile('policy.schema.json', 'utf8'), /thresholds/)

  // Waivers.
  parseWaivers(await readFile(join(documents, 'waivers.yaml')), { source: 'waivers.yaml' })
  const warnings = await importIgnores()
  assert(warnings.length > 0)
  for (const list of ['.trivyignore', '.grype.yaml', 'allowlist.json']) {
    const file = `${list}.waivers.yaml`
    assert(parseWaivers(await readFile(file, 'utf8'), { source: file }).waivers.length > 0, file)
  }

  // As artifacts.
  const rules = `${build.host}/security/policy:1`
  const exceptions = `${build.host}/security/waivers:1`
  const digest = await publishPolicy(join(documents, 'gate.yaml'), rules)
  await pushPolicyDocument(client.repository(parseReference(exceptions)), {
    kind: 'waivers',
    text: await readFile(join(documents, 'waivers.yaml'), 'utf8'),
    tag: '1',
    signer: keySigner(await readFile('reviewers.key', 'utf8')),
  })
  const pulled = await pullRules(rules, exceptions)
  assert.equal(pulled.policy.source, `${build.host}/security/policy@${digest}`)
  assert.equal(pulled.policy.digest, gate.digest)
  assert.equal(pulled.waivers[0]?.waivers[0]?.id, 'W-12')
  await writeFile('reviewers.pub', generateSigningKey().publicKey)
  await assert.rejects(pullRules(rules, exceptions), { code: 'VERIFICATION_FAILED' })

  // Tests of a policy, and a change of it.
  const tested = await testPolicy(gate, join(documents, 'cases.yaml'))
  assert(tested.passed, tested.text)
  const loose = await testPolicy(await policyOf('three-lines'), join(documents, 'cases.yaml'))
  assert(!loose.passed)

  // Through a gate: break-glass, facts that are kept, and the decision.
  await mkdir('facts')
  await using journal = sqliteJournal(':memory:')
  await using quarantine = sqliteQuarantine(':memory:')
  const advisories = parseAdvisories(await readFile('advisories.json'), { source: 'advisories.json' })
  await using strict = createGate({
    policy: await policyOf('break-glass'),
    scanners: [builtinScanner({ advisories })],
    signer: {
      evidence: keySigner(generateSigningKey().privateKey),
      release: keySigner(generateSigningKey().privateKey),
    },
    journal,
    quarantine,
    repository: (reference) => client.repository(reference),
    keepFacts: (facts) => writeFile(`facts/${facts.breakGlass ? 2 : 1}.json`, serializeFacts(facts)),
  })
  const [from, to] = [`${build.host}/team/app:1.4`, `${production.host}/team/app:1.4`]
  await pushImage(client.repository(parseReference(from)), sampleImage(), '1.4')
  const stopped = await strict.promote({ from, to, tier: 'prod' })
  assert.equal(stopped.verdict, 'fail')
  await writeDecision(stopped.decision)
  assert.match(await readFile('decision.md', 'utf8'), /CVE-2026-0001/)
  assert.equal(
    parseDecision(await readFile('decision.json', 'utf8'), { source: 'decision.json' }).verdict,
    'fail',
  )
  const through = await letThrough(strict, from, to)
  assert.equal(through.verdict, 'pass')
  assert.equal(through.decision.breakGlass?.needed, true)
  const lax = parsePolicy(
    'version: 1\ntiers: { prod: { thresholds: [{ name: few, severity: critical, max: 9 }] } }',
    { source: 'lax.yaml' },
  )
  const compared = await comparePolicies(await policyOf('break-glass'), lax, 'facts')
  assert(compared.looser, compared.text)
  assert(!(await comparePolicies(lax, await policyOf('break-glass'), 'facts')).looser)
} finally {
  process.chdir(back)
  await rm(folder, { recursive: true, force: true })
}
