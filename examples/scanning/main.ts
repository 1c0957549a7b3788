// Runs the code of docs/guides/scanning.md on this machine.
import { strict as assert } from 'node:assert'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import {
  attachAttestation,
  createStatement,
  generateSigningKey,
  keySigner,
  predicateKinds,
} from '@sallyport/attest'
import { explain } from '@sallyport/policy'
import { createRegistryClient } from '@sallyport/oci'
import { parseAdvisories, readVex } from '@sallyport/scan'
import { parseTrackerJson } from '@sallyport/scan/sources'
import { createImage, pushImage, startRegistry } from '@sallyport/testkit'
import { notRun } from '../checks/not-run.ts'
import { checkDocuments } from './check-documents.ts'
import { applyStatements } from './guide/apply-vex.ts'
import { checkSbom } from './guide/check-sbom.ts'
import { withoutRatingsOf } from './guide/choose-severity.ts'
import { chooseScanners } from './guide/choose-scanners.ts'
import { compareScans } from './guide/compare-scans.ts'
import { copyAndList } from './guide/copy-and-list.ts'
import { explainScan } from './guide/explain-scan.ts'
import { findWeaknesses } from './guide/find-weaknesses.ts'
import { gatherAdvisories } from './guide/gather-advisories.ts'
import { importIgnores } from './guide/import-ignores.ts'
import { judgeScan } from './guide/judge-scan.ts'
import { limitImage } from './guide/limit-image.ts'
import { listDisagreements } from './guide/list-disagreements.ts'
import { listPackages } from './guide/list-packages.ts'
import { publishDatabase } from './guide/publish-database.ts'
import { pullDatabase } from './guide/pull-database.ts'
import { rankFindings } from './guide/rank-findings.ts'
import { readReport } from './guide/read-report.ts'
import { scanImage } from './guide/scan-image.ts'
import { streamInventory } from './guide/stream-inventory.ts'
import { writeSboms } from './guide/write-sboms.ts'
import { writeVex } from './guide/write-vex.ts'
import { listAndDescribe } from './readme-inventory/list-and-describe.ts'
import { scan } from './readme-scan/scan.ts'
import { scanByServer } from './readme-scan/scan-by-server.ts'
import { findEngines } from './write-databases.ts'
import { emptiedImage, repairedImage, sampleImage, writeSamples } from './write-samples.ts'

await checkDocuments()

const folder = await mkdtemp(join(tmpdir(), 'sallyport-scanning-'))
const back = process.cwd()
process.chdir(folder)
await using build = await startRegistry()
await using production = await startRegistry()
await using client = createRegistryClient()
const app = client.repository({ registry: build.host, repository: 'team/app' })
const ids = (findings: readonly { readonly id: string }[]) => findings.map(({ id }) => id).toSorted()

