import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { requireTool } from '@sallyport/test-tools'
import { countUnpassed, parseJunit, type SuiteCounts, type SuiteTest } from './parse-junit.ts'

/** Every switch of the suite that adds tests. A test that it skips all the same counts as failed. */
const everySwitch = [
  'API_PING API_PULL API_PUSH API_REFERRER',
  'API_BLOBS_ATOMIC API_BLOBS_DELETE API_BLOBS_DIGEST_HEADER API_BLOBS_MOUNT_ANONYMOUS API_BLOBS_UPLOAD_CANCEL',
  'API_MANIFESTS_ATOMIC API_MANIFESTS_DELETE API_MANIFESTS_DIGEST_HEADER API_MANIFESTS_TAG_PARAM',
  'API_TAGS_ATOMIC API_TAGS_DELETE API_TAGS_LIST',
  'DATA_IMAGE DATA_INDEX DATA_INDEX_LIST DATA_SPARSE DATA_ARTIFACT DATA_SUBJECT DATA_SUBJECT_MISSING',
  'DATA_ARTIFACT_LIST DATA_SUBJECT_LIST DATA_DATA_FIELD DATA_NONDISTRIBUTABLE DATA_CUSTOM_FIELDS',
  'DATA_NO_LAYERS DATA_EMPTY_BLOB DATA_SHA512',
].flatMap((line) => line.split(' '))

/** How to run the suite. */
export interface ConformanceOptions {
  /** `host:port` of a registry that speaks plain HTTP. */
  readonly host: string
  /** Version of the specification. */
  readonly version: '1.1' | 'dev' | 'stable'
  /** Default: anonymous. */
  readonly credentials?: { readonly username: string; readonly password: string } | undefined
}

/** What the suite found. */
export interface ConformanceResult {
  readonly tests: readonly SuiteTest[]
  readonly unpassed: SuiteCounts
}

/** Runs the suite of the OCI distribution specification with every switch on and returns its tests. */
export async function runConformance({
  host,
  version,
  credentials,
}: ConformanceOptions): Promise<ConformanceResult> {
  const results = await mkdtemp(join(tmpdir(), 'sallyport-conformance-'))
  try {
    const child = spawn(requireTool('conformance'), [], {
      cwd: results, // it reads a configuration file from where it runs
      env: {
        PATH: process.env['PATH'],
        ...Object.fromEntries(everySwitch.map((name) => [`OCI_${name}`, 'true'])),
        OCI_REGISTRY: host,
        OCI_TLS: 'disabled',
        OCI_REPO1: 'conformance/one',
        OCI_REPO2: 'conformance/two',
        OCI_VERSION: version,
        OCI_RESULTS_DIR: results,
        ...(credentials && { OCI_USERNAME: credentials.username, OCI_PASSWORD: credentials.password }),
      },
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 300_000,
    })
    let errors = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
    // 1 says that tests failed, which the report shows; without a report the suite itself failed.
    const xml = await readFile(join(results, 'junit.xml'), 'utf8').catch(() => '')
    const tests = parseJunit(xml)
    const unpassed = countUnpassed(xml)
    if (tests.length === 0 || !unpassed || (code !== 0 && code !== 1)) {
      throw new Error(`the conformance suite ended with ${code ?? signal} and no whole report: ${errors}`)
    }
    return { tests, unpassed }
  } finally {
    await rm(results, { recursive: true, force: true })
  }
}
