import { type Clock, systemClock } from '@sallyport/core'
import { AttestError } from '../errors.ts'
import { anyWitness } from '../keyless/any-witness.ts'
import { fulcioSigner } from '../keyless/fulcio-signer.ts'
import { rekorLog } from '../keyless/rekor-log.ts'
import type { ServiceOptions } from '../service/service-options.ts'
import { timestampAuthority } from '../keyless/timestamp-authority.ts'
import type { IdentityTokenSource } from '../ports/identity-token-source.ts'
import type { IdentitySigner, KeylessSigner, SignerIdentity } from '../ports/signer.ts'
import type { Witness } from '../ports/witness.ts'
import { chooseServices } from './choose-services.ts'
import type { ConfiguredService, ServiceChoice, SigningConfig } from './signing-config.ts'

/** Options of {@link signingServices}. */
export interface SigningServicesOptions extends ServiceOptions {
  /** Who signs. */
  readonly token: IdentityTokenSource
  /** Whom identity tokens are for. Default `sigstore`. */
  readonly audience?: string | undefined
  /**
   * Versions of Rekor's API that may be used. Default both, 2 before 1. Readers of `.sig` and `.att` tags know entries
   * of version 1 only: `[1]` serves them, where the config still names such a log.
   */
  readonly rekorVersions?: readonly (1 | 2)[] | undefined
  /** Whom certificates have to name, exactly. Default: whomever the token does. */
  readonly identity?: SignerIdentity | undefined
  /** Tells the time. Default: the system's. */
  readonly clock?: Clock | undefined
}

/** What to sign with, to be passed on to `signStatement`. */
export interface SigningServices {
  /** Makes a key and has it certified. */
  readonly signer: KeylessSigner
  /** Logs and timestamp authorities that witness a signature. */
  readonly witnesses: readonly Witness[]
}

/** The same as one identity, which is known beforehand: a certificate of anybody else is refused. */
export function signingServices(
  config: SigningConfig,
  options: SigningServicesOptions & { readonly identity: SignerIdentity },
): SigningServices & { readonly signer: IdentitySigner }
/**
 * Chooses the services to sign with now: for each kind the highest version of the API that is spoken here (Fulcio and
 * timestamps 1, Rekor 2 before 1), one service of each operator, the newest. Of logs and timestamp authorities as many
 * as the config says: `ANY` asks one after another until one answers; of `ALL` and `EXACT` each must answer.
 *
 * @throws {AttestError} `SIGNING_CONFIG_INVALID` when there is no certificate authority, too few services, or services
 *   that together vouch for no time (a log of version 2 alone).
 */
export function signingServices(config: SigningConfig, options: SigningServicesOptions): SigningServices
export function signingServices(
  config: SigningConfig,
  {
    token,
    audience,
    identity,
    rekorVersions = [1, 2],
    clock = systemClock,
    ...options
  }: SigningServicesOptions,
): SigningServices {
  const at = clock.now()
  const choose = (name: string, services: readonly ConfiguredService[], versions: readonly number[]) => {
    const chosen = chooseServices(services, { versions, now: at })
    if (services.length > 0 && chosen.length === 0)
      throw invalid(`none of the ${services.length} ${name} is valid now and of a version that can be spoken`)
    return chosen
  }
  const [authority] = choose('certificate authorities', config.caUrls, [1])
  if (!authority) throw invalid('there is no certificate authority')
  const logs = choose('logs', config.rekorTlogUrls, rekorVersions)
  const authorities = choose('timestamp authorities', config.tsaUrls, [1])
  if (authorities.length === 0 && !logs.some(({ majorApiVersion }) => majorApiVersion === 1))
    throw invalid('neither a timestamp authority nor a log that vouches for the time')
  return {
    signer: fulcioSigner({ ...options, url: authority.url, token, audience, identity, clock }),
    witnesses: [
      ...toWitnesses('logs', config.rekorTlogConfig, logs, ({ url, majorApiVersion }) =>
        rekorLog({ ...options, url, version: majorApiVersion === 1 ? 1 : 2 }),
      ),
      ...toWitnesses('timestamp authorities', config.tsaConfig, authorities, ({ url }) =>
        timestampAuthority({ ...options, url }),
      ),
    ],
  }
}

function toWitnesses(
  name: string,
  choice: ServiceChoice | null | undefined,
  services: readonly ConfiguredService[],
  toWitness: (service: ConfiguredService) => Witness,
): readonly Witness[] {
  if (services.length === 0) return []
  const witnesses = services.map(toWitness)
  switch (choice?.selector) {
    case 'ANY':
      return [anyWitness(witnesses)]
    case 'ALL':
      return witnesses
    case 'EXACT':
      if (witnesses.length < choice.count)
        throw invalid(
          `${choice.count} ${name} of different operators are wanted, ${witnesses.length} can be used`,
        )
      return witnesses.slice(0, choice.count)
    case undefined:
      throw invalid(`it does not say how many ${name} to use`)
  }
}

function invalid(why: string): AttestError {
  return new AttestError('SIGNING_CONFIG_INVALID', `the signing config can't be used: ${why}`)
}
