import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMerkleTree } from './merkle-tree.ts'

const sha256 = (...parts: readonly Uint8Array[]): Buffer =>
  createHash('sha256').update(Buffer.concat(parts)).digest()

/** The hash of a tree by its definition (RFC 6962, section 2.1). */
function definedRoot(leaves: readonly Uint8Array[]): Buffer {
  if (leaves.length === 0) return sha256()
  if (leaves.length === 1) return sha256(Buffer.from([0]), leaves[0]!)
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  return sha256(Buffer.from([1]), definedRoot(leaves.slice(0, split)), definedRoot(leaves.slice(split)))
}

/** Walks a proof up (RFC 9162, section 2.1.3.2). */
function rootFromProof(leafHash: Buffer, index: number, size: number, proof: readonly Buffer[]): Buffer {
  let [node, last, hash] = [index, size - 1, leafHash]
  for (const sibling of proof) {
    if (node % 2 === 1 || node === last) {
      hash = sha256(Buffer.from([1]), sibling, hash)
      while (node % 2 === 0 && node !== 0) [node, last] = [node >> 1, last >> 1]
    } else {
      hash = sha256(Buffer.from([1]), hash, sibling)
    }
    ;[node, last] = [node >> 1, last >> 1]
  }
  expect(last).toBe(0)
  return hash
}

describe('createMerkleTree', () => {
  // The test vectors of certificate transparency's reference implementation.
  const leaves = [
    '',
    '00',
    '10',
    '2021',
    '3031',
    '40414243',
    '5051525354555657',
    '606162636465666768696a6b6c6d6e6f',
  ].map((hex) => Buffer.from(hex, 'hex'))
  it.each([
    [0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    [1, '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'],
    [2, 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'],
    [3, 'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77'],
    [7, 'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c'],
    [8, '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328'],
  ])('has the known root of the first %i leaves', (size, root) => {
    const tree = createMerkleTree()
    for (const leaf of leaves) tree.append(leaf)
    expect(tree.root(size).toString('hex')).toBe(root)
  })

  it('has the root and the proofs of its definition, for every size that it had', () => {
    const anyLeaves = fc.array(fc.uint8Array({ maxLength: 8 }), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(anyLeaves, fc.nat(), fc.nat(), (leaves, anySize, anyIndex) => {
        const tree = createMerkleTree()
        for (const leaf of leaves) tree.append(leaf)
        const size = 1 + (anySize % leaves.length)
        const index = anyIndex % size
        const root = definedRoot(leaves.slice(0, size))
        expect(tree.root(size)).toEqual(root)
        const proof = tree.inclusionProof(index, size)
        expect(rootFromProof(tree.leafHash(index), index, size, proof)).toEqual(root)
      }),
    )
  })
})
