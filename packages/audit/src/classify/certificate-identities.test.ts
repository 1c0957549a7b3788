import { createStatement, parseTrustedRoot, predicateTypes } from '@sallyport/attest'
import { createSigstore } from '@sallyport/testkit/sigstore'
import { describe, expect, it } from 'vitest'
import type { AuditTerms } from '../audit-terms.ts'
import { now, openLab } from './evidence-lab.fixture.ts'

const clock = () => now.getTime() - 3_600_000
const sigstore = createSigstore({ clock })
const stranger = createSigstore({ clock })
const [subject, issuer] = ['release@example.com', 'https://issuer.example']

const terms: AuditTerms = {
  tier: 'prod',
  signers: { identities: [{ subject, issuer }] },
  sbom: { identities: [{ subject: 'sbom@example.com', issuer }] },
  provenance: false,
  decision: false,
  root: parseTrustedRoot(JSON.stringify(sigstore.trustedRoot)),
}

describe('an image signed with a certificate', () => {
  it.each<
    [string, string, { readonly email?: string; readonly issuer?: string; readonly by?: typeof sigstore }]
  >([
    ['counts by the identity that is named', 'no-sbom', {}],
    [
      'does not count by another issuer of the same name',
      'wrong-identity',
      { issuer: 'https://issuer.example.evil' },
    ],
    ['does not count by another subject', 'wrong-identity', { email: 'evil@example.com' }],
    ['does not count by who may sign SBOMs', 'wrong-identity', { email: 'sbom@example.com' }],
    ['does not count by a subject that holds the name', 'wrong-identity', { email: `x.${subject}` }],
    ['does not count by an authority that nobody knows', 'unverifiable', { by: stranger }],
  ])('%s', async (_, expected, { email = subject, issuer: by = issuer, by: authority = sigstore }) => {
    await using lab = await openLab()
    const scene = await lab.scene()
    const { name } = scene.repository
    const { digest } = scene.image.descriptor
    const plant = async (type: string, predicate: object, who: string, issuedBy: string, from = sigstore) => {
      const statement = createStatement([{ name, digest }], type, predicate)
      const { bundle } = from.sign(
        { payload: JSON.stringify(statement) },
        { certificate: { identity: { subject: { email: who }, issuer: issuedBy } } },
      )
      await scene.plant(JSON.stringify(bundle))
    }
    await plant(predicateTypes.cosignSign, {}, email, by, authority)
    expect((await scene.classify(terms)).class).toBe(expected)
  })
})
