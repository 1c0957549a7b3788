import type { Key, VerifyMessageResult } from 'openpgp'
import { HardenError } from '../../errors.ts'

/** A release file with what vouches for it. */
export type SignedRelease =
  /** `InRelease`: text and signatures in one. */
  | { readonly type: 'inline'; readonly content: Uint8Array }
  /** `Release` and `Release.gpg`. */
  | { readonly type: 'detached'; readonly content: Uint8Array; readonly signature: Uint8Array }

/** Loaded with the first signature: few who import this package patch images. */
async function loadOpenpgp() {
  const openpgp = await import('openpgp')
  const { md5, sha1, ripemd } = openpgp.enums.hash
  const config = {
    rejectMessageHashAlgorithms: new Set([md5, sha1, ripemd]),
    rejectHashAlgorithms: new Set([md5, ripemd]),
  }
  return { ...openpgp, config }
}

/**
 * Checks a release file against a keyring, and gives the text that was signed, nothing around it. One good signature
 * suffices, as for apt: archives sign with old and new keys. It counts when its key is in the keyring, neither expired
 * nor revoked at `now`, and its hash is not MD5, SHA-1 or RIPEMD.
 *
 * @param name - of the suite, for messages
 * @throws {HardenError} `SIGNATURE_INVALID`, with the reason for each signature.
 */
export async function verifyRelease(
  name: string,
  release: SignedRelease,
  keyring: string | Uint8Array,
  now: Date,
): Promise<string> {
  const keys = await parseKeyring(name, keyring)
  let result: VerifyMessageResult<string | Uint8Array>
  try {
    result = await check(release, keys, now)
  } catch (error) {
    throw new HardenError('SIGNATURE_INVALID', `${name}: not a signed release file: ${reasonOf(error)}`, {
      cause: error,
    })
  }
  const reasons: string[] = []
  for (const { keyID, verified } of result.signatures) {
    try {
      await verified
      await checkKey(keys, keyID, now)
      return typeof result.data === 'string' ? result.data : Buffer.from(result.data).toString('utf8')
    } catch (error) {
      reasons.push(`key ${keyID.toHex()}: ${reasonOf(error)}`)
    }
  }
  const why = reasons.length > 0 ? reasons.join('; ') : 'it has none'
  throw new HardenError('SIGNATURE_INVALID', `${name}: no good signature by a key of the keyring: ${why}`)
}

async function check(
  release: SignedRelease,
  verificationKeys: Key[],
  date: Date,
): Promise<VerifyMessageResult<string | Uint8Array>> {
  const { config, createMessage, readCleartextMessage, readSignature, verify } = await loadOpenpgp()
  if (release.type === 'inline') {
    const cleartextMessage = Buffer.from(release.content).toString('utf8')
    const message = await readCleartextMessage({ cleartextMessage, config })
    return await verify({ message, verificationKeys, date, config })
  }
  const signature = await (isArmored(release.signature)
    ? readSignature({ armoredSignature: Buffer.from(release.signature).toString('latin1'), config })
    : readSignature({ binarySignature: release.signature, config }))
  const message = await createMessage({ binary: release.content })
  return await verify({ message, signature, verificationKeys, date, format: 'binary', config })
}

/** OpenPGP.js judges a key at the time of the signature; a key that has expired since does not count either. */
async function checkKey(
  keys: readonly Key[],
  keyID: Parameters<Key['getKeys']>[0],
  now: Date,
): Promise<void> {
  const key = keys.find((candidate) => candidate.getKeys(keyID).length > 0)
  if (!key) throw new Error('not in the keyring')
  await key.getSigningKey(keyID, now)
}

async function parseKeyring(name: string, keyring: string | Uint8Array): Promise<Key[]> {
  const { config, readKeys } = await loadOpenpgp()
  try {
    if (typeof keyring !== 'string' && !isArmored(keyring))
      return await readKeys({ binaryKeys: keyring, config })
    const text = typeof keyring === 'string' ? keyring : Buffer.from(keyring).toString('latin1')
    const blocks = text
      .split(/(?=-----BEGIN PGP PUBLIC KEY BLOCK-----)/)
      .filter((block) => block.trim() !== '')
    return (await Promise.all(blocks.map((armoredKeys) => readKeys({ armoredKeys, config })))).flat()
  } catch (error) {
    throw new HardenError('SIGNATURE_INVALID', `${name}: the keyring can't be read: ${reasonOf(error)}`, {
      cause: error,
    })
  }
}

function isArmored(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 64)).toString('latin1').trimStart().startsWith('-----BEGIN PGP')
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
