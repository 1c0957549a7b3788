import * as z from 'zod'
import { matchGlob } from '../evaluate/match-glob.ts'
import type { PolicyFacts } from '../facts.ts'
import type { Loosening, RuleKind } from '../rules/rule-kind.ts'
import { broken, holds, unanswered } from '../rules/rule-result.ts'
import { allowsMore, asksLess, dropped } from './tightening.ts'
import { findUserFault } from './user.ts'

interface Allowed {
  readonly allow: readonly string[]
}

/** How the image is configured and which files may lie in it. What is absent is not asked for. */
export interface ConfigRule {
  /** `non-root`: neither uid 0, be it by a name, nor the name root. `numeric-non-root`: a uid, as Kubernetes can check it. */
  readonly user?: 'non-root' | 'numeric-non-root' | undefined
  /** Paths, as globs, that may have the setuid or setgid bit, or capabilities that are as good as that. */
  readonly setuid?: Allowed | undefined
  /** Paths, as globs, that may have capabilities, whichever they are. */
  readonly capabilities?: Allowed | undefined
  readonly shell?: 'forbid' | undefined
  /** Paths, as globs, that everybody may write. */
  readonly worldWritable?: Allowed | undefined
  /** Ports, as globs, e.g. `8080/tcp`. */
  readonly exposedPorts?: Allowed | undefined
  readonly volumes?: 'none' | undefined
  /** Names of variables, as globs, that must not be set in the image; compared without regard to case. */
  readonly environment?: { readonly forbid: readonly string[] } | undefined
  readonly healthCheck?: 'required' | undefined
}

const globs = z.array(z.string().min(1).max(1_000)).max(1_000)
const allowed = z.strictObject({ allow: globs }).optional()

/** `config`. */
export const configKind: RuleKind<ConfigRule> = {
  schema: z
    .strictObject({
      user: z.enum(['non-root', 'numeric-non-root']).optional(),
      setuid: allowed,
      capabilities: allowed,
      shell: z.literal('forbid').optional(),
      worldWritable: allowed,
      exposedPorts: allowed,
      volumes: z.literal('none').optional(),
      environment: z.strictObject({ forbid: globs.min(1) }).optional(),
      healthCheck: z.literal('required').optional(),
    })
    .refine(
      (rule) => Object.values(rule).some((value) => value !== undefined),
      'expected something to ask for',
    ),
  loosened: (parent, child): readonly Loosening[] => [
    ...(child.user === 'numeric-non-root' ? [] : dropped(['user'], parent.user, child.user)),
    ...dropped(['shell'], parent.shell, child.shell),
    ...dropped(['volumes'], parent.volumes, child.volumes),
    ...dropped(['healthCheck'], parent.healthCheck, child.healthCheck),
    ...(['setuid', 'capabilities', 'worldWritable', 'exposedPorts'] as const).flatMap((key) =>
      allowsMore([key, 'allow'], parent[key]?.allow, child[key]?.allow),
    ),
    ...asksLess(['environment', 'forbid'], parent.environment?.forbid, child.environment?.forbid),
  ],
  evaluate(rule, { facts }) {
    const faults = [...findConfigurationFaults(rule, facts), ...findFileFaults(rule, facts)]
    const unknown = faults.find((fault) => fault === nobodyLooked)
    const known = faults.filter((fault) => fault !== nobodyLooked)
    if (unknown) return unanswered('config-unknown', 'nobody read its configuration or its files')
    return known.length === 0
      ? holds('configured as it must be')
      : broken('config-not-allowed', 'not configured as it must be', { offenders: known })
  },
}

const nobodyLooked = Symbol('nobody looked')

type Faults = readonly (string | typeof nobodyLooked)[]

function findConfigurationFaults(rule: ConfigRule, { configuration }: PolicyFacts): Faults {
  const { user, exposedPorts, volumes, environment, healthCheck } = rule
  if (!(user ?? exposedPorts ?? volumes ?? environment ?? healthCheck)) return []
  if (!configuration) return [nobodyLooked]

  const userFault = user && findUserFault(configuration, user)
  return [
    ...(userFault === undefined ? [] : [userFault]),
    ...notAllowed('exposes', exposedPorts, configuration.exposedPorts),
    ...(volumes ? configuration.volumes.map((path) => `volume ${path}`) : []),
    ...configuration.environment
      .filter((name) => environment?.forbid.some((glob) => matchGlob(glob.toUpperCase(), name.toUpperCase())))
      .map((name) => `environment ${name}`),
    ...(healthCheck && !configuration.healthCheck ? ['no health check'] : []),
  ]
}

function findFileFaults(
  { setuid, capabilities, shell, worldWritable }: ConfigRule,
  { files }: PolicyFacts,
): Faults {
  if (!(setuid ?? capabilities ?? shell ?? worldWritable)) return []
  // Facts of another maker may be without capabilities, on which `setuid` depends too.
  if (!files || ((setuid ?? capabilities) && !files.capabilities)) return [nobodyLooked]
  return [
    ...notAllowed('setuid', setuid, files.setuid),
    ...notAllowed('capabilities of', capabilities, Object.keys(files.capabilities)),
    ...(shell ? files.shells.map((path) => `shell ${path}`) : []),
    ...notAllowed('writable by everybody:', worldWritable, files.worldWritable),
  ]
}

function notAllowed(what: string, rule: Allowed | undefined, present: readonly string[]): readonly string[] {
  if (!rule) return []
  return present
    .filter((one) => !rule.allow.some((glob) => matchGlob(glob, one)))
    .map((one) => `${what} ${one}`)
}
