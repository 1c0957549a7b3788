import { createSigstore, startSigstore } from '@sallyport/testkit/sigstore'
import { expect, it } from 'vitest'

it('has services for who signs, and vectors for who verifies', async () => {
  // For code that signs: a whole Sigstore on the loopback interface.
  await using sigstore = await startSigstore()
  const token = sigstore.issueToken({ email: 'developer@acme.test' })
  expect(sigstore.signingConfig.caUrls[0]?.url).toBe(sigstore.fulcioUrl)
  expect(token.split('.')).toHaveLength(3)

  // For code that verifies: bundles, good ones and wrong ones, without a server.
  const { sign, trustedRoot, ctLog } = createSigstore({ clock: () => Date.UTC(2026, 0, 1) })
  const good = sign({ payload: '{}' })
  const late = sign({ payload: '{}' }, { timestamps: [new Date(Date.UTC(2026, 0, 2))] })
  const otherLog = createSigstore().sign({ payload: '{}' }, { certificate: { ctLogs: [ctLog] } })
  expect([good, late, otherLog].map(({ bundle }) => bundle.mediaType)).toHaveLength(3)
  expect(trustedRoot.tlogs.map(({ baseUrl }) => baseUrl)).toContain('https://log2.sigstore.test')
})