try {
  await writeSamples()
  await pushImage(app, sampleImage, '1.0')
  await pushImage(app, repairedImage, '1.1')
  await pushImage(app, emptiedImage, 'emptied')
  const key = generateSigningKey()
  const signer = keySigner(key.privateKey)

  // Inventory.
  const lines = await listPackages(app, '1.0')
  assert.match(lines.join('\n'), /^Debian GNU\/Linux 12, security updates: \w+\n/)
  assert.equal(lines.length, 4)
  assert.match((await listPackages(app, 'emptied')).join('\n'), /^not seen: DATABASE_EMPTY/m)
  const { inventory, layersRead } = await streamInventory(app, '1.0', 'layers')
  assert.equal(layersRead, 2)
  const again = await streamInventory(app, '1.0', 'layers')
  assert.deepEqual(again, { inventory, layersRead: 0 })
  const target = client.repository({ registry: production.host, repository: 'team/app' })
  assert.deepEqual(await copyAndList(app, target, '1.0'), inventory)

  // SBOMs.
  await writeSboms(inventory, `${build.host}/team/app`, new Date(0))
  for (const file of ['app.cdx.json', 'app.spdx.json']) {
    assert.deepEqual(checkSbom(await readFile(file), inventory), [], file)
  }
  const repaired = (await streamInventory(app, '1.1', 'layers')).inventory
  const wrong = checkSbom(await readFile('app.cdx.json'), repaired)
  assert.equal(wrong[0], 'it is about another image')
  assert.match(
    wrong.join('\n'),
    /does not hold pkg:npm\/lodash@4\.17\.4\n.*libexpat1.* is 2\.5\.0-1\+deb12u3/s,
  )
  assert.match(checkSbom(Buffer.from('{}'), inventory).join(), /^SBOM_UNSUPPORTED/)

  // The database.
  const updatedAt = new Date(Date.now() - 3_600_000).toISOString()
  const inputs = await gatherAdvisories('feeds', updatedAt)
  const databases = client.repository({ registry: build.host, repository: 'security/advisories' })
  const pushed = await publishDatabase(inputs, 'advisories.db', databases, signer)
  const pull = (publicKey: string, at = databases) => pullDatabase(at, [databases], 'pulled', publicKey)
  await assert.rejects(pull(generateSigningKey().publicKey), { code: 'DATABASE_UNVERIFIED' })
  using advisories = await pull(key.publicKey)
  assert.equal(advisories.sources.length, 4)
  assert.match(advisories.path, new RegExp(pushed.databaseDigest.slice('sha256:'.length)))
  const mirrored = await pull(
    key.publicKey,
    client.repository({ registry: production.host, repository: 'none' }),
  )
  mirrored.close()

  // Scanners.
  const records = [
    ...(await parseTrackerJson(await readFile('feeds/debian.json'), {
      source: 'debian.json',
      modified: updatedAt,
    })),
    ...parseAdvisories(await readFile('feeds/npm/GHSA-jf85-cpcp-j695.json'), { source: 'npm' }),
  ]
  const engines = await findEngines(records, folder)
  const scanners = chooseScanners(advisories, engines)
  const names = scanners.map(({ name }) => name)
  const absent = ['trivy', 'grype', 'osv-scanner'].filter((name) => !names.includes(name))
  for (const name of absent) notRun(`the scan by ${name}`, 'it is not there')
  const before = await scanImage(app, '1.0', scanners)
  const explained = explainScan(before.scan).join('\n')
  assert.deepEqual(
    before.scan.reports.map(({ scanner, status }) => [scanner.name, status]),
    // OSV-Scanner does not list npm packages that are installed without a lock file.
    names.map((name) => [name, name === 'osv-scanner' ? 'partial' : 'complete']),
    explained,
  )
  const all = ['CVE-2019-10744', 'CVE-2023-5363', 'CVE-2024-28757', 'CVE-2024-5535']
  const own = await scanImage(app, '1.0', scanners.slice(0, 1))
  assert.deepEqual(ids(own.scan.findings), all)
  assert.deepEqual(ids(before.scan.findings), all, explained)

  // What a gate makes of it.
  const policy = `version: 1
tiers:
  prod:
    thresholds: [{ name: nothing critical, severity: critical, max: 0 }]
    preconditions: { dataAge: { atMost: 48h } }
`
  const accepting = `${policy}    accept: [{ gap: DATABASE_EMPTY, images: 'prod.example/static/*', reason: a static program }]\n`
  assert.equal(judgeScan(own, 'prod.example/team/app:1.0', policy).verdict, 'fail')
  const emptied = await scanImage(app, 'emptied', scanners.slice(0, 1))
  assert.equal(emptied.scan.reports[0]?.status, 'unsupported')
  const unjudged = judgeScan(emptied, 'prod.example/static/app:1.0', policy)
  assert.equal(unjudged.verdict, 'error', explain(unjudged))
  const accepted = judgeScan(emptied, 'prod.example/static/app:1.0', accepting)
  assert.match(explain(accepted), /DATABASE_EMPTY/)
  const hanging = { name: 'hanging', scan: () => Promise.reject(new Error('broken')) }
  const failed = await scanImage(app, '1.1', [...scanners.slice(0, 1), hanging])
  assert.match(explainScan(failed.scan).join('\n'), /hanging unknown: failed.*\n {2}UNEXPECTED: broken/)
  assert.equal(judgeScan(failed, 'prod.example/team/app:1.1', policy).verdict, 'error')

  // Reports made elsewhere.
  const document = JSON.parse(await readFile('app.cdx.json', 'utf8')) as {
    readonly components: readonly { 'bom-ref': string; name: string }[]
  }
  const ref = document.components.find(({ name }) => name === 'lodash')?.['bom-ref']
  const vulnerabilities = [
    { id: 'CVE-2019-10744', ratings: [{ source: { name: 'ghsa' }, severity: 'high' }], affects: [{ ref }] },
  ]
  await writeFile('build.cdx.json', JSON.stringify({ ...document, vulnerabilities }))
  const both = await scanImage(app, '1.0', [...scanners.slice(0, 1), readReport('build.cdx.json')])
  assert.deepEqual(
    both.scan.findings.find(({ id }) => id === 'CVE-2019-10744')?.scanners,
    ['build', 'sallyport'],
    explainScan(both.scan).join('\n'),
  )
  const disagreements = listDisagreements(both.scan)
  assert.match(disagreements.join('\n'), /severity: CVE-2019-10744 in .*build: high; sallyport: critical/)
  const elsewhere = await scanImage(app, '1.1', [readReport('build.cdx.json')])
  assert.equal(elsewhere.scan.reports[0]?.failure?.code, 'SUBJECT_MISMATCH')

  // What counts.
  assert.deepEqual(ids(rankFindings(own.scan.findings).slice(0, 1)), ['CVE-2024-28757'])
  const [withoutGhsa] = withoutRatingsOf(
    'ghsa',
    own.scan.findings.filter(({ id }) => id === 'CVE-2019-10744'),
  )
  assert.equal(withoutGhsa?.severity, 'unknown')
  const vex = writeVex(own, await scanImage(app, '1.1', scanners.slice(0, 1)), `${build.host}/team/app`)
  assert.deepEqual(
    readVex(vex, { source: 'change' })
      .statements.map(({ vulnerabilities: [id], status }) => [id, status])
      .toSorted(),
    [
      ['CVE-2019-10744', 'not_affected'],
      ['CVE-2024-28757', 'fixed'],
    ],
  )
  const { descriptor } = await app.getManifest('1.0')
  const { type } = predicateKinds.openvex
  const attached = {
    ...(JSON.parse(await readFile('own.openvex.json', 'utf8')) as object),
    statements: [
      {
        vulnerability: { name: 'CVE-2019-10744' },
        products: [{ '@id': `pkg:oci/app@${encodeURIComponent(descriptor.digest)}` }],
        status: 'not_affected',
        justification: 'vulnerable_code_not_present',
      },
    ],
  }
  await attachAttestation(
    app,
    descriptor,
    createStatement([{ name: 'app', digest: descriptor.digest }], type, attached),
    signer,
  )
  const applied = await applyStatements(own, app, { file: 'own.openvex.json', makersKey: key.publicKey })
  assert.deepEqual(
    applied.findings
      .filter(({ suppressed }) => suppressed)
      .map(({ id, suppressed }) => [id, suppressed?.author])
      .toSorted(),
    [
      ['CVE-2019-10744', 'maker of the image'],
      ['CVE-2024-5535', 'security team'],
    ],
  )
  assert.equal(applied.rejected.length, 1)
  const ignored = await importIgnores(own.scan, 'team', new Date('2026-12-01T00:00:00Z'))
  assert.deepEqual(ids(ignored.findings.filter(({ suppressed }) => suppressed)), [
    'CVE-2023-5363',
    'CVE-2024-5535',
  ])
  assert.equal(ignored.unused.length, 1)

  // Two scans.
  const after = await scanImage(app, '1.1', scanners.slice(0, 1))
  const change = compareScans(own, after)
  assert.deepEqual(change.suspicious, false)
  assert.deepEqual(change.lines.toSorted(), [
    'gone: CVE-2019-10744 in lodash: package-removed',
    'gone: CVE-2024-28757 in libexpat1: package-changed',
  ])
  const fewer = { ...own, scan: { ...own.scan, findings: own.scan.findings.slice(1) } }
  assert.equal(compareScans(own, fewer).suspicious, true)

  // Secrets.
  if (engines.trivy === undefined) notRun('the search for secrets', 'trivy is not there')
  else {
    const { scan: found } = await scanImage(app, '1.0', [
      findWeaknesses(engines.trivy.command, engines.trivy.data),
    ])
    assert(
      found.weaknesses?.some(({ kind, path }) => kind === 'secret' && path === '/srv/.aws/credentials'),
      JSON.stringify(found),
    )
  }

  // The READMEs.
  assert.match(await listAndDescribe(app, '1.0'), /"pkg:npm\/lodash@4\.17\.4"/)
  const { trivy = { command: join(folder, 'no-trivy'), data: folder } } = engines
  const options = { command: trivy.command, cacheDirectory: trivy.data, skipDatabaseUpdate: true }
  await writeFile('advisories.json', JSON.stringify(records))
  const { reports, findings } = await scan(app, '1.0', options)
  assert.deepEqual(
    reports.map(({ status }) => status),
    ['complete', engines.trivy === undefined ? 'failed' : 'complete'],
  )
  assert.deepEqual(ids(findings), all)
  if (engines.trivy !== undefined) {
    const { inventory: packages } = own
    const target = { ...packages, inventory: packages, layoutDirectory: folder }
    const server = { command: trivy.command, cacheDirectory: trivy.data, skipDatabaseUpdate: true }
    const [byServer] = await scanByServer([target], server)
    assert.deepEqual(ids(byServer?.findings ?? []), all)
  }

  // Hostile input.
  await pushImage(app, createImage({ layers: [{ tar: Buffer.alloc(2000, 'x') }] }), 'broken')
  assert.match(String(await limitImage(app, 'broken')), /^TAR_INVALID|^LAYER_CORRUPT/)
  assert.deepEqual(await limitImage(app, '1.0'), inventory)
} finally {
  process.chdir(back)
  await rm(folder, { recursive: true, force: true })
}
