import { type Clock, type Reference, systemClock } from '@sallyport/core'
import { createRegistryClient, dockerConfigCredentials, type Repository } from '@sallyport/oci'
import type { UploadIndex } from '../batch/upload-index.ts'
import { GateError } from '../errors.ts'
import type { Leases } from '../ports/leases.ts'
import { checkSigners } from './gate-signer.ts'
import type { GateOptions } from './options.ts'

/** What the steps of a promotion work with: the options of a gate with their defaults. */
export interface GateContext extends GateOptions {
  /** Opens a repository by its place. */
  readonly repository: (reference: Pick<Reference, 'registry' | 'repository'>) => Repository
  /** Lets one promotion at a time write to a destination. */
  readonly leases: Leases
  /** Time by which everything is dated. */
  readonly clock: Clock
  /** Remembers in a batch which repository has which blob. */
  readonly uploads?: UploadIndex | undefined
}

/** What an image is judged with: a gate without keys, since nothing is signed. */
export type JudgingContext = Omit<GateContext, 'signer' | 'confirmation'>

/**
 * Fills in the defaults. Disposing closes the registry client, where it had to make one.
 *
 * @throws {GateError} `OPTIONS_INVALID` without a scanner, with statements that nobody answers for, with a `verifierId` that
 *   is no URI, or when the gate could approve itself.
 */
export function openGateContext(options: GateOptions): GateContext & AsyncDisposable {
  checkSigners(options)
  const { signer, confirmation } = options
  return { ...openJudgingContext(options), signer, confirmation }
}

/**
 * The same for what signs nothing.
 *
 * @throws {GateError} `OPTIONS_INVALID` without a scanner, with statements that nobody answers for, or with a `verifierId` that
 *   is no URI.
 */
export function openJudgingContext(
  options: Omit<GateOptions, 'signer' | 'confirmation'>,
): JudgingContext & AsyncDisposable {
  if (options.scanners.length === 0)
    throw new GateError('OPTIONS_INVALID', 'no scanner: nothing could be judged')
  checkOwners(options)
  checkName(options)
  const resources = new AsyncDisposableStack()
  return {
    ...options,
    repository: options.repository ?? openRegistries(resources),
    leases: options.leases ?? options.journal.leases,
    clock: options.clock ?? systemClock,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

/** One client for all, so that all share its limits. */
function openRegistries(resources: AsyncDisposableStack): GateContext['repository'] {
  const client = resources.use(createRegistryClient({ credentials: dockerConfigCredentials() }))
  return (reference) => client.repository(reference)
}

/** Decisions and provenance are of somebody, by a URI (SLSA v1, `verifier.id` and `builder.id`). */
function checkName({ verifierId }: Pick<GateOptions, 'verifierId'>): void {
  if (verifierId === undefined || URL.canParse(verifierId)) return
  throw new GateError(
    'OPTIONS_INVALID',
    `verifierId ${JSON.stringify(verifierId)} is no URI; e.g. https://example.com/gate/prod`,
  )
}

/** What takes findings out of the count needs somebody who answers for it. */
function checkOwners({ vex = [], ignore = [] }: Pick<GateOptions, 'vex' | 'ignore'>): void {
  const nameless = [
    ...vex.filter(({ trustedAs }) => trustedAs.trim() === '').map(({ source }) => source),
    ...ignore
      .filter(({ owner }) => owner.trim() === '')
      .map(({ rules }) => rules[0]?.source ?? 'an ignore file'),
  ]
  if (nameless.length > 0) {
    throw new GateError('OPTIONS_INVALID', `nobody answers for ${nameless.join(', ')}: name who does`)
  }
}
