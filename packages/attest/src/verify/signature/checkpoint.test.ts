import { createSigstore } from '@sallyport/testkit/sigstore'
import { describe, expect, it } from 'vitest'
import { parseTrustedRoot } from '../../trust/trusted-root.ts'
import { parseCheckpoint, requireSignatureOf } from './checkpoint.ts'

const sigstore = createSigstore()
const { logs } = parseTrustedRoot(JSON.stringify(sigstore.trustedRoot))
// Of Rekor v1 with ECDSA, whose id is of the key alone, and of Rekor v2 with Ed25519, whose id is of its name too.
const [first, entry] = sigstore.sign({ file: 'a' }, { rekor: [1, 2] }).bundle.verificationMaterial.tlogEntries
const text = entry?.inclusionProof?.checkpoint.envelope ?? ''
const [note = '', line = ''] = text.split('\n\n')
const [, name = ''] = line.split(' ')
const logOf = (of: typeof entry) =>
  logs.find(({ id }) => id === Buffer.from(of?.logId.keyId ?? '', 'base64').toString('hex'))!
const judge = (checkpoint: string, of = entry): void =>
  requireSignatureOf(logOf(of), parseCheckpoint(checkpoint))

describe('a checkpoint', () => {
  it('is accepted of the log that signed it, with the lines of others beside it', () => {
    expect(() => judge(text)).not.toThrow()
    expect(() => judge(`${note}\n\n\u2014 witness.example AAAAAAAAAA==\n${line}`)).not.toThrow()
  })

  it.each([
    ['in the name of another', text.replaceAll(`\u2014 ${name} `, '\u2014 other.example ')],
    ['of another origin', text.replace(name, 'other.example')],
    ['of an origin that only begins so', text.replace(name, `${name}.example`)],
    ['by another key', `${note}\n\n\u2014 ${name} AAAAAAAAAA==\n`],
    ['of a log that has the same key under another name', text.replaceAll(name, 'other.example')],
    ['by nobody', `${note}\n\n`],
    ['with a line that is no signature', `${note}\n\nx\n${line}`],
    ['with more behind it', `${text}\n\nx`],
    ['of a size that is no number', text.replace(/\n\d+\n/, '\n0x1\n')],
    ['of a size with a leading zero', text.replace(/\n(\d+)\n/, '\n0$1\n')],
    ['that is too long', `${note}${'\nx'.repeat(10_000)}\n\n${line}`],
  ])('is refused %s', (_, checkpoint) => {
    expect(checkpoint).not.toBe(text)
    expect(() => judge(checkpoint)).toThrow(expect.objectContaining({ reason: 'log-invalid' }))
  })

  it('is refused of Rekor v1 by another key', () => {
    const [note = '', line = ''] = first?.inclusionProof?.checkpoint.envelope.split('\n\n') ?? []
    const [dash, name, signature = ''] = line.trimEnd().split(' ')
    expect(() => judge(`${note}\n\n${line}`, first)).not.toThrow()
    const bytes = Buffer.from(signature, 'base64')
    bytes[3]! ^= 1
    const other = `${note}\n\n${dash} ${name} ${bytes.toString('base64')}\n`
    expect(() => judge(other, first)).toThrow(expect.objectContaining({ reason: 'log-invalid' }))
  })
})
