import type { ControlStanza } from '@sallyport/inventory'

/** A configuration file as dpkg's database records it. */
export interface ConffileRecord {
  readonly path: string
  /** MD5 of the file as the package brought it. */
  readonly md5: string
  /** `obsolete` for one that the package does not bring any more, and what else stands behind the sum. */
  readonly flags?: string | undefined
}

/** The order in which dpkg writes fields; what it does not know follows in the package's order. */
const fieldOrder = [
  'Package',
  'Essential',
  'Protected',
  'Status',
  'Priority',
  'Section',
  'Installed-Size',
  'Origin',
  'Maintainer',
  'Bugs',
  'Architecture',
  'Multi-Arch',
  'Source',
  'Version',
  'Config-Version',
  'Replaces',
  'Provides',
  'Depends',
  'Pre-Depends',
  'Recommends',
  'Suggests',
  'Breaks',
  'Conflicts',
  'Enhances',
  'Conffiles',
  'Description',
]

/**
 * Writes the paragraph of `status` for a package: its `control` with `Status` and `Conffiles`, in dpkg's order.
 *
 * @param status - the value of `Status`; `undefined` for none, as in `status.d`
 */
export function writeStanza(
  control: ControlStanza,
  status: string | undefined,
  conffiles: readonly ConffileRecord[],
): string {
  const fields = new Map(splitFields(control.text))
  if (status !== undefined) fields.set('status', `Status: ${status}`)
  if (conffiles.length > 0) {
    const lines = conffiles.map(({ path, md5, flags }) => ` ${path} ${md5}${flags ? ` ${flags}` : ''}`)
    fields.set('conffiles', ['Conffiles:', ...lines].join('\n'))
  }
  const known = fieldOrder.map((name) => name.toLowerCase())
  const ordered = [
    ...known.filter((name) => fields.has(name)),
    ...[...fields.keys()].filter((name) => !known.includes(name)),
  ]
  return ordered.map((name) => fields.get(name)!).join('\n')
}

function splitFields(text: string): readonly (readonly [string, string])[] {
  const fields: [string, string][] = []
  for (const line of text.split('\n')) {
    if (/^[ \t]/.test(line) && fields.length > 0) fields.at(-1)![1] += `\n${line}`
    else if (line.includes(':')) fields.push([line.slice(0, line.indexOf(':')).toLowerCase(), line.trimEnd()])
  }
  return fields
}

/** Reads the `Conffiles` of a paragraph: a path, a sum and perhaps flags a line. */
export function parseConffileRecords({ fields }: Pick<ControlStanza, 'fields'>): readonly ConffileRecord[] {
  return (fields.get('conffiles') ?? '').split('\n').flatMap((line) => {
    const match = /^ ?(\/.{0,4095}?) ([0-9a-f]{32}|newconffile)((?: [a-z-]{1,32})*)$/.exec(line.trimEnd())
    if (!match) return []
    return { path: match[1]!, md5: match[2]!, flags: match[3]!.trim() || undefined }
  })
}
