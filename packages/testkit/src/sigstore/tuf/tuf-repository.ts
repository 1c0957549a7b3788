import { canonicalJson } from '@sallyport/core'
import { createSigningKey, sha256, type SigningKey } from '../keys/signing-key.ts'

/** Roles of The Update Framework at the top. */
export type TufRole = 'root' | 'targets' | 'snapshot' | 'timestamp'

/** A repository of The Update Framework with consistent snapshots, and switches for what a client must refuse. */
export interface TufRepository {
  /** The first root, which clients are given to trust. */
  readonly root: Buffer
  /** A file by its path below the repository's address. */
  file(path: string): Buffer | undefined
  /** Adds or replaces targets by name, in new versions of all metadata but the root. */
  publish(targets: Readonly<Record<string, string | Uint8Array>>): void
  /**
   * Publishes a new root with new keys for every role, and the rest signed by them.
   *
   * @param options.signedByOld Whether the old root's key signs too, as it must. Default true.
   */
  rotateRoot(options?: { readonly signedByOld?: boolean | undefined }): void
  /** Publishes a new version of a role's metadata that has expired. */
  expire(role: TufRole): void
  /** Serves the timestamp of the version before, which is older than what clients have seen. */
  rollBack(): void
  /** Serves other bytes at a path from now on, whatever is published; `undefined` for none at all. */
  tamper(path: string, change: (content: Buffer) => Uint8Array | undefined): void
}

export interface TufRepositoryOptions {
  readonly targets: Readonly<Record<string, string | Uint8Array>>
  readonly now: () => number
}

const roles: readonly TufRole[] = ['root', 'targets', 'snapshot', 'timestamp']
const lifeMs = 365 * 24 * 60 * 60_000

/** Creates a repository with a key for each role. */
export function createTufRepository({ targets: initial, now }: TufRepositoryOptions): TufRepository {
  const files = new Map<string, Buffer>()
  const tampered = new Map<string, (content: Buffer) => Uint8Array | undefined>()
  const targets = new Map<string, Buffer>()
  const versions: Record<TufRole, number> = { root: 0, targets: 0, snapshot: 0, timestamp: 0 }
  const timestamps: Buffer[] = []
  let keys = createKeys()

  const metadata = (
    role: TufRole,
    signers: readonly SigningKey[],
    content: object,
    expired: boolean,
  ): Buffer => {
    const expires = new Date(now() + (expired ? -1000 : lifeMs)).toISOString().replace(/\.\d+Z$/, 'Z')
    const signed = { _type: role, spec_version: '1.0.31', version: ++versions[role], expires, ...content }
    const bytes = Buffer.from(canonicalJson(signed))
    const signatures = signers.map((key) => ({ keyid: keyId(key), sig: key.sign(bytes).toString('hex') }))
    return Buffer.from(JSON.stringify({ signatures, signed }, undefined, 1))
  }

  const writeRoot = (signers: readonly SigningKey[], expired = false): Buffer => {
    const content = {
      consistent_snapshot: true,
      keys: Object.fromEntries(roles.map((role) => [keyId(keys[role]), describeKey(keys[role])])),
      roles: Object.fromEntries(roles.map((role) => [role, { keyids: [keyId(keys[role])], threshold: 1 }])),
    }
    const root = metadata('root', signers, content, expired)
    files.set(`${versions.root}.root.json`, root)
    return root
  }

  /** Writes everything below the root, of which one role may have expired. */
  const writeRest = (expired?: TufRole): void => {
    const described = Object.fromEntries(
      [...targets].map(([name, content]) => {
        const hash = sha256(content).toString('hex')
        files.set(`targets/${hash}.${name}`, content)
        return [name, { length: content.length, hashes: { sha256: hash } }]
      }),
    )
    const write = (role: TufRole, content: object): Buffer =>
      metadata(role, [keys[role]], content, expired === role)
    const meta = (name: string, content: Buffer, version: number) => ({
      meta: {
        [name]: { version, length: content.length, hashes: { sha256: sha256(content).toString('hex') } },
      },
    })
    const targetsFile = write('targets', { targets: described })
    files.set(`${versions.targets}.targets.json`, targetsFile)
    const snapshot = write('snapshot', meta('targets.json', targetsFile, versions.targets))
    files.set(`${versions.snapshot}.snapshot.json`, snapshot)
    const timestamp = write('timestamp', meta('snapshot.json', snapshot, versions.snapshot))
    files.set('timestamp.json', timestamp)
    timestamps.push(timestamp)
  }

  const publish: TufRepository['publish'] = (more) => {
    for (const [name, content] of Object.entries(more)) targets.set(name, Buffer.from(content))
    writeRest()
  }

  const root = writeRoot([keys.root])
  publish(initial)
  return {
    root,
    file(path) {
      const content = files.get(path)
      const change = tampered.get(path)
      const changed = change ? change(content ?? Buffer.alloc(0)) : content
      return changed && Buffer.from(changed)
    },
    publish,
    rotateRoot({ signedByOld = true } = {}) {
      const old = keys.root
      keys = createKeys()
      writeRoot(signedByOld ? [old, keys.root] : [keys.root])
      writeRest()
    },
    expire(role) {
      if (role === 'root') writeRoot([keys.root], true)
      else writeRest(role)
    },
    rollBack() {
      const earlier = timestamps.at(-2)
      if (!earlier) throw new Error('nothing was published before')
      files.set('timestamp.json', earlier)
    },
    tamper: (path, change) => void tampered.set(path, change),
  }
}

function createKeys(): Readonly<Record<TufRole, SigningKey>> {
  const key = (): SigningKey => createSigningKey('ed25519')
  return { root: key(), targets: key(), snapshot: key(), timestamp: key() }
}

const describeKey = (key: SigningKey) => ({
  keytype: 'ed25519',
  scheme: 'ed25519',
  keyval: { public: key.spki.subarray(-32).toString('hex') },
})

const keyId = (key: SigningKey): string => sha256(canonicalJson(describeKey(key))).toString('hex')
