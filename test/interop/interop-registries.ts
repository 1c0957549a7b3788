import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { startRegistry } from '@sallyport/testkit'
import { startDistribution, startDockerRegistry, startOlareg } from '@sallyport/test-tools'

/** A registry that every client is tried against. */
export interface InteropRegistry {
  readonly name: string
  /** It lists referrers itself; elsewhere clients keep a list under the fallback tag. */
  readonly referrersApi: boolean
  /** It keeps content under sha512 digests; others at most blobs, of which they tell the sha256 digest. */
  readonly sha512: boolean
  /** Starts an empty one, which keeps its content in a new folder within `directory`. */
  start(directory: string): Promise<AsyncDisposable & { readonly host: string }>
}

const newFolder = (directory: string): Promise<string> => mkdtemp(join(directory, 'registry-'))

export const interopRegistries: readonly InteropRegistry[] = [
  {
    name: 'our embedded registry',
    referrersApi: true,
    sha512: true,
    start: async (directory) => startRegistry({ directory: await newFolder(directory) }),
  },
  {
    name: 'olareg',
    referrersApi: true,
    sha512: true,
    start: async (directory) => startOlareg({ directory: await newFolder(directory) }),
  },
  {
    name: 'docker-registry',
    referrersApi: false,
    sha512: false,
    start: async (directory) => startDockerRegistry({ directory: await newFolder(directory) }),
  },
  {
    name: 'distribution 3',
    referrersApi: false,
    sha512: false,
    start: async (directory) => startDistribution({ directory: await newFolder(directory) }),
  },
]
