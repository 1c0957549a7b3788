// oxlint-disable-next-line typescript/triple-slash-reference -- programs of other packages include this file, not the one beside it
/// <reference path="./spdx-expression-parse.d.ts" />
import type { Expression } from 'spdx-expression-parse'
import { matchGlob } from '../evaluate/match-glob.ts'
import { loadSpdxParser } from '../internal/load-libraries.ts'

/** What becomes of a licence: `unknown` is what nobody can name, such as `NOASSERTION` or a `LicenseRef` of one's own. */
export type LicenseVerdict = 'allowed' | 'denied' | 'unknown'

/** Lists of SPDX ids, `id WITH exception`, or globs of them. */
export interface LicenseLists {
  readonly allow?: readonly string[] | undefined
  readonly deny?: readonly string[] | undefined
}

const maxLength = 2_000

/**
 * Judges an SPDX expression: of what `OR` joins one must be allowed, of what `AND` joins all. The longer entry decides
 * (`id WITH exception` before `id`), and `deny` before `allow`. A text that is no expression is unknown, but denied where
 * a denied id stands in it.
 */
export function judgeLicense(expression: string | undefined, lists: LicenseLists): LicenseVerdict {
  const text = expression?.trim() ?? ''
  if (text === '' || text === 'NOASSERTION' || text === 'NONE') return 'unknown'
  if (text.length > maxLength) return 'denied'
  const parseSpdx = loadSpdxParser()
  let parsed: Expression
  try {
    parsed = parseSpdx(text)
  } catch {
    // ids are the same in any case of letters, and such a text may have them in any
    const deny = lists.deny?.map((entry) => entry.toLowerCase())
    const words = text.toLowerCase().split(/[^a-z0-9.+-]+/)
    return words.some((word) => matches(deny, nameLicense(word.replace(/\+$/, ''), word.endsWith('+'))))
      ? 'denied'
      : 'unknown'
  }
  return judge(parsed, lists)
}

const worse: readonly LicenseVerdict[] = ['allowed', 'unknown', 'denied']

function judge(node: Expression, lists: LicenseLists): LicenseVerdict {
  if ('conjunction' in node) {
    const verdicts = [judge(node.left, lists), judge(node.right, lists)].toSorted(
      (one, other) => worse.indexOf(one) - worse.indexOf(other),
    )
    return node.conjunction === 'or' ? verdicts[0]! : verdicts[1]!
  }
  const { bare, exception } = nameLicense(node.license, node.plus === true, node.exception)
  if (exception !== undefined) {
    const whole = `${bare} WITH ${exception}`
    if (lists.deny?.some((entry) => entry.includes(' WITH ') && matchGlob(entry, whole))) return 'denied'
    if (lists.allow?.some((entry) => entry.includes(' WITH ') && matchGlob(entry, whole))) return 'allowed'
  }
  if (matches(lists.deny, { bare })) return 'denied'
  if (matches(lists.allow, { bare })) return 'allowed'
  if (/^(DocumentRef|LicenseRef)-/.test(bare)) return 'unknown'
  return lists.allow ? 'denied' : 'allowed'
}

function matches(entries: readonly string[] | undefined, { bare }: { readonly bare: string }): boolean {
  return entries?.some((entry) => !entry.includes(' WITH ') && matchGlob(entry, bare)) ?? false
}

/**
 * The id as lists have it. Deprecated ids of the GNU licences are those of today, or a package that says `GPL-2.0` would
 * slip past `GPL-2.0-only`.
 */
function nameLicense(
  id: string,
  plus: boolean,
  exception?: string,
): { readonly bare: string; readonly exception: string | undefined } {
  const withException = /^(GPL-[0-9.]+)-with-(.+)$/.exec(id)
  if (withException) return { bare: `${withException[1]}-only`, exception: withException[2] }
  const gnu = /^(?:A|L)?GPL-[0-9.]+$|^GFDL-[0-9.]+$/i.test(id)
  return { bare: gnu ? `${id}-${plus ? 'or-later' : 'only'}` : id, exception }
}
