import type { AttributeEdit, FileNode, Image, ImageConfig } from '@sallyport/image'
import type { Inventory, Package } from '@sallyport/inventory'
import { withoutPaths } from '../tree-view.ts'
import type { UsageAnalysis } from '../usage/analyze-usage.ts'
import type { CheckContext, CheckFinding, ConfigChange, ConfigCheckFunction } from './check-context.ts'
import { checkAccounts, checkDuplicateIds } from './checks/check-accounts.ts'
import { checkBaseLabels } from './checks/check-base-labels.ts'
import { checkHealth, checkHistory, checkSignals, checkVolumes } from './checks/check-instructions.ts'
import { checkLeftBehind, checkPackageCaches } from './checks/check-left-behind.ts'
import { checkOwnership, checkStickyFolders, checkWritable } from './checks/check-permissions.ts'
import { checkShell, checkTools } from './checks/check-programs.ts'
import { checkEnvironment, checkFiles, checkHistorySecrets } from './checks/check-secrets.ts'
import { checkCapabilities, checkSetuid } from './checks/check-setuid.ts'
import { checkUser } from './checks/check-user.ts'
import {
  type ConfigCheck,
  type ConfigCheckId,
  configChecks,
  type ConfigFinding,
  type ConfigSwitch,
} from './config-check.ts'

/** Options of {@link planConfiguration}. */
export interface PlanConfigurationOptions {
  /** What to do about each check; the table in docs/hardening.md says what is done by default. */
  readonly checks?: Readonly<Partial<Record<ConfigCheckId, ConfigSwitch>>> | undefined
  /** Paths that keep their setuid and setgid bits, and their capabilities. Default none. */
  readonly allowSetuid?: readonly string[] | undefined
  /** The image that the result is made of, for labels. Default: no labels. */
  readonly base?: { readonly digest: string; readonly name?: string | undefined } | undefined
  readonly signal?: AbortSignal | undefined
}

/** What {@link planConfiguration} looks at. */
export interface PlanConfigurationInput {
  readonly image: Image
  readonly inventory: Inventory
  readonly analysis: UsageAnalysis
  /** Paths that leave in any case. */
  readonly remove?: ReadonlySet<string> | undefined
  /** New contents of files, on which changes build. */
  readonly replace?: ReadonlyMap<string, Uint8Array> | undefined
}

/** What the checks found, and the edit that does what they ask for. */
export interface ConfigurationPlan {
  /** In the order of the report; those that are switched off are left out. */
  readonly checks: readonly ConfigCheck[]
  readonly edit: {
    readonly remove: ReadonlySet<string>
    readonly replace: ReadonlyMap<string, Uint8Array>
    readonly attributes: ReadonlyMap<string, AttributeEdit>
    readonly config?: ((config: ImageConfig) => ImageConfig) | undefined
  }
  /** What was done, for the history: ids of the checks that changed something. */
  readonly done: readonly ConfigCheckId[]
}

const functions: Readonly<Record<ConfigCheckId, ConfigCheckFunction>> = {
  'non-root-user': checkUser,
  'setuid-bits': checkSetuid,
  'file-capabilities': checkCapabilities,
  shell: checkShell,
  tools: checkTools,
  'secrets-in-environment': checkEnvironment,
  'secrets-in-files': checkFiles,
  'secrets-in-history': checkHistorySecrets,
  'empty-passwords': checkAccounts,
  'duplicate-ids': checkDuplicateIds,
  'world-writable': checkWritable,
  'sticky-folders': checkStickyFolders,
  'program-ownership': checkOwnership,
  'package-caches': checkPackageCaches,
  'left-behind-files': checkLeftBehind,
  'sensitive-volumes': checkVolumes,
  'health-check': checkHealth,
  signals: checkSignals,
  'history-instructions': checkHistory,
  'base-labels': checkBaseLabels,
}

const maxFindings = 100

/**
 * Checks how an image is configured, and works out the edit that sets it right. Exposed ports, volumes for data and
 * labels of the user are never touched. Nothing is written, and nothing of the image is run.
 */
