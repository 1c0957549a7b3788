/** Names of the configuration checks. */
export type ConfigCheckId =
  | 'non-root-user'
  | 'setuid-bits'
  | 'file-capabilities'
  | 'shell'
  | 'tools'
  | 'secrets-in-environment'
  | 'secrets-in-files'
  | 'secrets-in-history'
  | 'empty-passwords'
  | 'duplicate-ids'
  | 'world-writable'
  | 'sticky-folders'
  | 'program-ownership'
  | 'package-caches'
  | 'left-behind-files'
  | 'sensitive-volumes'
  | 'health-check'
  | 'signals'
  | 'history-instructions'
  | 'base-labels'

/** What to do about what a check finds: change it, say what would be changed, or not look at all. */
export type ConfigSwitch = 'fix' | 'suggest' | 'off'

/** `blocked`: it can be changed, but not without breaking something; `ok`: nothing was found. */
export type ConfigCheckState = 'fixed' | 'suggested' | 'blocked' | 'not-applicable' | 'ok'

/** One thing that a check found. Never holds a secret. */
export interface ConfigFinding {
  readonly state: Extract<ConfigCheckState, 'fixed' | 'suggested' | 'blocked'>
  /** Path, name of a variable or field that it is about. */
  readonly subject: string
  /** What is the matter, and what was or would be done. */
  readonly detail: string
  /** Why it can't be changed; present exactly when it is `blocked`. */
  readonly reason?: string | undefined
}

/** Outcome of one check. */
export interface ConfigCheck {
  readonly id: ConfigCheckId
  /** Section of the CIS Docker Benchmark, e.g. `4.1`. */
  readonly cis?: string | undefined
  /** Code of dockle, e.g. `CIS-DI-0001`. */
  readonly dockle?: string | undefined
  /** The most pressing state of its findings: `blocked`, then `suggested`, then `fixed`. */
  readonly state: ConfigCheckState
  /** Why a check is not applicable. */
  readonly reason?: string | undefined
  /** At most 100. */
  readonly findings: readonly ConfigFinding[]
  /** Findings altogether. */
  readonly count: number
}

/** Codes of a check in other catalogues, and what is done when nothing is said. */
export interface ConfigCheckTraits {
  readonly cis?: string
  readonly dockle?: string
  readonly byDefault: Exclude<ConfigSwitch, 'off'>
}

/** All checks in the order of the report. By default only what no program can notice is changed. */
export const configChecks: Readonly<Record<ConfigCheckId, ConfigCheckTraits>> = {
  'non-root-user': { cis: '4.1', dockle: 'CIS-DI-0001', byDefault: 'suggest' },
  'setuid-bits': { cis: '4.8', dockle: 'CIS-DI-0008', byDefault: 'fix' },
  'file-capabilities': { cis: '4.8', byDefault: 'fix' },
  shell: { cis: '4.3', byDefault: 'suggest' },
  tools: { cis: '4.3', dockle: 'DKL-DI-0001', byDefault: 'suggest' },
  'secrets-in-environment': { cis: '4.10', dockle: 'CIS-DI-0010', byDefault: 'suggest' },
  'secrets-in-files': { cis: '4.10', dockle: 'CIS-DI-0010', byDefault: 'suggest' },
  'secrets-in-history': { cis: '4.10', dockle: 'CIS-DI-0010', byDefault: 'suggest' },
  'empty-passwords': { dockle: 'DKL-LI-0001', byDefault: 'fix' },
  'duplicate-ids': { dockle: 'DKL-LI-0002', byDefault: 'suggest' },
  'world-writable': { byDefault: 'suggest' },
  'sticky-folders': { byDefault: 'fix' },
  'program-ownership': { byDefault: 'suggest' },
  'package-caches': { cis: '4.3', dockle: 'DKL-DI-0005', byDefault: 'fix' },
  'left-behind-files': { dockle: 'DKL-LI-0003', byDefault: 'suggest' },
  'sensitive-volumes': { dockle: 'DKL-DI-0002', byDefault: 'fix' },
  'health-check': { cis: '4.6', dockle: 'CIS-DI-0006', byDefault: 'suggest' },
  signals: { byDefault: 'suggest' },
  'history-instructions': { cis: '4.9', dockle: 'DKL-DI-0003', byDefault: 'suggest' },
  'base-labels': { byDefault: 'fix' },
}
