import * as z from 'zod'
import { parseJson } from '../internal/parse-json.ts'

const evidenceSchema = z.object({ path: z.string(), diffId: z.string() })

/** Where a package was found, by annotations of ours or of Trivy's. */
export function parseSpdxRemarks(remarks: readonly string[]): {
  readonly path?: string | undefined
  readonly diffId?: string | undefined
} {
  const valueOf = (name: string) =>
    remarks.find((remark) => remark.startsWith(`${name}: `))?.slice(name.length + 2)
  const own = valueOf('sallyport:evidence')
  if (own !== undefined) {
    try {
      return evidenceSchema.parse(parseJson(own))
    } catch {
      // Somebody else's words under our name tell nothing.
    }
  }
  const path = valueOf('FilePath')
  return { path: path && (path.startsWith('/') ? path : `/${path}`), diffId: valueOf('LayerDiffID') }
}

/** The first path that `sourceInfo` names, in the words of Syft (`…: /a, /b`) and Trivy (`package found in: a`). */
export function pathInSourceInfo(sourceInfo: string | undefined): string | undefined {
  if (sourceInfo === undefined || sourceInfo.startsWith('built package from: ')) return undefined
  const colon = sourceInfo.indexOf(': ')
  const path = colon < 0 ? undefined : sourceInfo.slice(colon + 2).split(', ', 1)[0]
  if (path === undefined || path === '') return undefined
  if (path.startsWith('/')) return path
  return sourceInfo.startsWith('package found in: ') ? `/${path}` : undefined
}
