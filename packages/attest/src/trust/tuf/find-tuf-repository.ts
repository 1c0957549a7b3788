import { createHash } from 'node:crypto'
import { AttestError } from '../../errors.ts'

/** A repository, and what is believed about it without proof. */
export interface TufRepository {
  /** Without a slash at the end. */
  readonly mirrorUrl: string
  readonly pinnedRoot: Uint8Array
  /** Target that came with the package. */
  readonly seedTrustedRoot?: Uint8Array | undefined
  /** Name of the file in which its state is kept. */
  readonly cacheName: string
}

/** Address of the repository of Sigstore's public good instance. */
const publicMirrorUrl = 'https://tuf-repo-cdn.sigstore.dev'

interface Seed {
  readonly 'root.json': string
  readonly targets: Readonly<Record<string, string>>
}

/**
 * Finds what a repository is verified with. States are kept by mirror and pinned root, so another pin starts anew.
 *
 * @throws {AttestError} `TUF_UNCONFIGURED` when the address is no URL, or no root is pinned for it.
 */
export async function findTufRepository({
  mirrorUrl: given = publicMirrorUrl,
  root,
}: {
  readonly mirrorUrl?: string | undefined
  readonly root?: string | Uint8Array | undefined
}): Promise<TufRepository> {
  const url = URL.parse(given)
  if (url === null || url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '')
    throw unconfigured('expected the URL of a TUF mirror, without query or password (mirrorUrl)')
  const mirrorUrl = url.href.replace(/\/+$/, '')
  if (root !== undefined) {
    const pinnedRoot = Buffer.from(root)
    requireRoot(pinnedRoot)
    return { mirrorUrl, pinnedRoot, cacheName: `${hash(mirrorUrl, pinnedRoot)}.json` }
  }
  if (mirrorUrl !== publicMirrorUrl)
    throw unconfigured(`no root is pinned for ${mirrorUrl}: give the content of its root.json (root)`)
  const { default: seeds } = (await import('@sigstore/tuf/seeds.json', { with: { type: 'json' } })) as {
    readonly default: Readonly<Record<string, Seed>>
  }
  const seed = seeds[publicMirrorUrl]
  const trustedRoot = seed?.targets['trusted_root.json']
  if (seed === undefined || trustedRoot === undefined)
    throw unconfigured(`the installed @sigstore/tuf has no root of ${publicMirrorUrl}`)
  return {
    mirrorUrl,
    pinnedRoot: Buffer.from(seed['root.json'], 'base64'),
    seedTrustedRoot: Buffer.from(trustedRoot, 'base64'),
    cacheName: 'sigstore-public-good.json',
  }
}

/** The signatures are checked by the client; this tells a wrong file from a wrong mirror. */
function requireRoot(content: Buffer): void {
  let type: unknown
  try {
    type = (JSON.parse(content.toString('utf8')) as { signed?: { _type?: unknown } } | null)?.signed?._type
  } catch {
    type = undefined
  }
  if (type !== 'root') throw unconfigured('the pinned root is no root.json of a TUF repository (root)')
}

function hash(mirrorUrl: string, pinnedRoot: Uint8Array): string {
  return createHash('sha256').update(mirrorUrl).update('\n').update(pinnedRoot).digest('hex')
}

function unconfigured(message: string): AttestError {
  return new AttestError('TUF_UNCONFIGURED', message)
}
