import type { ImageConfig } from '@sallyport/image'
import type { ConfigurationFacts } from '@sallyport/policy'

/** What rules may ask of an image's configuration. Values of variables are left out: they may be secrets. */
export function describeConfiguration({ created, config }: ImageConfig): ConfigurationFacts {
  const { User, Entrypoint, Cmd, Env, Labels, Healthcheck } = config ?? {}
  return {
    user: User ?? undefined,
    entrypoint: Entrypoint ?? [],
    command: Cmd ?? [],
    environment: (Env ?? []).map((variable) => variable.split('=', 1)[0]!),
    exposedPorts: keysOf(config?.ExposedPorts),
    volumes: keysOf(config?.Volumes),
    labels: Labels ?? {},
    healthCheck: Healthcheck?.Test != null && Healthcheck.Test.length > 0 && Healthcheck.Test[0] !== 'NONE',
    created: created ?? undefined,
  }
}

/** Docker writes sets as objects with empty values. */
const keysOf = (set: unknown): readonly string[] =>
  set !== null && typeof set === 'object' && !Array.isArray(set) ? Object.keys(set).sort() : []
