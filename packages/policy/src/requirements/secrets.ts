import * as z from 'zod'
import { matchGlob } from '../evaluate/match-glob.ts'
import type { RuleKind } from '../rules/rule-kind.ts'
import { broken, holds, unanswered } from '../rules/rule-result.ts'
import { isSetAside } from '../suppression.ts'
import { nameWeakness, wasLookedFor } from './weakness.ts'

/** No scanner found a secret in the image. */
export interface SecretsRule {
  /** What looks like one and is none: the file, as a glob, and the scanner's rule where only that is meant. */
  readonly except?:
    | readonly { readonly path: string; readonly rule?: string | undefined; readonly reason: string }[]
    | undefined
}

const text = z.string().min(1).max(1_000)

/** `secrets`. */
export const secretsKind: RuleKind<SecretsRule> = {
  schema: z.strictObject({
    except: z
      .array(z.strictObject({ path: text, rule: text.optional(), reason: text }))
      .max(1_000)
      .optional(),
  }),
  loosened: (parent, child) =>
    (child.except ?? []).flatMap(({ path, rule }, at) =>
      parent.except?.some((one) => one.path === path && (one.rule === undefined || one.rule === rule))
        ? []
        : [{ path: ['except', at], was: 'none' }],
    ),
  evaluate({ except = [] }, { facts: { scan }, now }) {
    const secrets = (scan.weaknesses ?? []).filter(
      (weakness) =>
        weakness.kind === 'secret' &&
        !isSetAside(weakness.suppressed, now) &&
        !except.some(
          ({ path, rule }) =>
            weakness.path !== undefined &&
            matchGlob(path, weakness.path) &&
            (rule === undefined || rule === weakness.id),
        ),
    )
    if (secrets.length === 0 && !(scan.weaknesses && wasLookedFor('secret', scan)))
      return unanswered('secrets-unknown', 'no scanner looked for secrets')
    return secrets.length === 0
      ? holds('no secrets')
      : broken('secret-found', `${secrets.length} secrets`, {
          limit: 0,
          actual: secrets.length,
          offenders: secrets.map(nameWeakness),
        })
  },
}
