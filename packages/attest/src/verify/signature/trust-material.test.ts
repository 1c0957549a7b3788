import { createSigstore } from '@sallyport/testkit/sigstore'
import { describe, expect, it } from 'vitest'
import { parseTrustedRoot } from '../../trust/trusted-root.ts'
import { parsedMaterial } from './trust-material.ts'

const { trustedRoot } = createSigstore()
const material = (root: unknown) => parsedMaterial(parseTrustedRoot(JSON.stringify(root)))

describe('parsedMaterial', () => {
  it('takes for a timestamp authority only what is certified for that and nothing else', () => {
    expect(material(trustedRoot).timestampAuthorities).toHaveLength(1)
    const [{ certChain } = { certChain: { certificates: [] } }] = trustedRoot.certificateAuthorities
    const timestampAuthorities = trustedRoot.timestampAuthorities.map((one) => ({ ...one, certChain }))
    expect(material({ ...trustedRoot, timestampAuthorities }).timestampAuthorities).toEqual([])
  })
})