export async function planConfiguration(
  input: PlanConfigurationInput,
  { checks: switches = {}, allowSetuid = [], base, signal }: PlanConfigurationOptions = {},
): Promise<ConfigurationPlan> {
  const { image, remove = new Set(), replace = new Map() } = input
  const reader = createReader(image, remove, replace, signal)
  const context: CheckContext = {
    image,
    config: image.config,
    analysis: input.analysis,
    nodes: [...image.tree.entries()].filter(({ path }) => !remove.has(path)),
    view: withoutPaths(image.tree, remove),
    ownerOf: ownersOf(input.inventory),
    options: { allowSetuid: new Set(allowSetuid.map((path) => image.tree.canonicalize(path))), base },
    read: reader,
    signal,
  }
  const changes: ConfigChange[] = []
  const checks: ConfigCheck[] = []
  const done: ConfigCheckId[] = []
  for (const id of Object.keys(configChecks) as ConfigCheckId[]) {
    const { byDefault, ...codes } = configChecks[id]
    const choice = switches[id] ?? byDefault
    if (choice === 'off') continue
    signal?.throwIfAborted()
    const found = await functions[id](context)
    if ('notApplicable' in found) {
      checks.push({
        id,
        ...codes,
        state: 'not-applicable',
        reason: found.notApplicable,
        findings: [],
        count: 0,
      })
      continue
    }
    const findings = found.map((finding) => judge(finding, choice))
    const fixes = found.flatMap((finding, index) =>
      findings[index]?.state === 'fixed' ? (finding.changes ?? []) : [],
    )
    if (fixes.length > 0) done.push(id)
    changes.push(...fixes)
    const state =
      (['blocked', 'suggested', 'fixed'] as const).find((one) => findings.some((is) => is.state === one)) ??
      'ok'
    checks.push({ id, ...codes, state, findings: findings.slice(0, maxFindings), count: findings.length })
  }
  return { checks, edit: await combine(context, changes), done }
}

function judge(
  { subject, detail, blocked, changes = [] }: CheckFinding,
  choice: Exclude<ConfigSwitch, 'off'>,
): ConfigFinding {
  if (blocked !== undefined) return { state: 'blocked', subject, detail, reason: blocked }
  return { state: choice === 'fix' && changes.length > 0 ? 'fixed' : 'suggested', subject, detail }
}

async function combine(
  { image, read }: CheckContext,
  changes: readonly ConfigChange[],
): Promise<ConfigurationPlan['edit']> {
  const remove = new Set<string>()
  const texts = new Map<string, string>()
  const attributes = new Map<string, AttributeEdit>()
  const edits: ((config: ImageConfig) => ImageConfig)[] = []
  for (const one of changes) {
    switch (one.change) {
      case 'remove':
        remove.add(one.path)
        break
      case 'text': {
        const text = texts.get(one.path) ?? (await read(one.path))
        if (text !== undefined) texts.set(one.path, one.edit(text))
        break
      }
      case 'attributes': {
        const node = image.tree.get(one.path)
        if (node !== undefined) attributes.set(one.path, addAttributes(node, attributes.get(one.path), one))
        break
      }
      case 'config':
        edits.push(one.edit)
    }
  }
  for (const path of remove) {
    attributes.delete(path)
    texts.delete(path)
  }
  return {
    remove,
    replace: new Map([...texts].map(([path, text]) => [path, Buffer.from(text, 'latin1')])),
    attributes,
    config: edits.length === 0 ? undefined : (config) => edits.reduce((edited, edit) => edit(edited), config),
  }
}

function addAttributes(
  node: FileNode,
  before: AttributeEdit | undefined,
  { clear = 0, set = 0, uid, gid, withoutXattr }: Extract<ConfigChange, { change: 'attributes' }>,
): AttributeEdit {
  const mode = ((before?.mode ?? node.mode) & ~clear) | set
  return {
    ...before,
    ...(mode === (before?.mode ?? node.mode) ? {} : { mode }),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
    ...(withoutXattr === undefined
      ? {}
      : { xattrs: new Map([...(before?.xattrs ?? node.xattrs)].filter(([name]) => name !== withoutXattr)) }),
  }
}

const maxTextBytes = 8 * 1024 * 1024

function createReader(
  image: Image,
  remove: ReadonlySet<string>,
  replace: ReadonlyMap<string, Uint8Array>,
  signal: AbortSignal | undefined,
): (path: string) => Promise<string | undefined> {
  return async (path) => {
    const node = withoutPaths(image.tree, remove).resolve(path)
    if (node?.type !== 'file') return undefined
    const replaced = replace.get(node.path)
    if (replaced !== undefined) return Buffer.from(replaced).toString('latin1')
    if (node.size > maxTextBytes) return undefined
    return Buffer.from(await image.readFile(node, { maxBytes: maxTextBytes, signal })).toString('latin1')
  }
}

function ownersOf({ packages }: Inventory): ReadonlyMap<string, Package> {
  const owners = new Map<string, Package>()
  for (const found of packages) for (const path of found.files) if (!owners.has(path)) owners.set(path, found)
  return owners
}
