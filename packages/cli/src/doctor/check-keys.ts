import type { RunContext } from '../command.ts'
import { openIdentity } from '../parts/identity.ts'
import { readFile } from '../parts/read-file.ts'
import { type KeyOption, openSigner } from '../parts/signer.ts'
import type { Check } from './check.ts'
import { toCheck } from './check-config.ts'

const privateKeys: readonly KeyOption[] = ['evidence-key', 'release-key', 'signing-key', 'reviewer-key']

/** Whether each key that is set can be read and used. Nothing of a private key is shown. */
export async function checkKeys(context: RunContext): Promise<readonly Check[]> {
  const { settings } = context
  const checks: Check[] = []
  const publicKeys = new Map<string, string>()
  for (const option of privateKeys) {
    if (settings.text(option) === undefined) continue
    try {
      const { publicKey } = await openSigner(option, context)
      publicKeys.set(option, publicKey)
      checks.push({ what: option, state: 'ok', message: 'can be used' })
    } catch (error) {
      checks.push(toCheck(option, error))
    }
  }
  const [evidence, release] = [publicKeys.get('evidence-key'), publicKeys.get('release-key')]
  if (evidence !== undefined && evidence === release)
    checks.push({
      what: 'release-key',
      state: 'fail',
      message: 'is the same as evidence-key',
      advice: 'Use two keys: who finds something out must not be able to release.',
    })
  if (settings.text('signing-config') !== undefined) {
    try {
      const { signer } = await openIdentity(context)
      const message = `signs as ${signer.identity.subject}`
      checks.push({ what: 'signing-config', state: 'ok', message })
    } catch (error) {
      checks.push(toCheck('signing-config', error))
    }
  }
  const { parsePublicKey } = await import('@sallyport/attest')
  for (const option of ['public-key', 'approval-key'] as const)
    for (const file of settings.list(option)) {
      try {
        parsePublicKey((await readFile(file)).toString('utf8'))
        checks.push({ what: option, state: 'ok', message: file })
      } catch (error) {
        checks.push(toCheck(option, error))
      }
    }
  return checks
}
