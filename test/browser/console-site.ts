import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateSigningKey, keySigner } from '@sallyport/attest'
import {
  type Journal,
  promote,
  type PromotionOutcome,
  type QuarantineStore,
  sqliteJournal,
  sqliteQuarantine,
} from '@sallyport/gate'
import { createReviewConsole, listenReviewConsole } from '@sallyport/gate/console'
import { createRegistryClient } from '@sallyport/oci'
import { parsePolicy } from '@sallyport/policy'
import { builtinScanner, parseAdvisories } from '@sallyport/scan'
import { pushImage, startRegistry } from '@sallyport/testkit'
import { sampleAdvisories, sampleImage } from '../../examples/gate/write-samples.ts'

export const token = 'the token of Ada, long enough'

const policy = parsePolicy(
  `version: 1
tiers:
  prod:
    thresholds:
      - { name: no critical, severity: critical, max: 0 }
    waivers: { maxLifetime: 30d }
`,
  { source: 'gate.yaml' },
)

/** A gate between two repositories of a registry, and a console over what it stopped. */
export interface ConsoleSite extends AsyncDisposable {
  readonly origin: string
  readonly quarantine: QuarantineStore
  readonly journal: Journal
  /** Address that signs Ada in once. */
  signInLink(): string
  /** Pushes an image that the gate stops, and lets it; resolves with the id of the entry. */
  stop(name: string): Promise<string>
  /** Promotes an image with what reviewers have approved. */
  promote(name: string): Promise<PromotionOutcome>
}

/** Starts registry, gate and console, all of them real. */
export async function startConsole(): Promise<ConsoleSite> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-console-'))
  const resources = new AsyncDisposableStack()
  resources.defer(() => rm(folder, { recursive: true, force: true }))
  const registry = await startRegistry()
  resources.defer(() => registry.close())
  const client = resources.use(createRegistryClient())
  const quarantine = resources.use(sqliteQuarantine(join(folder, 'gate.db')))
  const journal = resources.use(sqliteJournal(join(folder, 'gate.db')))
  const [evidence, release, reviewers] = [generateSigningKey(), generateSigningKey(), generateSigningKey()]
  const console = createReviewConsole({
    quarantine,
    journal,
    signIn: { tokens: [{ reviewer: 'Ada Lovelace', token }] },
    approval: {
      signer: keySigner(reviewers.privateKey),
      terms: (tier) => policy.tiers.get(tier)?.waivers,
    },
  })
  const { origin } = resources.use(await listenReviewConsole(console))

  const promoteImage = async (name: string): Promise<PromotionOutcome> => {
    const { files } = await quarantine.approvedWaivers({ keys: [reviewers.publicKey], now: new Date() })
    return promote({
      from: `${registry.host}/build/${name}:1`,
      to: `${registry.host}/prod/${name}:1`,
      tier: 'prod',
      policy,
      waivers: files,
      scanners: [
        builtinScanner({ advisories: parseAdvisories(sampleAdvisories(), { source: 'advisories.json' }) }),
      ],
      harden: true,
      signer: { evidence: keySigner(evidence.privateKey), release: keySigner(release.privateKey) },
      journal,
      quarantine,
      repository: (reference) => client.repository(reference),
      workDirectory: folder,
    })
  }

  return {
    origin,
    quarantine,
    journal,
    signInLink: () => `${origin}${console.signInPath}#code=${console.issueSignInCode('Ada Lovelace')}`,
    promote: promoteImage,
    async stop(name) {
      const repository = client.repository({ registry: registry.host, repository: `build/${name}` })
      await pushImage(repository, sampleImage({ tool: true, version: name }), '1')
      const outcome = await promoteImage(name)
      if (outcome.verdict !== 'fail') throw new Error(`${name} was not stopped: ${outcome.verdict}`)
      return outcome.quarantine.id
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

/** A server of somebody else on this machine; what it serves may do what it likes. */
export async function startAttacker(markup: string): Promise<AsyncDisposable & { readonly origin: string }> {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end(markup)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close().closeAllConnections()
    },
  }
}
