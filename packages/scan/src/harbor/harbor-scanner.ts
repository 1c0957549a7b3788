import { setTimeout as wait } from 'node:timers/promises'
import { type Clock, systemClock } from '@sallyport/core'
import * as z from 'zod'
import { chosenSettings } from '../engine/chosen-settings.ts'
import { checkTarget } from '../engine/check-target.ts'
import { ScanError } from '../errors.ts'
import { isStale } from '../internal/is-stale.ts'
import { readLayoutManifest } from '../internal/config-digest.ts'
import type { Scanner, ScanTarget } from '../ports/scanner.ts'
import { parseHarborReport } from '../report/parse-harbor-report.ts'
import type { ScanData, ScanReport } from '../scan-report.ts'
import { createAdapterClient } from './adapter-client.ts'

/** Where a scanner that pulls images itself finds one. */
export interface HarborRegistry {
  /** Address of the registry, e.g. `https://registry.example`. */
  readonly url: string
  /** Name of the repository, without the registry. */
  readonly repository: string
  /**
   * Value of the header with which the scanner may pull. Give one that may read this repository only, and for a short
   * time: the scanner is told it. Default: none.
   */
  readonly authorization?: string | undefined
}

/** Options of {@link harborScanner}. */
export interface HarborScannerOptions {
  /** Address of the adapter, without `/api/v1`. */
  readonly url: string
  /** Value of the header with which the adapter itself is called. Default: none. */
  readonly authorization?: string | undefined
  /**
   * A registry that holds the image under its digest, from which the scanner pulls it: such adapters take no layout.
   * Where the image was pulled from already, or one that serves the layout.
   */
  readonly registry: (target: ScanTarget) => HarborRegistry | Promise<HarborRegistry>
  /** Name in reports. Default: that of the scanner behind the adapter. */
  readonly name?: string | undefined
  /** Oldest vulnerability data that counts, in milliseconds. Default: any; where the adapter does not tell, none counts. */
  readonly maxDataAgeMs?: number | undefined
  /** How long a scan may take. Default 600,000. */
  readonly timeoutMs?: number | undefined
  /** Time between questions when the adapter names none. Default 1,000. */
  readonly pollMs?: number | undefined
  /** Gives the time of the report, and of the age of data. Default: the machine's. */
  readonly clock?: Clock | undefined
}

const reportTypes = [
  'application/vnd.security.vulnerability.report; version=1.1',
  'application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0',
]
const updatedAtProperty = 'harbor.scanner-adapter/vulnerability-database-updated-at'

const metadataSchema = z.looseObject({
  scanner: z.looseObject({ name: z.string(), version: z.string().optional() }),
  capabilities: z
    .array(
      z.looseObject({ consumes_mime_types: z.array(z.string()), produces_mime_types: z.array(z.string()) }),
    )
    .min(1),
  properties: z.record(z.string(), z.string()).nullish(),
})
const acceptedSchema = z.looseObject({ id: z.string().regex(/^[\w.:-]{1,256}$/) })

/**
 * A scanner behind Harbor's pluggable scanner API (version 1.0 to 1.2), such as the adapters of Trivy or Clair. Its
 * report does not list the packages that it saw, so it is never `complete`.
 *
 * `scan` rejects with `SCANNER_FAILED` (the adapter refuses, or its scan failed), `SCANNER_TIMEOUT`, `DATA_UNAVAILABLE`
 * (data too old, or of unknown age where a limit is set), `REPORT_INVALID`, `SUBJECT_MISMATCH`, `LIMIT_EXCEEDED`, or
 * `signal.reason`.
 */
export function harborScanner(options: HarborScannerOptions): Scanner {
  const { clock = systemClock, timeoutMs = 600_000, pollMs = 1_000, maxDataAgeMs } = options
  const name = options.name ?? 'harbor'
  const client = createAdapterClient({
    url: options.url,
    authorization: options.authorization,
    scanner: name,
  })

  return {
    name,
    settings: chosenSettings({ maxDataAgeMs }),
    async scan(target, { signal } = {}): Promise<ScanReport> {
      signal?.throwIfAborted()
      checkTarget(target, name)
      const limit = AbortSignal.timeout(timeoutMs)
      const both = signal === undefined ? limit : AbortSignal.any([signal, limit])
      try {
        return await scan(target, both)
      } catch (error) {
        signal?.throwIfAborted()
        if (!limit.aborted) throw error
        throw new ScanError('SCANNER_TIMEOUT', `the adapter gave no report within ${timeoutMs} ms`, {
          cause: error,
          scanner: name,
          retryable: true,
        })
      }
    },
  }

  async function scan(target: ScanTarget, signal: AbortSignal): Promise<ScanReport> {
    const metadata = await client.json('/metadata', metadataSchema, {
      accept:
        'application/vnd.scanner.adapter.metadata+json; version=1.1, application/vnd.scanner.adapter.metadata+json; version=1.0',
      signal,
    })
    const produced = new Set(
      metadata.capabilities.flatMap(({ produces_mime_types: types }) => types.map(compact)),
    )
    const accept = reportTypes.find((type) => produced.has(compact(type)))
    if (accept === undefined) {
      throw new ScanError('SCANNER_FAILED', 'the adapter gives no report on vulnerabilities', {
        scanner: name,
      })
    }
    const data = checkAge(metadata, clock.now())
    const { url, repository, authorization = '' } = await options.registry(target)
    const { mediaType } = await readLayoutManifest(target.layoutDirectory, target.subject)
    const { id } = await client.json('/scan', acceptedSchema, {
      method: 'POST',
      contentType: 'application/vnd.scanner.adapter.scan.request+json; version=1.1',
      accept:
        'application/vnd.scanner.adapter.scan.response+json; version=1.1, application/vnd.scanner.adapter.scan.response+json; version=1.0',
      body: {
        registry: { url, authorization },
        artifact: { repository, digest: target.subject, mime_type: mediaType },
        enabled_capabilities: [{ type: 'vulnerability', produces_mime_types: [accept] }],
      },
      status: 202,
      signal,
    })
    for (;;) {
      const report = await client.report(`/scan/${encodeURIComponent(id)}/report`, { accept, signal })
      if (report.kind === 'ready') {
        return {
          ...parseHarborReport(report.body, {
            subject: target.subject,
            inventory: target.inventory,
            name,
            data,
          }),
          scanner: { name, version: metadata.scanner.version ?? 'unknown' },
        }
      }
      await wait(report.afterMs ?? pollMs, undefined, { signal })
    }
  }

  function checkAge({ scanner, properties }: z.infer<typeof metadataSchema>, now: Date): readonly ScanData[] {
    const updatedAt = properties?.[updatedAtProperty]
    const age = now.getTime() - Date.parse(updatedAt ?? '')
    if (maxDataAgeMs !== undefined && isStale(updatedAt, { now, maxDataAgeMs })) {
      const message = Number.isNaN(age)
        ? `the adapter does not say how old its data is, at most ${maxDataAgeMs} ms are allowed`
        : `the adapter's data is of ${updatedAt}, at most ${maxDataAgeMs} ms old is allowed`
      throw new ScanError('DATA_UNAVAILABLE', message, { scanner: name })
    }
    return [{ name: scanner.name.toLowerCase(), updatedAt: Number.isNaN(age) ? undefined : updatedAt }]
  }
}

/** Media types are compared without blanks, in small letters. */
function compact(type: string): string {
  return type.replaceAll(' ', '').toLowerCase()
}
