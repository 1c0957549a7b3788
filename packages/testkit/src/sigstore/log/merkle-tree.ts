import { sha256 } from '../keys/signing-key.ts'

/** A Merkle tree of RFC 6962 that only grows. */
export interface MerkleTree {
  readonly size: number
  /** Appends a leaf; the result is its hash. */
  append(leaf: Uint8Array): Buffer
  leafHash(index: number): Buffer
  /** Root of the first `size` leaves. */
  root(size: number): Buffer
  /** The audit path of a leaf in the tree of the first `size` leaves, from the leaf up. */
  inclusionProof(index: number, size: number): Buffer[]
}

/** Creates an empty tree. */
export function createMerkleTree(): MerkleTree {
  // Hashes of all complete subtrees: `levels[h][i]` covers the 2^h leaves from i·2^h on.
  const levels: Buffer[][] = [[]]

  const subtree = (start: number, end: number): Buffer => {
    if (start === end) return sha256('')
    const size = end - start
    const height = Math.log2(size)
    if (Number.isInteger(height) && start % size === 0) return levels[height]![start / size]!
    const split = start + splitOf(size)
    return nodeHash(subtree(start, split), subtree(split, end))
  }

  const path = (index: number, start: number, end: number): Buffer[] => {
    if (end - start === 1) return []
    const split = start + splitOf(end - start)
    return index < split
      ? [...path(index, start, split), subtree(split, end)]
      : [...path(index, split, end), subtree(start, split)]
  }

  return {
    get size() {
      return levels[0]!.length
    },
    append(leaf) {
      const hash = sha256(Buffer.concat([Buffer.from([0]), leaf]))
      levels[0]!.push(hash)
      for (let height = 0; levels[height]!.length % 2 === 0; height++) {
        const [left, right] = levels[height]!.slice(-2)
        levels[height + 1] ??= []
        levels[height + 1]!.push(nodeHash(left!, right!))
      }
      return hash
    },
    leafHash: (index) => levels[0]![index]!,
    root: (size) => subtree(0, size),
    inclusionProof: (index, size) => path(index, 0, size),
  }
}

const nodeHash = (left: Uint8Array, right: Uint8Array): Buffer =>
  sha256(Buffer.concat([Buffer.from([1]), left, right]))

/** The largest power of two below a size. */
const splitOf = (size: number): number => 2 ** Math.floor(Math.log2(size - 1))
