import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BundleArtifact, type BundleVerdict, parseTrustedRoot, verifyBundle } from '@sallyport/attest'
import { digestOf, isSallyportError } from '@sallyport/core'
import { describe, expect, it } from 'vitest'

const data = join(import.meta.dirname, '../../../../shared/data/sigstore')
const suite = join(data, 'conformance')
const hasData = existsSync(suite)
const beacon = {
  identity:
    'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main',
  issuer: 'https://token.actions.githubusercontent.com',
}

interface Case {
  readonly case: string
  readonly mustVerify: boolean
  readonly artifact: string
  readonly key: boolean
  readonly identity?: string
  readonly issuer?: string
  readonly why?: string
}

/** Why each case is refused: for what its README says is wrong with it, not for something else. */
const reasons: Readonly<Record<string, string>> = {
  'bundle-empty-certificate-chain_fail': 'bundle-invalid',
  'bundle-from-wrong-instance_fail': 'log-invalid',
  'bundle-invalid-base64-signature_fail': 'bundle-invalid',
  'bundle-malformed-json_fail': 'bundle-invalid',
  'bundle-negative-log-index_fail': 'log-invalid',
  'bundle-unknown-version_fail': 'bundle-invalid',
  'bundle-with-root-cert_fail': 'certificate-invalid',
  'checkpoint-bad-keyhint_fail': 'log-invalid',
  'checkpoint-wrong-roothash_fail': 'log-invalid',
  'dsse-invalid-sig_fail': 'signature-invalid',
  'dsse-mismatch-envelope_fail': 'log-invalid',
  'dsse-mismatch-sig_fail': 'log-invalid',
  'inclusion-proof-corrupted-hash_fail': 'log-invalid',
  'incorrect-public-key_fail': 'log-invalid',
  'integrated-time-in-future_fail': 'certificate-invalid',
  'intoto-expired-certificate_fail': 'certificate-invalid',
  'intoto-log-entry-mismatch_fail': 'log-invalid',
  'intoto-missing-inclusion-proof_fail': 'bundle-invalid',
  'intoto-set-outside-signing-cert-validity_fail': 'certificate-invalid',
  'intoto-tsa-timestamp-outside-cert-validity_fail': 'certificate-invalid',
  'invalid-checkpoint-signature_fail': 'log-invalid',
  'invalid-ct-key_fail': 'certificate-invalid',
  // Its proof has no checkpoint.
  'invalid-inclusion-proof_fail': 'bundle-invalid',
  'managed-key-no-key_fail': 'key-unknown',
  // The key file is no key at all.
  'managed-key-wrong-key_fail': 'KEY_INVALID',
  'message-digest-mismatch_fail': 'subject-mismatch',
  'rekor2-checkpoint-missing-log-signature_fail': 'log-invalid',
  'rekor2-checkpoint-missing-origin_fail': 'log-invalid',
  'rekor2-checkpoint-missing-root-hash_fail': 'log-invalid',
  'rekor2-checkpoint-missing-size_fail': 'log-invalid',
  'rekor2-checkpoint-no-matching-signature_fail': 'log-invalid',
  'rekor2-dsse-invalid-sig_fail': 'signature-invalid',
  'rekor2-dsse-mismatch-envelope_fail': 'log-invalid',
  'rekor2-dsse-mismatch-sig_fail': 'log-invalid',
  'rekor2-no-inclusion-proof_fail': 'bundle-invalid',
  'rekor2-no-timestamp_fail': 'timestamp-invalid',
  'rekor2-timestamp-outside-trust-root-tsa-validity_fail': 'timestamp-invalid',
  'rekor2-timestamp-outside-tsa-cert-validity_fail': 'timestamp-invalid',
  'rekor2-timestamp-payload-mismatch_fail': 'timestamp-invalid',
  'rekor2-timestamp-untrusted-tsa-with-embedded-cert_fail': 'timestamp-invalid',
  'rekor2-timestamp-untrusted-tsa-without-embedded-cert_fail': 'timestamp-invalid',
  // Its timestamp is base64 with line breaks; without them it is refused for its time, below.
  'rekor2-timestamp-with-incorrect-time_fail': 'bundle-invalid',
  'set-invalid-signature_fail': 'log-invalid',
  'signature-mismatch_fail': 'signature-invalid',
  'trust-root-tlog-missing-validity-start_fail': 'TRUST_ROOT_INVALID',
  'wrong-hashedrekord-artifact_fail': 'log-invalid',
  'wrong-hashedrekord-cert-and-sig_fail': 'log-invalid',
  'wrong-hashedrekord-entry_fail': 'log-invalid',
  'wrong-material_fail': 'subject-mismatch',
}

const { cases } = hasData
  ? (JSON.parse(readFileSync(join(suite, 'cases.json'), 'utf8')) as { cases: readonly Case[] })
  : { cases: [] }
const folder = (name: string): string => join(suite, 'bundle-verify', name)
const file = (name: string, path: string): Buffer => readFileSync(join(folder(name), path))

/** `verified`, or why not. */
function judge(
  { case: name, key, identity, issuer }: Case,
  artifact: BundleArtifact,
  bundle: Uint8Array,
): string {
  const root = existsSync(join(folder(name), 'trusted_root.json'))
    ? file(name, 'trusted_root.json')
    : readFileSync(join(data, 'bundles/sigstore-go/examples/trusted-root-public-good.json'))
  let verdict: BundleVerdict
  try {
    verdict = verifyBundle(bundle, artifact, {
      root: parseTrustedRoot(root),
      keys: key ? [file(name, 'key.pub').toString()] : [],
      identities: [{ issuer: issuer ?? beacon.issuer, subject: identity ?? beacon.identity }],
    })
  } catch (error) {
    if (!isSallyportError(error)) throw error
    return error.code
  }
  return verdict.verified ? 'verified' : verdict.reason
}

describe.skipIf(!hasData)(
  `bundles of the Sigstore conformance suite${hasData ? '' : ' (skipped without ../shared/data)'}`,
  () => {
    it('are all here', () => {
      const folders = readdirSync(join(suite, 'bundle-verify'), { withFileTypes: true })
      expect(cases.map((one) => one.case).sort()).toEqual(
        folders
          .filter((entry) => entry.isDirectory())
          .map(({ name }) => name)
          .sort(),
      )
      expect(cases).toHaveLength(70)
      for (const one of cases) expect(one.mustVerify).toBe(!one.case.endsWith('_fail'))
    })

    describe.each(['by path', 'by digest'])('%s', (mode) => {
      it.each(cases)('$case', (one) => {
        const bytes = file(one.case, one.artifact)
        const artifact = mode === 'by path' ? { bytes } : { digest: digestOf(bytes) }
        const expected = one.mustVerify ? 'verified' : reasons[one.case]
        expect(judge(one, artifact, file(one.case, 'bundle.sigstore.json'))).toBe(expected)
      })
    })

    it('refuses the timestamp of another time for its time', () => {
      const one = cases.find((other) => other.case === 'rekor2-timestamp-with-incorrect-time_fail')!
      const bundle = file(one.case, 'bundle.sigstore.json')
        .toString()
        .replaceAll(String.raw`\n`, (breaks, at: number, text: string) =>
          // Line breaks of checkpoints belong to them.
          text.lastIndexOf('"signedTimestamp"', at) > text.lastIndexOf('"envelope"', at) ? '' : breaks,
        )
      expect(judge(one, { bytes: file(one.case, one.artifact) }, Buffer.from(bundle))).toBe(
        'certificate-invalid',
      )
    })
  },
)
