import { readFileSync } from 'node:fs'
import type { Difference } from './compare-packages.ts'
import type { Tool } from './list-packages.ts'

/** Why tools differ; an entry of `differences.json`. */
export interface Explanation {
  /** purl type. */
  readonly ecosystem: string
  /** Packages as {@link Difference} names them, without the type in front; `*` stands for any text. */
  readonly packages: readonly string[]
  /** In which sample; `*` as above. Default: any. */
  readonly sample?: string | undefined
  readonly lacks: readonly Tool[]
  /** Who is right. */
  readonly right: 'ours' | 'theirs' | 'both'
  readonly why: string
}

/** All that is known, in the order in which it is looked through. */
export const explanations = JSON.parse(
  readFileSync(new URL('differences.json', import.meta.url), 'utf8'),
) as readonly Explanation[]

/** The first explanation that fits. */
export function explain(difference: Difference): Explanation | undefined {
  return explanations.find(
    ({ ecosystem, packages, sample = '*', lacks }) =>
      ecosystem === difference.ecosystem &&
      lacks.join() === difference.lacks.join() &&
      matches(sample, difference.sample) &&
      packages.some((pattern) => matches(`${ecosystem}/${pattern}`, difference.id)),
  )
}

/** Patterns of an explanation that no difference needs. */
export function unusedPatterns(differences: readonly Difference[]): readonly string[] {
  const used = new Set<string>()
  for (const difference of differences) {
    const explanation = explain(difference)
    if (!explanation) continue
    const { ecosystem, packages } = explanation
    for (const pattern of packages.filter((one) => matches(`${ecosystem}/${one}`, difference.id))) {
      used.add(describe(explanation, pattern))
    }
  }
  return explanations
    .flatMap((one) => one.packages.map((pattern) => describe(one, pattern)))
    .filter((one) => !used.has(one))
}

const describe = ({ ecosystem, sample, lacks }: Explanation, pattern: string) =>
  `${ecosystem}/${pattern} in ${sample ?? '*'}, lacking in ${lacks.join(' and ')}`

function matches(pattern: string, text: string): boolean {
  const source = pattern
    .split('*')
    .map((part) => part.replaceAll(/[\\^$.|?+()[\]{}]/g, String.raw`\$&`))
    .join('.*')
  return new RegExp(`^${source}$`, 's').test(text)
}
