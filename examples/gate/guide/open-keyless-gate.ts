import { readFile } from 'node:fs/promises'
import {
  ambientIdentityToken,
  parseSigningConfig,
  parseTrustedRoot,
  type SignerIdentity,
  signingServices,
} from '@sallyport/attest'
import { createGate, type Gate } from '@sallyport/gate'
import { openParts } from './open-gate.ts'

/** A gate without keys: it signs as the job that runs it, and as nobody else. */
export async function openKeylessGate(
  resources: AsyncDisposableStack,
  identity: SignerIdentity,
): Promise<Gate> {
  const { signer, witnesses } = signingServices(parseSigningConfig(await readFile('signing_config.json')), {
    token: ambientIdentityToken(),
    identity,
  })
  const root = parseTrustedRoot(await readFile('trusted_root.json'))
  const options = {
    ...(await openParts(resources)),
    signer: { evidence: signer, release: signer },
    confirmation: { witnesses, root },
  }
  return resources.use(createGate(options))
}
