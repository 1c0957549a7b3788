import type { Digest } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import type { VerifiedEvidence } from '../verify/evidence.ts'
import { judgeSignature } from './judge-signature.ts'

const subject: Digest = `sha256:${'a'.repeat(64)}`
const evidence = (name: string | undefined): VerifiedEvidence => ({
  store: 'legacy-signature',
  manifest: subject,
  blob: subject,
  payload: subject,
  signer: { kind: 'key', keyId: 'k' },
  times: [],
  logEntries: [],
  statement: {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [
      { name, digest: { sha256: 'a'.repeat(64) }, annotations: { tier: 'prod' } },
      { name: 'other.example/app', digest: { sha256: 'b'.repeat(64) }, annotations: { tier: 'dev' } },
    ],
    predicateType: 'https://sigstore.dev/cosign/sign/v1',
    predicate: {},
  },
})
const context = { subject, now: new Date(0), inventories: new Map() }

describe('judgeSignature', () => {
  it.each<[string | undefined, boolean]>([
    ['prod.example/team/app', true],
    ['prod.example/team/app:1.4', true],
    [`prod.example/team/app@sha256:${'a'.repeat(64)}`, true],
    [`prod.example/team/app:1.4@sha256:${'a'.repeat(64)}`, true],
    ['prod.example/team/app2', false],
    ['prod.example/team/app/sub', false],
    ['prod.example/team/app:5000/sub', false],
    ['prod.example/team', false],
    ['other.example/app', false],
    [undefined, false],
  ])('takes %s for the repository prod.example/team/app: %s', async (name, expected) => {
    const judge = judgeSignature({ kind: 'signature', by: {}, expectReference: 'prod.example/team/app' })
    expect(await judge(evidence(name), [], context)).toEqual(
      expected ? [] : expect.objectContaining({ code: 'reference-mismatch' }),
    )
  })

  it.each([
    ['prod', true],
    ['dev', false],
  ])('compares only annotations about the image: %s is %s', async (tier, expected) => {
    const judge = judgeSignature({ kind: 'signature', by: {}, annotations: { tier } })
    expect(await judge(evidence(undefined), [], context)).toEqual(
      expected ? [] : expect.objectContaining({ code: 'annotation-mismatch' }),
    )
  })
})
