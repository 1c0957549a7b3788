import type { Image } from '@sallyport/image'
import type { Inventory } from '@sallyport/inventory'
import type { ConfigCheck } from '../config/config-check.ts'
import { planConfiguration } from '../config/plan-configuration.ts'
import type { HardenImageOptions } from '../harden-options.ts'
import { checkPlan } from '../invariants/check-plan.ts'
import { toResult } from '../invariants/invariant.ts'
import type { FoundPlan } from '../plan/find-plan.ts'
import { planStrip, type StripReport } from '../strip/plan-strip.ts'
import type { OpenedSystems } from '../systems/open-systems.ts'
import type { UsageAnalysis } from '../usage/analyze-usage.ts'
import { filterIndexes } from './indexes/filter-indexes.ts'
import type { PlannedEdit } from './plan-edit.ts'

/** The whole edit of one hardening. */
export interface ExtendedEdit {
  readonly edit: PlannedEdit
  /** What it does, for the history; empty when it changes nothing. */
  readonly done: readonly string[]
  readonly strip?: StripReport | undefined
  readonly checks?: readonly ConfigCheck[] | undefined
  /** What was left out, and why. */
  readonly limitedBecause: readonly string[]
}

interface ReadImage {
  readonly image: Image
  readonly inventory: Inventory
  readonly analysis: UsageAnalysis
  readonly systems: OpenedSystems
}

/**
 * Adds to the removal of packages what else was asked for: unused files of packages that stay, and changes of the
 * configuration. A part that would break a law is left out.
 */
export async function extendEdit(
  subject: ReadImage,
  { plan, edit: removal }: FoundPlan,
  { strip, configuration, commands, signal }: HardenImageOptions,
): Promise<ExtendedEdit> {
  const { image, inventory, analysis, systems } = subject
  const kept = plan.kept.map(({ package: found }) => found)
  const limitedBecause: string[] = []
  const done = plan.removed.length > 0 ? [`removed ${plan.removed.length} unused packages`] : []
  let edit = removal
  /** Takes a part over, unless a law speaks against it. */
  const accept = async (name: string, extended: PlannedEdit): Promise<boolean> => {
    const laws = await checkPlan(image, analysis, plan, extended, systems, commands, signal)
    const broken = laws.map(toResult).find(({ holds }) => !holds)
    if (broken) limitedBecause.push(`${name}: ${broken.id}: ${broken.violations[0]}`)
    else edit = extended
    return !broken
  }

  let stripped: StripReport | undefined
  if (strip) {
    const draft = { remove: new Set(edit.remove), replace: new Map(edit.replace) }
    const report = await planStrip({ image, kept, analysis, systems }, draft, strip)
    const listed = new Set(kept.flatMap(({ files }) => files))
    await filterIndexes(image, draft, (path) => listed.has(path), signal)
    const files = draft.remove.size - edit.remove.size
    stripped = report
    if (files > 0) {
      const unowned = [...new Set([...edit.unowned, ...report.unowned])].sort()
      if (await accept('strip', { ...edit, ...draft, unowned })) done.push(`stripped ${files} unused files`)
      else stripped = { categories: {}, unowned: [], nothingBecause: limitedBecause.at(-1) }
    }
  }

  let checks: readonly ConfigCheck[] | undefined
  if (configuration) {
    const options = configuration === true ? {} : configuration
    const input = { image, inventory, analysis, remove: edit.remove, replace: edit.replace }
    const isChanged = done.length > 0
    const base = isChanged ? { digest: image.raw.descriptor.digest } : undefined
    const planned = await planConfiguration(input, { ...options, base, signal })
    checks = planned.checks
    if (planned.done.length > 0) {
      const gone = [...planned.edit.remove].filter((path) => !edit.remove.has(path))
      const extended: PlannedEdit = {
        remove: edit.remove.union(planned.edit.remove),
        replace: new Map([...edit.replace, ...planned.edit.replace]),
        unowned: [...new Set([...edit.unowned, ...gone])].sort(),
        attributes: planned.edit.attributes,
        config: planned.edit.config,
      }
      if (await accept('configuration', extended)) done.push(`configuration: ${planned.done.join(' ')}`)
      else checks = undefined
    }
  }
  return { edit, done, strip: stripped, checks, limitedBecause }
}
