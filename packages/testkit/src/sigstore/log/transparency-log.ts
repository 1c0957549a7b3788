import { canonicalJson } from '@sallyport/core'
import { createSigningKey, sha256, type SigningKey } from '../keys/signing-key.ts'
import type { LogEntryBody } from './log-entry-body.ts'
import { createMerkleTree } from './merkle-tree.ts'
import { checkpointKeyId, signCheckpoint } from './sign-checkpoint.ts'

/** An entry with its proof, as a bundle carries it (`TransparencyLogEntry` in protobuf's JSON). */
export interface TransparencyLogEntry {
  /** Decimal. */
  readonly logIndex: string
  /** Base64. */
  readonly logId: { readonly keyId: string }
  /** Those of the body. */
  readonly kindVersion: { readonly kind: string; readonly version: string }
  /** Seconds since 1970; Rekor v2 has none. */
  readonly integratedTime?: string | undefined
  /** Rekor v1's signature over entry and time. */
  readonly inclusionPromise?: { readonly signedEntryTimestamp: string } | undefined
  /** Hashes in base64, numbers in decimal, and the checkpoint as a signed note. */
  readonly inclusionProof: {
    readonly logIndex: string
    readonly rootHash: string
    readonly treeSize: string
    readonly hashes: readonly string[]
    readonly checkpoint: { readonly envelope: string }
  }
  /** The leaf of the tree in base64. */
  readonly canonicalizedBody: string
}

/** How an entry's proof is made. */
export interface ProofOptions {
  /** Size of the tree in which inclusion is proven. Default: all of it. */
  readonly treeSize?: number | undefined
  /** Name of the log in the checkpoint. Default: the log's own. */
  readonly origin?: string | undefined
}

/** How an entry is logged. */
export interface AppendOptions extends ProofOptions {
  /** The time that Rekor v1 vouches for, cut to seconds. Default: now. */
  readonly time?: Date | undefined
}

/** A log of signatures: what stands in it can be proven to. */
export interface TransparencyLog {
  /** 1: a promise with a time beside the proof, ECDSA; 2: the proof alone, Ed25519. */
  readonly version: 1 | 2
  /** Its name in checkpoints. */
  readonly hostname: string
  /** What it signs with. */
  readonly key: SigningKey
  /** What entries name it by. */
  readonly logId: Buffer
  /** How many entries stand in it. */
  readonly size: number
  /** Adds any body; nothing is verified, and the same body may stand there twice. */
  append(body: LogEntryBody, options?: AppendOptions): TransparencyLogEntry
  /** An entry that is there, with a proof in the tree of now. */
  entry(index: number, options?: ProofOptions): TransparencyLogEntry | undefined
  /** Where an entry with this leaf hash (hex) stands. */
  indexOf(leafHash: string): number | undefined
  /** The hash (hex) that a body has, or would have, as a leaf of the tree. */
  leafHash(body: LogEntryBody): string
  /** The signed note of the tree. */
  checkpoint(options?: ProofOptions): string
}

export interface TransparencyLogOptions {
  readonly version: 1 | 2
  readonly hostname: string
  readonly now: () => number
}

/** Number of Rekor v1's one tree, part of its checkpoint's name and of its entries' identifiers. */
export const treeId = 0x5a11_9047n

interface StoredEntry {
  readonly body: LogEntryBody
  readonly content: Buffer
  readonly integratedTime: number
}

/** Creates an empty log with a key of its own. */
export function createTransparencyLog(options: TransparencyLogOptions): TransparencyLog {
  const { version, hostname, now } = options
  const key = createSigningKey(version === 1 ? 'p256' : 'ed25519')
  const logId = checkpointKeyId(hostname, key.publicKey)
  const tree = createMerkleTree()
  const entries: StoredEntry[] = []
  const indexes = new Map<string, number>()

  const checkpoint = ({ treeSize = tree.size, origin = hostname }: ProofOptions = {}): string => {
    const first = version === 1 ? `${origin} - ${treeId}` : origin
    return signCheckpoint({ origin: first, name: origin, size: treeSize, root: tree.root(treeSize) }, key)
  }

  const promise = ({ content, integratedTime }: StoredEntry, logIndex: number): string => {
    const logID = logId.toString('hex')
    const payload = { body: content.toString('base64'), integratedTime, logIndex, logID }
    return key.sign(Buffer.from(canonicalJson(payload))).toString('base64')
  }

  const entryAt = (index: number, proof: ProofOptions = {}): TransparencyLogEntry | undefined => {
    const stored = entries[index]
    if (!stored) return undefined
    const treeSize = proof.treeSize ?? tree.size
    return {
      logIndex: String(index),
      logId: { keyId: logId.toString('base64') },
      kindVersion: { kind: stored.body.kind, version: stored.body.apiVersion },
      ...(version === 1 && {
        integratedTime: String(stored.integratedTime),
        inclusionPromise: { signedEntryTimestamp: promise(stored, index) },
      }),
      inclusionProof: {
        logIndex: String(index),
        rootHash: tree.root(treeSize).toString('base64'),
        treeSize: String(treeSize),
        hashes: tree.inclusionProof(index, treeSize).map((hash) => hash.toString('base64')),
        checkpoint: { envelope: checkpoint({ ...proof, treeSize }) },
      },
      canonicalizedBody: stored.content.toString('base64'),
    }
  }

  return {
    version,
    hostname,
    key,
    logId,
    get size() {
      return tree.size
    },
    append(body, { time = new Date(now()), ...proof } = {}) {
      const content = Buffer.from(canonicalJson(body))
      const index = entries.push({ body, content, integratedTime: Math.floor(time.getTime() / 1000) }) - 1
      indexes.set(tree.append(content).toString('hex'), index)
      return entryAt(index, proof)!
    },
    entry: entryAt,
    indexOf: (leafHash) => indexes.get(leafHash),
    leafHash: (body) =>
      sha256(Buffer.concat([Buffer.from([0]), Buffer.from(canonicalJson(body))])).toString('hex'),
    checkpoint,
  }
}
