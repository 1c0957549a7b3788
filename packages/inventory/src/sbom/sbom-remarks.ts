import type { InventoryGap } from '../inventory.ts'
import type { SbomPackage } from './sbom.ts'

const gapCodes: readonly InventoryGap['code'][] = [
  'DISTRO_UNKNOWN',
  'DATABASE_MISSING',
  'DATABASE_EMPTY',
  'UNREADABLE',
  'UNSUPPORTED',
]

/** Gaps as our writers note them, `CODE: message`; `undefined` when there is none. A code that is not known is unreadable. */
export function gapsOfRemarks(remarks: readonly string[]): readonly InventoryGap[] | undefined {
  if (remarks.length === 0) return undefined
  return remarks.map((remark) => {
    const [told = '', message = remark] = /^([A-Z_]+): (.*)$/s.exec(remark)?.slice(1) ?? []
    return { code: gapCodes.find((code) => code === told) ?? 'UNREADABLE', message }
  })
}

/** A source package as our writers note it, `name@version`. */
export function sourceOf(text: string | undefined): SbomPackage['source'] {
  const at = text?.lastIndexOf('@') ?? -1
  if (text === undefined || at < 1 || at === text.length - 1) return undefined
  return { name: text.slice(0, at), version: text.slice(at + 1) }
}

/** Several of them; `undefined` when there is none. */
export function sourcesOf(texts: readonly string[]): SbomPackage['builtUsing'] {
  const sources = texts.flatMap((text) => sourceOf(text) ?? [])
  return sources.length === 0 ? undefined : sources
}

/** What remarks of SPDX, of ours or of Trivy's, tell of a package beside what SPDX has fields for. */
export function describedByRemarks(
  remarks: readonly string[],
  sourceInfo: string | undefined,
): Pick<SbomPackage, 'source' | 'ownedBy' | 'builtUsing' | 'module'> {
  const valuesOf = (name: string) =>
    remarks.flatMap((remark) => (remark.startsWith(`${name}: `) ? remark.slice(name.length + 2) : []))
  const [, name, version] = /^built package from: (\S+) (\S+)$/.exec(sourceInfo ?? '') ?? []
  return {
    source: name === undefined || version === undefined ? undefined : { name, version },
    ownedBy: valuesOf('sallyport:owned-by')[0],
    builtUsing: sourcesOf(valuesOf('sallyport:built-using')),
    module: valuesOf('Modularitylabel')[0],
  }
}
