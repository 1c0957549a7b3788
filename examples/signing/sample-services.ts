import { generateKeyPairSync } from 'node:crypto'
import process from 'node:process'
import { githubClaims, type RunningSigstore, startSigstore } from '@sallyport/testkit/sigstore'
// The transit engine of Vault, as the package itself is tested with it.
import { startVaultDouble } from '../../packages/attest/src/testing/kms/vault-double.ts'

/** Services to sign with. While they run, the environment of this process is that of a job which may use them. */
export interface SampleServices extends AsyncDisposable {
  readonly sigstore: RunningSigstore
  /** Variables of the environment by which programs reach the key `hashivault://release`, and open keys in files. */
  readonly environment: Readonly<Record<string, string>>
}

/** Starts a Sigstore and a Vault on this machine. */
export async function startSampleServices(): Promise<SampleServices> {
  const sigstore = await startSigstore()
  const vault = await startVaultDouble()
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  vault.keys.set('release', { type: 'ecdsa-p256', versions: [privateKey] })
  const environment = {
    VAULT_ADDR: vault.origin,
    VAULT_TOKEN: 'hvs.a-token-of-vault',
    COSIGN_PASSWORD: 'a passphrase of the example',
  }
  const token = sigstore.issueToken({ claims: githubClaims({ ref: 'refs/tags/v1.4' }) })
  const restore = changeEnvironment({
    ...environment,
    SIGSTORE_ID_TOKEN: token,
    // Where CI itself has an identity, the example must not sign with that.
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: undefined,
    BUILDKITE_AGENT_ACCESS_TOKEN: undefined,
  })
  return {
    sigstore,
    environment,
    async [Symbol.asyncDispose]() {
      restore()
      await vault[Symbol.asyncDispose]()
      await sigstore.close()
    },
  }
}

/** Sets and removes variables; the result puts back what was there. */
function changeEnvironment(variables: Readonly<Record<string, string | undefined>>): () => void {
  const set = (values: Readonly<Record<string, string | undefined>>): void => {
    for (const [name, value] of Object.entries(values))
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
  }
  const before = Object.fromEntries(Object.keys(variables).map((name) => [name, process.env[name]]))
  set(variables)
  return () => set(before)
}
