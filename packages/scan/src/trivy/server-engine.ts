import { randomUUID } from 'node:crypto'
import { systemClock } from '@sallyport/core'
import { checkDataAge } from '../engine/check-data-age.ts'
import type { Engine, EngineData } from '../engine/engine-scanner.ts'
import { addGaps } from '../engine/judged-inventory.ts'
import { ScanError } from '../errors.ts'
import type { ScanTarget } from '../ports/scanner.ts'
import type { ScanReport } from '../scan-report.ts'
import { toScanReport } from './parse-trivy.ts'
import { readScanResponse } from './read-scan-response.ts'
import { createServerClient, type TrivyServerAddress } from './server-client.ts'
import type { TrivyServerScannerOptions } from './server-options.ts'
import { toBlobInfo } from './to-blob-info.ts'

interface ServerData extends EngineData {
  readonly trivyVersion: string
}

/** `ArtifactJSONSchemaVersion` of Trivy. */
const artifactSchemaVersion = 1

/** Makes the engine that asks one server. */
export function serverEngine(
  address: TrivyServerAddress,
  { name, maxReportBytes, timeoutMs, ...options }: ServerEngineOptions,
): Engine<ServerData> {
  const { clock = systemClock, maxDataAgeMs } = options
  const client = createServerClient(address, { maxBytes: maxReportBytes, scanner: name })

  const within = async <T>(signal: AbortSignal | undefined, work: (limit: AbortSignal) => Promise<T>) => {
    const limit = AbortSignal.timeout(timeoutMs)
    try {
      return await work(signal === undefined ? limit : AbortSignal.any([signal, limit]))
    } catch (error) {
      signal?.throwIfAborted()
      if (!limit.aborted) throw error
      throw new ScanError('SCANNER_TIMEOUT', `Trivy's server gave no answer within ${timeoutMs} ms`, {
        cause: error,
        scanner: name,
        retryable: true,
      })
    }
  }

  const readVersion = async (signal: AbortSignal): Promise<ServerData> => {
    const { trivyVersion, database } = await client.version(signal)
    const identity = `${trivyVersion} ${database.schemaVersion} ${database.updatedAt}`
    return { data: [database], identity, trivyVersion }
  }

  const scan = async (target: ScanTarget, known: ServerData, signal: AbortSignal): Promise<ScanReport> => {
    const { subject, inventory } = target
    const { trivyVersion, data } = known
    const nonce = randomUUID()
    const sent = toBlobInfo(inventory, { trivyVersion, nonce })
    const artifact = `sallyport/${subject}`
    // of this scan alone: the server may serve others, who name layers by their diff ids
    const blob = `sallyport/${nonce}`
    const startedAt = clock.now().toISOString()
    let response: unknown
    try {
      await client.call('trivy.cache.v1.Cache/PutBlob', { diff_id: blob, blob_info: sent.blobInfo }, signal)
      await client.call(
        'trivy.cache.v1.Cache/PutArtifact',
        { artifact_id: artifact, artifact_info: { schema_version: artifactSchemaVersion } },
        signal,
      )
      response = await client.call(
        'trivy.scanner.v1.Scanner/Scan',
        {
          target: artifact,
          artifact_id: artifact,
          blob_ids: [blob],
          options: {
            // the same field under its old and its new name; a server ignores what it does not know
            vuln_type: ['os', 'library'],
            pkg_types: ['os', 'library'],
            scanners: ['vuln'],
          },
        },
        signal,
      )
    } finally {
      const forget = AbortSignal.timeout(5_000)
      await client
        .call('trivy.cache.v1.Cache/DeleteBlobs', { blob_ids: [blob] }, forget)
        .catch(() => undefined)
    }
    const after = await readVersion(signal)
    if (after.identity !== known.identity) {
      throw new ScanError('SCANNER_FAILED', "Trivy's server changed its database during the scan", {
        scanner: name,
        retryable: true,
      })
    }
    const answer = readScanResponse(response, { packages: sent.packages, trivyVersion, scanner: name })
    const finishedAt = clock.now().toISOString()
    const report = toScanReport(answer, { subject, inventory, data, startedAt, finishedAt, name })
    return addGaps(report, sent.gaps)
  }

  return {
    prepare: ({ signal }) =>
      within(signal, async (limit) => {
        const version = await readVersion(limit)
        const [database] = version.data
        const age = { now: clock.now(), maxDataAgeMs }
        checkDataAge(database?.updatedAt ?? '', age, { what: 'Trivy database', scanner: name })
        return version
      }),
    scan: (target, data, { signal }) => within(signal, (limit) => scan(target, data, limit)),
  }
}

interface ServerEngineOptions extends Pick<TrivyServerScannerOptions, 'clock' | 'maxDataAgeMs'> {
  readonly name: string
  readonly maxReportBytes: number
  readonly timeoutMs: number
}
