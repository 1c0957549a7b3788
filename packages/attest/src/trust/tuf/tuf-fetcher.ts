import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Fetcher } from 'tuf-js'
import { DownloadHTTPError } from 'tuf-js/dist/error.js'
import { AttestError } from '../../errors.ts'
import { askService } from '../../service/ask-service.ts'
import type { ServiceOptions } from '../../service/service-options.ts'
import type { TufState } from './tuf-state.schema.ts'

/** What the client of The Update Framework reads a repository with. */
export interface TufFetcher extends Fetcher {
  /** Roots that were asked for and found, by version. */
  readonly roots: ReadonlyMap<string, Uint8Array>
  /** Why a file could not be read; the client hides it in the text of an error of its own. */
  readonly failure: AttestError | undefined
}

/** Options of {@link createTufFetcher}. */
export interface TufFetcherOptions extends ServiceOptions {
  readonly mirrorUrl: string
  /** What is known from before: its roots are not fetched again. */
  readonly state?: TufState | undefined
  /** Reads `state` alone. */
  readonly offline: boolean
  /** Existing folder for downloads that are being checked. */
  readonly folder: string
  readonly signal?: AbortSignal | undefined
}

/** Creates a reader of one repository for one refresh. */
export function createTufFetcher({
  mirrorUrl,
  state,
  offline,
  folder,
  signal,
  ...service
}: TufFetcherOptions): TufFetcher {
  const roots = new Map<string, Uint8Array>()
  let failure: AttestError | undefined

  async function ask(url: URL): Promise<Uint8Array | undefined> {
    try {
      const answer = await askService(
        'the TUF mirror',
        { method: 'GET', url, accept: [403, 404], signal },
        service,
      )
      return answer.status < 300 ? answer.body : undefined
    } catch (error) {
      throw error instanceof AttestError ? toTufError(error) : error
    }
  }

  async function read(url: string, maxLength: number): Promise<Uint8Array> {
    const path = url.slice(mirrorUrl.length + 1)
    const rootVersion = /^(\d+)\.root\.json$/.exec(path)?.[1]
    const known = rootVersion === undefined ? undefined : state?.roots[rootVersion]
    const content = known ?? (offline ? state?.metadata[path.replace(/^\d+\./, '')] : await ask(new URL(url)))
    if (content === undefined) {
      // How a client learns that its root is the newest (specification of TUF, section 5.3.3).
      if (rootVersion !== undefined) throw new DownloadHTTPError('no newer root', 404)
      throw new AttestError('TUF_UNREACHABLE', `${offline ? 'the cache' : mirrorUrl} has no ${path}`)
    }
    if (content.byteLength > maxLength)
      throw new AttestError('TUF_INVALID', `${path} is longer than ${maxLength} bytes`)
    if (rootVersion !== undefined) roots.set(rootVersion, content)
    return content
  }

  async function downloadBytes(url: string, maxLength: number): Promise<Buffer> {
    try {
      return Buffer.from(await read(url, maxLength))
    } catch (error) {
      if (error instanceof AttestError) failure = error
      throw error
    }
  }

  return {
    roots,
    get failure() {
      return failure
    },
    downloadBytes,
    async downloadFile(url, maxLength, handler) {
      const content = await downloadBytes(url, maxLength)
      const own = await mkdtemp(join(folder, 'download-'))
      try {
        const file = join(own, 'content')
        await writeFile(file, content)
        return await handler(file)
      } finally {
        await rm(own, { recursive: true, force: true })
      }
    },
  }
}

function toTufError({ code, message, retryable }: AttestError): AttestError {
  return new AttestError(code === 'SERVICE_INVALID' ? 'TUF_INVALID' : 'TUF_UNREACHABLE', message, {
    retryable,
  })
}
