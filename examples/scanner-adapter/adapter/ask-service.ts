import { ScanError } from '@sallyport/scan'
import * as z from 'zod'

const answerSchema = z.object({
  schema: z.literal(1),
  /** Digest of the SBOM that was judged. */
  sbom: z.string().max(200),
  version: z.string().min(1).max(64),
  updatedAt: z.iso.datetime(),
  /** purls of all packages that it has advisories for. */
  judged: z.array(z.string().max(1024)).max(200_000),
  vulnerabilities: z
    .array(
      z.object({
        id: z.string().min(1).max(256),
        purl: z.string().max(1024),
        severity: z.enum(['unknown', 'negligible', 'low', 'medium', 'high', 'critical']),
        fixedIn: z.string().min(1).max(256).nullable(),
      }),
    )
    .max(1_000_000),
})

/** What the service says. */
export type Answer = z.infer<typeof answerSchema>

const scanner = 'service'
const maxBytes = 64 * 1024 ** 2
const timeoutMs = 60_000

/** Sends an SBOM; takes no answer but a whole one of the known form, of a bounded size, in a bounded time. */
export async function askService(
  url: string,
  sbom: string,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const limit = AbortSignal.timeout(timeoutMs)
  try {
    const response = await fetch(url, {
      method: 'POST',
      body: sbom,
      redirect: 'error',
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    })
    if (!response.ok)
      throw new ScanError('SCANNER_FAILED', `the service says ${response.status}`, { scanner })
    return parseAnswer(await readText(response))
  } catch (cause) {
    signal?.throwIfAborted()
    if (cause instanceof ScanError) throw cause
    throw limit.aborted
      ? new ScanError('SCANNER_TIMEOUT', `no answer within ${timeoutMs} ms`, {
          cause,
          scanner,
          retryable: true,
        })
      : new ScanError('SCANNER_FAILED', 'the service cannot be reached', { cause, scanner, retryable: true })
  }
}

async function readText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength
    if (bytes > maxBytes)
      throw new ScanError('LIMIT_EXCEEDED', `an answer above ${maxBytes} bytes`, { scanner })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseAnswer(text: string): Answer {
  try {
    return answerSchema.parse(JSON.parse(text))
  } catch (cause) {
    throw new ScanError('REPORT_INVALID', 'the answer is none of schema 1', { cause, scanner })
  }
}
